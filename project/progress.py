"""Long work shows itself: as a bar on a terminal, as a line now and then in a log.

Stages write to standard error. `efuda run` has it in a pipe, where a bar would be lost or
flood the log, so there a plain line is written: at most one every few seconds, and one
after a while without news, so that silence always means a standstill.
"""

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

EVERY_S = 5.0
"""Between two lines that tell of something new."""
QUIET_S = 30.0
"""After so long a line is written although nothing is new."""


@dataclass(slots=True)
class Work:
    """How far a piece of work is; threads may tell it of their part."""

    name: str
    total: int
    unit: str = ""
    """What is counted, such as ``attempts``."""
    done: int = 0
    note: str = ""
    """Such as the best so far."""
    _before: int = field(init=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._before = self.done

    def advance(self, by: int = 1, note: str | None = None) -> None:
        """So many more are done; never more than there are."""
        with self._lock:
            self.done = min(self.total, self.done + by)
            self.note = self.note if note is None else note

    def reach(self, done: int) -> None:
        """At least so many are done."""
        with self._lock:
            self.done = min(self.total, max(self.done, done))

    def seconds_left(self, elapsed_s: float) -> float | None:
        """What the rest takes if it goes on as it went; None before anything is done."""
        done_here = self.done - self._before
        return elapsed_s / done_here * (self.total - self.done) if done_here > 0 else None

    def line(self, elapsed_s: float) -> str:
        """In words, such as ``tune: 3 of 8 attempts, best 0.41, about 2 min left``."""
        left_s = self.seconds_left(elapsed_s)
        time_words = (
            f"{_words(elapsed_s)} so far" if left_s is None else f"about {_words(left_s)} left"
        )
        counted = f"{self.done:,} of {self.total:,} {self.unit}".rstrip()
        return (
            f"{self.name}: {', '.join(part for part in (counted, self.note, time_words) if part)}"
        )


class PlainLines:
    """Writes a line where there is news, or has been none for long."""

    def __init__(
        self,
        work: Work,
        write: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work, self._write, self._clock = work, write, clock
        self._start_s = self._last_s = clock()
        self._told: tuple[int, str] | None = None

    def tick(self) -> None:
        """To be called often; writes at most a line every ``EVERY_S``."""
        now_s = self._clock()
        since_s = now_s - self._last_s
        state = (self._work.done, self._work.note)
        if since_s < (QUIET_S if state == self._told else EVERY_S):
            return
        self._told, self._last_s = state, now_s
        self._write(self._work.line(now_s - self._start_s))


@contextmanager
def shown(
    name: str, total: int, *, unit: str = "", done: int = 0, stream: TextIO | None = None
) -> Generator[Work]:
    """Show how far the block is on standard error, for as long as it runs.

    Args:
        name: Of the work, as people read it.
        total: How many parts there are.
        unit: What a part is, in the plural.
        done: How many were done before.
        stream: Where to show it; None takes standard error.
    """
    work = Work(name=name, total=total, unit=unit, done=done)
    stream = stream or sys.stderr
    console = Console(file=stream)
    if not total:
        yield work
    elif console.is_terminal:
        with _bar(work, console):
            yield work
    else:
        lines = PlainLines(work, lambda line: print(line, file=stream, flush=True))
        with _repeated(lines.tick, every_s=1.0):
            yield work


@contextmanager
def _bar(work: Work, console: Console) -> Generator[None]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(work.name, total=work.total, completed=work.done, note=work.note)

        def update() -> None:
            progress.update(bar, completed=work.done, note=work.note)

        with _repeated(update, every_s=0.2):
            yield


@contextmanager
def _repeated(act: Callable[[], object], *, every_s: float) -> Generator[None]:
    """Call ``act`` again and again in a thread while the block runs."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(every_s):
            act()

    thread = threading.Thread(target=repeat, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _words(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = seconds / 60
    return f"{round(minutes)} min" if minutes < 90 else f"{minutes / 60:.1f} h"
