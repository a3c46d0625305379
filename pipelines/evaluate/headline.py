"""The dozen figures of the chosen tagger that DVC shows and compares."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.data.examples import read_quarantine_table
from components.labelers.proposal_table import read_proposals
from components.labels.states import PRESENT
from components.metrics.calibration import expected_calibration_error, reliability_bins
from pipelines.evaluate.figures import OBSERVED
from pipelines.evaluate.tagger_scores import ScoredTagger, TestSplit
from project.layout import Layout

QUARANTINED = ("quarantine", "embed_quarantine")


def headline(
    metrics: Mapping[str, Any],
    test: TestSplit,
    chosen: ScoredTagger,
    rival: ScoredTagger | None,
) -> dict[str, object]:
    """Flat names and values, in the order in which they are read; a figure without value is absent.

    mAP, CF1 and OF1 are those of the chosen recipe, as `efuda results` prints them: means over
    its seeds. The rest is counted on the one tagger that goes into the bundle.

    Args:
        metrics: The content of reports/metrics.json.
        test: The split that all was measured on.
        chosen: The tagger of the bundle.
        rival: The best tagger without training; None where none was made.
    """
    prefix = OBSERVED if test.rule == "observed" else ""
    figures: Mapping[str, Mapping[str, float]] = metrics["test"][chosen.file.recipe]
    mean_ap = figures.get(f"{prefix}mAP", {})
    name = rival.file.recipe if rival else None
    theirs = metrics["test"].get(name, {}).get(f"{prefix}mAP", {})
    values: dict[str, object] = {
        "recipe": chosen.file.recipe,
        f"{prefix}mAP": mean_ap.get("mean"),
        f"{prefix}mAP_low": mean_ap.get("low"),
        f"{prefix}mAP_high": mean_ap.get("high"),
        f"{prefix}CF1": figures.get(f"{prefix}CF1", {}).get("mean"),
        f"{prefix}OF1": figures.get(f"{prefix}OF1", {}).get("mean"),
        "untrained": name,
        f"{prefix}untrained_mAP": theirs.get("mean"),
        f"{prefix}calibration_error": _calibration_error(test, chosen),
        "labels_above_untrained": _labels_above(chosen, rival),
    }
    return {name: value for name, value in values.items() if value is not None}


def counted(layout: Layout) -> dict[str, int]:
    """How many labels were proposed as present, and how many rows were set aside."""
    counts = {"quarantined": sum(_num_rows(layout, name) for name in QUARANTINED)}
    if not layout.proposals.exists():
        return counts
    states = read_proposals(layout.proposals).column("state").to_numpy()
    return {"proposed_present": int((states == PRESENT).sum()), **counts}


def _num_rows(layout: Layout, name: str) -> int:
    path = getattr(layout, name)
    return read_quarantine_table(path).num_rows if path.exists() else 0


def _calibration_error(test: TestSplit, chosen: ScoredTagger) -> float | None:
    if not test.positives.any():
        return None
    bins = reliability_bins(chosen.probabilities, test.truth, test.known)
    error = expected_calibration_error(bins)
    return None if np.isnan(error) else round(error, 6)


def _labels_above(chosen: ScoredTagger, rival: ScoredTagger | None) -> int | None:
    """Labels whose average precision is higher than the rival's; None without a comparison."""
    if rival is None:
        return None
    # Labels without a positive are NaN on both sides, and above nothing.
    return int((chosen.average_precision > rival.average_precision).sum())
