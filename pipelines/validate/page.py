"""The data report: rules, counts and pictures on one page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from components.data.examples import SPLITS
from components.labels.situation_words import SituationWords
from components.labels.states import PRESENT
from pipelines.validate.checks import RuleResult
from pipelines.validate.frames import Prepared
from pipelines.validate.statistics import DataStatistics
from project.report.html import render_page
from project.report.thumbnails import thumbnail_uri

TEMPLATE = Path(__file__).with_name("data.html.j2")
SHOWN_CLASSES = 60
SHOWN_ROWS = 60
NUM_PICTURES = 24
NUM_SKETCHES = 6
PICTURE_PX = 128
COLOURS = dict(zip(SPLITS, ("one", "two", "three"), strict=True))


def data_page(
    project: str,
    results: Sequence[RuleResult],
    statistics: DataStatistics,
    prepared: Prepared,
    *,
    root: Path,
    situation: SituationWords,
    hidden: dict[str, Any] | None,
    quarantine_path: Path,
) -> str:
    """The page as one HTML document.

    Args:
        project: Name of the project.
        results: Every rule's result.
        statistics: What the collection holds.
        prepared: The tables, for the quarantine and the pictures.
        root: The project's root, which picture paths start from.
        situation: What the labels are like, in words.
        hidden: What prepare says about labels hidden on purpose, if any were.
        quarantine_path: Where the whole quarantine table lies.
    """
    broken = [result for result in results if not result.success]
    classes = sorted(_bar_rows(statistics.positives), key=lambda row: -row["total"])
    return render_page(
        TEMPLATE,
        project=project,
        errors=[result for result in broken if result.severity == "error"],
        warnings=[result for result in broken if result.severity == "warning"],
        kept=[result for result in results if result.success],
        statistics=statistics,
        total=_totals(statistics),
        num_classes=len(statistics.positives),
        labels_per_image=_bar_rows(statistics.labels_per_image),
        classes=[row for row in classes if row["total"]],
        without_positives=[row["name"] for row in classes if not row["total"]],
        shown_classes=SHOWN_CLASSES,
        situation=situation,
        displays=prepared.vocabulary.displays,
        hidden=hidden,
        quarantine=prepared.quarantine.to_dict("records"),
        quarantine_path=quarantine_path.as_posix(),
        shown_rows=SHOWN_ROWS,
        pictures=_pictures(prepared, root),
    )


def _totals(statistics: DataStatistics) -> dict[str, float]:
    positives = sum(row.known_positives for row in statistics.splits)
    negatives = sum(row.known_negatives for row in statistics.splits)
    photos = sum(row.photos for row in statistics.splits)
    cells = photos * len(statistics.positives)
    return {
        "photos": photos,
        "sketches": sum(row.sketches for row in statistics.splits),
        "captions": sum(row.captions for row in statistics.splits),
        "positives": positives,
        "negatives": negatives,
        "known_share": (positives + negatives) / cells if cells else 0.0,
        "quarantined": sum(count for _, _, count in statistics.quarantine),
    }


def _bar_rows(counts: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a bar chart, one part a split, as shares of the longest row."""
    total = counts.sum(axis=1)
    longest = max(total.max(), 1) if len(total) else 1
    return [
        {
            "name": name,
            "total": int(whole),
            "parts": [(row[split] / longest, COLOURS[split]) for split in SPLITS],
        }
        for (name, row), whole in zip(counts.iterrows(), total, strict=True)
    ]


def _pictures(prepared: Prepared, root: Path) -> list[dict[str, object]]:
    """A few photographs of every split and a few sketches, the same ones each time."""
    examples = prepared.examples
    photos = examples[examples["modality"] == "photo"]
    sketches = examples[examples["modality"] == "sketch"]
    chosen = pd.concat([_some(photos, NUM_PICTURES), _some(sketches, NUM_SKETCHES)])
    present = prepared.labels[prepared.labels["state"] == PRESENT]
    names = present[present["example_id"].isin(chosen["id"])].groupby("example_id")["label"]
    labels = {key: sorted(group) for key, group in names}
    pictures: list[dict[str, object]] = []
    for row in chosen.to_dict("records"):
        uri = thumbnail_uri(root / str(row["path"]), height_px=PICTURE_PX)
        if uri is not None:
            facts = {str(column): value for column, value in row.items()}
            pictures.append({**facts, "uri": uri, "labels": labels.get(row["id"], [])})
    return pictures


def _some(rows: pd.DataFrame, number: int) -> pd.DataFrame:
    return rows.sample(n=min(number, len(rows)), random_state=0).sort_values(["split", "id"])
