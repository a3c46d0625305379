"""Whether the served tagger's probabilities hold on the test split, by band and by label.

One error over all cells hides everything where a label is shown by three images in a hundred:
nearly all cells have a probability near 0 and are absent, and the few that become tags do not
count. What is given is therefore looked at by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.metrics.calibration import ReliabilityBins, reliability_bins
from pipelines.evaluate.tagger_scores import ScoredTagger, TestSplit

BANDS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 1.0)
THIN_POSITIVES = 5
"""Known positives behind a label's curve below which it is the other labels' more than its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenTags:
    """The tags that were given and can be checked."""

    count: int
    mean_probability: float
    precision: float
    """Share of them that is right."""

    @property
    def gap(self) -> float:
        """Above 0 where probabilities promise too much."""
        return self.mean_probability - self.precision

    def to_dict(self) -> dict[str, float | int]:
        """As it stands in metrics.json."""
        return {
            "count": self.count,
            "mean_probability": round(self.mean_probability, 6),
            "precision": round(self.precision, 6),
            "gap": round(self.gap, 6),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelProbabilities:
    """One label on the test split."""

    name: str
    support: int
    """Known positives that its curve was fitted to."""
    expected: float
    """Sum of the probabilities over its known cells."""
    positives: int
    """Those that are present."""
    given: GivenTags | None
    """None where no tag was given that can be checked."""

    @property
    def is_thin(self) -> bool:
        """Whether too few positives stand behind the curve to promise anything."""
        return self.support < THIN_POSITIVES


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbabilityFigures:
    """How far the probabilities can be believed."""

    given: GivenTags | None
    bands: ReliabilityBins
    labels: tuple[LabelProbabilities, ...]

    @property
    def thin(self) -> list[str]:
        """Labels whose probabilities lean on the others."""
        return [label.name for label in self.labels if label.is_thin]

    @property
    def warning(self) -> str | None:
        """What a reader must know of thin support; None where there is enough."""
        if not self.thin:
            return None
        shown = ", ".join(self.thin[:12]) + (" and others" if len(self.thin) > 12 else "")
        return (
            f"Fewer than {THIN_POSITIVES} known positives stand behind the probabilities of "
            f"{len(self.thin)} of {len(self.labels)} labels: they lean on those of the others, and "
            f"nothing is promised of any one of them ({shown}). Label more images of the val split "
            "that show them."
        )

    def to_dict(self) -> dict[str, Any]:
        """As it stands in metrics.json."""
        return {
            "given_tags": self.given.to_dict() if self.given else None,
            "bands": [band for band in band_rows(self.bands) if band["count"]],
            "labels": {
                label.name: {
                    "support": label.support,
                    "expected": round(label.expected, 3),
                    "positives": label.positives,
                    "given_tags": label.given.to_dict() if label.given else None,
                }
                for label in self.labels
            },
        }


def probability_figures(test: TestSplit, chosen: ScoredTagger) -> ProbabilityFigures | None:
    """Measure the served tagger; None where its scores are no probabilities, or nothing is known."""
    if not chosen.calibration.is_calibrated or not test.can_measure:
        return None
    probabilities, decided = chosen.probabilities, chosen.decided
    return ProbabilityFigures(
        given=_given(probabilities, decided, test.truth, test.known),
        bands=reliability_bins(probabilities, test.truth, test.known, edges=np.array(BANDS)),
        labels=tuple(
            LabelProbabilities(
                name=name,
                support=int(chosen.calibration.positives[column]),
                expected=float(probabilities[test.known[:, column], column].sum()),
                positives=int((test.truth & test.known)[:, column].sum()),
                given=_given(
                    probabilities[:, column],
                    decided[:, column],
                    test.truth[:, column],
                    test.known[:, column],
                ),
            )
            for column, name in enumerate(test.vocabulary.names)
        ),
    )


def band_rows(bands: ReliabilityBins) -> Sequence[dict[str, Any]]:
    """A row a band; figures of an empty one are None."""
    return [
        {
            "low": float(low),
            "high": float(high),
            "count": int(count),
            "mean_probability": None if not count else round(float(mean), 6),
            "share_present": None if not count else round(float(share), 6),
            "error": None if not count else round(float(mean - share), 6),
        }
        for low, high, count, mean, share in zip(
            bands.low,
            bands.high,
            bands.count,
            bands.mean_probability,
            bands.share_present,
            strict=True,
        )
    ]


def _given(
    probabilities: np.ndarray, decided: np.ndarray, truth: np.ndarray, known: np.ndarray
) -> GivenTags | None:
    checked = decided & known
    if not checked.any():
        return None
    return GivenTags(
        count=int(checked.sum()),
        mean_probability=float(probabilities[checked].mean()),
        precision=float(truth[checked].mean()),
    )
