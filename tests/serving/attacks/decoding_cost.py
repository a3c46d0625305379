"""What decoding one file costs, measured in fresh processes.

Run: ``python -m tests.serving.attacks.decoding_cost FILE [own|sent]``; one JSON object comes out.
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from components.data.images import OWN_FILES, SENT_FILES, Budget, ImageFault
from components.data.images.pool import DecoderPool


@dataclass(frozen=True, slots=True)
class DecodingCost:
    """Outcome (``decoded`` or the reason) and what it took.

    Attributes:
        outcome: ``decoded``, or the reason of the refusal.
        seconds: From the bytes to the answer, in a decoder that has started.
        processor_seconds: Of the decoder alone, its start included.
        megabytes: The most that decoder and owner held together, over what they hold at rest.
    """

    outcome: str
    seconds: float
    processor_seconds: float
    megabytes: float


def measure_cost(path: Path, budget: str = "sent") -> DecodingCost:
    """Decode a file in a process of its own and its decoder, and say what both took."""
    command = [sys.executable, "-m", "tests.serving.attacks.decoding_cost", str(path), budget]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return DecodingCost(**json.loads(done.stdout))


class _MemoryWatch:
    """Looks every few milliseconds at what this process and its children hold."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.most = self._held()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.002):
            self.most = max(self.most, self._held())

    @staticmethod
    def _held() -> int:
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        held = 0
        for process in ("self", *children):
            with contextlib.suppress(OSError):
                held += int(Path(f"/proc/{process}/statm").read_text().split()[1])
        return held * os.sysconf("SC_PAGE_SIZE")


def _outcome(pool: DecoderPool, data: bytes, budget: Budget) -> str:
    try:
        pool.ask(data, "pixels", budget)
    except ImageFault as fault:
        return str(fault.reason)
    return "decoded"


def _main(path: Path, name: str) -> None:
    budget = {"own": OWN_FILES, "sent": SENT_FILES}[name]
    data = path.read_bytes()
    pool = DecoderPool(1)
    _outcome(pool, b"none", budget)  # starts the decoder
    with _MemoryWatch() as watch:
        at_rest, started = watch.most, time.perf_counter()
        outcome = _outcome(pool, data, budget)
        seconds = time.perf_counter() - started
    pool.close()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = DecodingCost(
        outcome, seconds, used.ru_utime + used.ru_stime, (watch.most - at_rest) / 1e6
    )
    print(json.dumps(asdict(cost)))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2])
