"""Photographs found by sketches of classes never seen (MA-SBIR, ``cached`` features).

Run from the project root: ``python -m benchmarks.sketches [--json] [--logits FILE]
[--report FILE]``. The data are looked for in EFUDA_REAL_DATA (default ../shared/real).
21 pairs of unseen classes × 3 seeds; the gallery is all 280 photographs (chance 0.143).
Intervals draw the 280 queries again within their classes; figures that end in
``.over_classes`` draw the seven classes too.

raw: vectors as they are. centred: each modality's mean subtracted. published: query
norm(z − m_sketch + m_photo) with trained vectors, photographs as they are. converted:
the conversion chosen on the seen classes, of a sketch by itself. converted_by_trained:
the same, choosing only among trained vectors. settled: the converted query, moved
towards its nearest photographs (uses the gallery's vectors, no label, no other query);
raw_settled: the raw query moved likewise.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.figures import Figure, figure_line
from benchmarks.sketch_retrieval.features import Sketches, load_sketches
from benchmarks.sketch_retrieval.folds import FoldResult, all_folds
from benchmarks.sketch_retrieval.intervals import Kind, by_query, over_classes, over_queries

SEEDS = (0, 1, 2)
GOAL = 0.50
MARKS = {"raw": 0.258, "centred": 0.386}
"""Over all seven classes, without any training."""
WAYS = (
    "raw",
    "centred",
    "published",
    "converted_by_trained",
    "converted",
    "raw_settled",
    "settled",
)
DIFFERENCES = (
    ("converted", "raw"),
    ("converted", "centred"),
    ("converted_by_trained", "raw"),
    ("published", "raw"),
    ("settled", "raw_settled"),
    ("settled", "converted"),
)
MEASURES: tuple[tuple[Kind, str], ...] = (
    ("ordinary", "map_all"),
    ("interpolated", "interpolated_map_all"),
)


def figures(data: Sketches, results: list[FoldResult]) -> Iterator[Figure]:
    """All figures; ordinary and interpolated ones bear different names."""
    classes = data.sketch_classes
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


def report(data: Sketches, results: list[FoldResult]) -> dict[str, object]:
    """Fold by fold: what was chosen and what it reached; and means by class."""
    rows = [
        {
            "features": "cached",
            "way": result.way,
            "unseen": [data.names[c] for c in result.unseen],
            "seed": result.seed,
            "map_all": float(result.ordinary.mean()),
            "interpolated_map_all": float(result.interpolated.mean()),
            "inner_map_all": result.inner_map,
            "settings": result.settings,
        }
        for result in results
    ]
    by_class = {
        way: {
            name: float(by_query(results, way, "ordinary", len(data.sketch_classes))[own].mean())
            for name, own in (
                (name, data.sketch_classes == place) for place, name in enumerate(data.names)
            )
        }
        for way in WAYS
    }
    return {"features": "cached", "by_class": by_class, "folds": rows}


def main() -> None:
    """Measure, print a line a figure, and keep the folds if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--logits", type=Path, help="keep class logits here between runs (npz)")
    parser.add_argument("--report", type=Path, help="write the folds here (JSON)")
    arguments = parser.parse_args()
    data = load_sketches(arguments.logits)
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
    return f"{figure.name}: {figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


if __name__ == "__main__":
    main()
