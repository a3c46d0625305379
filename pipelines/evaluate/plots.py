"""The tables that `dvc plots` shows, and that the report's plots are drawn from."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.atomic import atomic_path
from components.metrics.calibration import ReliabilityBins, reliability_bins
from pipelines.evaluate.tagger_scores import ScoredTagger, TestSplit

NUM_POINTS = 101
PER_CLASS = "per_class_ap"
PR_CURVE = "pr_curve"
RELIABILITY = "reliability"


@dataclass(frozen=True, kw_only=True, slots=True)
class Curves:
    """What is drawn, by recipe; curves are of the first seed.

    Attributes:
        per_class: Average precision of each label, mean over seeds.
        precision: Over all labels together, at the recalls of ``recall``; NaN
            where that recall is not reached.
        recall: Evenly spaced from 0 to 1.
        reliability: Probabilities against the share that is present.
    """

    per_class: Mapping[str, np.ndarray]
    recall: np.ndarray
    precision: Mapping[str, np.ndarray]
    reliability: Mapping[str, ReliabilityBins]


def curves(test: TestSplit, scored: Sequence[ScoredTagger]) -> Curves:
    """Compute what is drawn."""
    recall = np.linspace(0, 1, NUM_POINTS)
    by_recipe: dict[str, list[ScoredTagger]] = {}
    for one in scored:
        by_recipe.setdefault(one.file.recipe, []).append(one)
    firsts = {recipe: seeds[0].probabilities for recipe, seeds in by_recipe.items()}
    return Curves(
        per_class={
            recipe: np.mean([seed.average_precision for seed in seeds], axis=0)
            for recipe, seeds in by_recipe.items()
        },
        recall=recall,
        precision={recipe: _precision(p, test, recall) for recipe, p in firsts.items()},
        reliability={
            recipe: reliability_bins(p, test.truth, test.known) for recipe, p in firsts.items()
        },
    )


def write_tables(directory: Path, test: TestSplit, drawn: Curves) -> None:
    """Write one table for each plot."""
    labels = list(zip(test.vocabulary.names, test.positives, test.negatives, strict=True))
    _write(
        directory / f"{PER_CLASS}.csv",
        ("recipe", "label", "average_precision", "positives", "negatives"),
        (
            (recipe, name, _text(value), positives, negatives)
            for recipe, values in drawn.per_class.items()
            for (name, positives, negatives), value in zip(labels, values, strict=True)
        ),
    )
    _write(
        directory / f"{PR_CURVE}.csv",
        ("recipe", "recall", "precision"),
        (
            (recipe, _text(recall), _text(precision))
            for recipe, values in drawn.precision.items()
            for recall, precision in zip(drawn.recall, values, strict=True)
            if not np.isnan(precision)
        ),
    )
    _write(
        directory / f"{RELIABILITY}.csv",
        ("recipe", "probability", "share_present", "cells"),
        (
            (recipe, _text(p), _text(share), count)
            for recipe, bins in drawn.reliability.items()
            for p, share, count in zip(
                bins.mean_probability, bins.share_present, bins.count, strict=True
            )
            if count
        ),
    )


def _precision(p: np.ndarray, test: TestSplit, recall: np.ndarray) -> np.ndarray:
    """Precision over all known cells where each recall is first reached."""
    scores, truth = p[test.known], test.truth[test.known]
    total = truth.sum()
    if not total:
        return np.full(len(recall), np.nan)
    order = np.argsort(-scores, kind="stable")
    # Cells with one score are decided together, so only the last of them is a point.
    last = np.append(np.diff(scores[order]) != 0, True)
    hits = truth[order].cumsum()[last]
    seen = np.flatnonzero(last) + 1
    first = np.searchsorted(hits, recall * total - 1e-9)
    first = np.minimum(np.maximum(first, 0), len(hits) - 1)
    return hits[first] / seen[first]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _text(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6f}"
