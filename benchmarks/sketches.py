"""Photographs found by sketches of classes never seen (MA-SBIR, ``cached`` features).

Run from the project root: ``python -m benchmarks.sketches [--json] [--logits FILE]
[--report FILE]``. The data are looked for in EFUDA_REAL_DATA (default ../shared/real).
21 pairs of unseen classes × 3 seeds; the gallery is all 280 photographs (chance 0.143).
Intervals draw the 280 queries again within their classes; figures that end in
``.over_classes`` draw the seven classes too.

The ways are those of ``components.methods.ma_sbir.protocol``: raw; centred; ma_sbir, as
published; converted, of each sketch by itself; efuda, which may use the gallery's
vectors too. converted_unpainted: converted, with sketches as they are drawn. Figures
``seen_…`` are of the seen classes' sketches on the same gallery: a way that merely
prefers photographs of unseen classes does much worse there.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.figures import Figure, figure_line
from benchmarks.sketch_retrieval.features import NamedWorld, load_world
from benchmarks.sketch_retrieval.folds import UNPAINTED, all_folds
from benchmarks.sketch_retrieval.intervals import Kind, by_query, over_classes, over_queries
from components.methods.ma_sbir.protocol import WAYS as PROTOCOL_WAYS
from components.methods.ma_sbir.protocol import UnseenResult

SEEDS = (0, 1, 2)
GOAL = 0.50
MARKS = {"raw": 0.258, "centred": 0.386}
"""Over all seven classes, without any training."""
WAYS = (*PROTOCOL_WAYS, UNPAINTED)
DIFFERENCES = (
    ("converted", "raw"),
    ("converted", "centred"),
    ("converted", "ma_sbir"),
    ("converted", UNPAINTED),
    ("ma_sbir", "raw"),
    ("efuda", "converted"),
    ("efuda", "ma_sbir"),
)
MEASURES: tuple[tuple[Kind, str], ...] = (
    ("ordinary", "map_all"),
    ("interpolated", "interpolated_map_all"),
)


def figures(data: NamedWorld, results: list[UnseenResult]) -> Iterator[Figure]:
    """All figures; ordinary and interpolated ones bear different names."""
    classes = data.world.sketch_classes
    for kind, measure in MEASURES:
        values = {way: by_query(results, way, kind, len(classes)) for way in WAYS}
        for way in WAYS:
            rival = MARKS.get(way) if kind == "ordinary" else None
            goal = GOAL if (way, kind) == ("converted", "ordinary") else rival
            yield _figure(f"unseen_{way}_{measure}", values[way], classes, goal)
        for better, worse in DIFFERENCES:
            difference = values[better] - values[worse]
            name = f"unseen_{better}_minus_{worse}_{measure}"
            yield _figure(name, difference, classes, 0.0)
            yield _figure(f"{name}.over_classes", difference, classes, 0.0)
    for way in WAYS:
        seen = [result.seen_map for result in results if result.way == way]
        yield Figure(name=f"seen_{way}_map_all", value=float(np.mean(seen)), unit="1")


def _figure(name: str, values: np.ndarray, classes: np.ndarray, against: float | None) -> Figure:
    draw = over_classes if name.endswith(".over_classes") else over_queries
    bounds = draw(values, classes)
    return Figure(
        name=name,
        value=bounds.mean,
        unit="1",
        low=bounds.low,
        high=bounds.high,
        against=against,
    )


def report(data: NamedWorld, results: list[UnseenResult]) -> dict[str, object]:
    """Fold by fold: what was chosen and what it reached; and means by class."""
    rows = [
        {
            "features": "cached",
            "way": result.way,
            "unseen": [data.names[c] for c in result.unseen],
            "seed": result.seed,
            "map_all": float(result.ordinary.mean()),
            "interpolated_map_all": float(result.interpolated.mean()),
            "seen_map_all": result.seen_map,
            "inner_score": result.inner_score,
            "settings": result.settings,
        }
        for result in results
    ]
    classes = data.world.sketch_classes
    by_class: dict[str, dict[str, float]] = {}
    for way in WAYS:
        values = by_query(results, way, "ordinary", len(classes))
        by_class[way] = {
            name: float(values[classes == place].mean()) for place, name in enumerate(data.names)
        }
    return {"features": "cached", "by_class": by_class, "folds": rows}


def main() -> None:
    """Measure, print a line a figure, and keep the folds if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--logits", type=Path, help="keep class logits here between runs (npz)")
    parser.add_argument("--report", type=Path, help="write the folds here (JSON)")
    arguments = parser.parse_args()
    data = load_world(arguments.logits)
    console = Console(stderr=True)
    results = all_folds(
        data,
        SEEDS,
        lambda pairs: iter(track(pairs, "folds", console=console, transient=True)),
    )
    if arguments.report is not None:
        text = json.dumps(report(data, results), indent=1)
        arguments.report.write_text(text + "\n", encoding="utf-8")
    for figure in figures(data, results):
        line = figure_line(figure)
        print(line if arguments.json else _sentence(figure), flush=True)


def _sentence(figure: Figure) -> str:
    bounds = "" if figure.low is None else f" [{figure.low:.3f}, {figure.high:.3f}]"
    return f"{figure.name}: {figure.value:.3f}{bounds}"


if __name__ == "__main__":
    main()
