"""One measured figure a line, with its interval, its rival and the machine."""

import argparse
import json
import math
import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

REAL = Path(os.environ.get("EFUDA_REAL_DATA", "../shared/real"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A measurement: ``low`` and ``high`` bound it, ``against`` is what it is held up to.

    Attributes:
        name: Stable, lower case with underscores.
        value: The figure itself; NaN is written as null.
        unit: "1" for shares and scores, else such as "images/s".
        low: Lower end of its interval, or the lowest run; None if not measured.
        high: Upper end, likewise.
        against: The rival figure, or words that say what it is; None without one.
    """

    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    against: float | str | None = None


@cache
def machine() -> str:
    """Processor, cores, memory and versions; nothing that says whose machine it is."""
    cores = len(os.sched_getaffinity(0))
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {cores} cores, {memory_gib:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, torch {version('torch')}"
    )


def figure_line(figure: Figure) -> str:
    """One JSON object on one line."""
    row = {name: _plain(value) for name, value in asdict(figure).items()}
    return json.dumps(row | {"machine": machine()}, ensure_ascii=False, allow_nan=False)


def run_benchmark(measure: Callable[[], Iterable[Figure]]) -> None:
    """Entry point of a benchmark: print each figure as soon as it is known."""
    parser = argparse.ArgumentParser(description=measure.__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    as_json = parser.parse_args().json
    for figure in measure():
        print(figure_line(figure) if as_json else _sentence(figure), flush=True)


def run_benchmark_or_part(measure: Callable[[bool], Iterable[Figure]]) -> None:
    """Entry point of a benchmark that has a short form; ``measure`` is told whether it is asked."""
    parser = argparse.ArgumentParser(description=measure.__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--quick", action="store_true", help="a part that ends within 5 minutes")
    arguments = parser.parse_args()
    for figure in measure(arguments.quick):
        print(figure_line(figure) if arguments.json else _sentence(figure), flush=True)


def run_on_project(measure: Callable[[Path], Iterable[Figure]], description: str) -> None:
    """Entry point of a benchmark that reads a finished project of the cards world."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--cards", type=Path, default=Path(), help="a finished cards project")
    arguments = parser.parse_args()
    if not (arguments.cards / "data" / "features").exists():
        parser.error(f"{arguments.cards} is no finished project: run `make demo`, or name one.")
    for figure in measure(arguments.cards):
        print(figure_line(figure) if arguments.json else _sentence(figure), flush=True)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _plain(value: object) -> object:
    if not isinstance(value, float):
        return value
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _sentence(figure: Figure) -> str:
    unit = "" if figure.unit == "1" else f" {figure.unit}"
    bounds = "" if figure.low is None else f" [{figure.low:.4g}, {figure.high:.4g}]"
    rival = "" if figure.against is None else f" against {figure.against}"
    return f"{figure.name}: {figure.value:.4g}{unit}{bounds}{rival}"
