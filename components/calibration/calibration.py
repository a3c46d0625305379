"""From a tagger's logits to probabilities and decisions, label by label."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Int

from components.atomic import read_json, write_json
from components.errors import ArtefactError

SCHEMA_VERSION = 1

ThresholdSource = Literal["class", "shared", "none"]
"""Fitted to the label's own cells, taken from all labels together, or fitted to none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Probabilities and thresholds of one tagger.

    Attributes:
        names: The labels, in column order.
        slope: Positive factor of each label's logit.
        intercept: Added to the scaled logit.
        threshold: Tag the picture where the probability is at least this.
        threshold_low: Lower end of the threshold's 95 % interval over redrawn
            images; NaN where the threshold is not the label's own.
        threshold_high: Upper end of that interval.
        f_beta: What the threshold reaches on the cells it was fitted to; NaN
            where the label has no known positive.
        positives: Known positives behind the label's figures.
        negatives: Known negatives behind them.
        source: Where each threshold comes from.
        holdout_positives: Those of the positives that are of the hold-out; the others are of
            training images, scored by models that had not seen them.
    """

    names: tuple[str, ...]
    slope: Float[np.ndarray, " labels"]
    intercept: Float[np.ndarray, " labels"]
    threshold: Float[np.ndarray, " labels"]
    threshold_low: Float[np.ndarray, " labels"]
    threshold_high: Float[np.ndarray, " labels"]
    f_beta: Float[np.ndarray, " labels"]
    positives: Int[np.ndarray, " labels"]
    negatives: Int[np.ndarray, " labels"]
    source: tuple[ThresholdSource, ...]
    holdout_positives: Int[np.ndarray, " labels"]

    @property
    def is_calibrated(self) -> bool:
        """Whether labels stand behind the figures; else :meth:`probabilities` are mere scores."""
        return "none" not in self.source

    def probabilities(
        self, logits: Float[np.ndarray, "examples labels"]
    ) -> Float[np.ndarray, "examples labels"]:
        """Calibrated probabilities in (0, 1); within a label they rank as the logits do."""
        # Beyond 60 a float64 sigmoid is 0 or 1 already, and exp would overflow.
        scaled = np.clip(self.slope * logits + self.intercept, -60, 60)
        return 1 / (1 + np.exp(-scaled))

    def decide(
        self, probabilities: Float[np.ndarray, "examples labels"]
    ) -> Bool[np.ndarray, "examples labels"]:
        """Which tags to give."""
        return probabilities >= self.threshold

    def save(self, path: Path) -> None:
        """Write one JSON object, with a row for each label."""
        rows = [
            {
                "label": name,
                "slope": float(self.slope[column]),
                "intercept": float(self.intercept[column]),
                "threshold": float(self.threshold[column]),
                "threshold_low": _none_for_nan(self.threshold_low[column]),
                "threshold_high": _none_for_nan(self.threshold_high[column]),
                "f_beta": _none_for_nan(self.f_beta[column]),
                "positives": int(self.positives[column]),
                "negatives": int(self.negatives[column]),
                "source": self.source[column],
                "holdout_positives": int(self.holdout_positives[column]),
            }
            for column, name in enumerate(self.names)
        ]
        write_json(path, {"schema_version": SCHEMA_VERSION, "labels": rows})

    @classmethod
    def load(cls, path: Path) -> "Calibration":
        """Read what :meth:`save` wrote.

        Raises:
            ArtefactError: If the file is missing, damaged or of another schema.
        """
        value = read_json(path)
        try:
            if value["schema_version"] != SCHEMA_VERSION:
                raise ArtefactError(
                    f"{path} is a calibration of schema {value['schema_version']}, this program "
                    f"reads {SCHEMA_VERSION}; run `efuda run calibrate` again."
                )
            return cls._from_rows(value["labels"])
        except (KeyError, TypeError, IndexError) as fault:
            raise ArtefactError(
                f"{path} is not a calibration ({fault!r}); run `efuda run calibrate` again."
            ) from None

    @classmethod
    def _from_rows(cls, rows: Sequence[dict[str, Any]]) -> "Calibration":
        def column(name: str) -> np.ndarray:
            return np.array([np.nan if row[name] is None else row[name] for row in rows], float)

        sources = tuple(row["source"] for row in rows)
        unknown = set(sources) - set(get_args(ThresholdSource))
        if unknown:
            raise KeyError(f"source {unknown.pop()!r}")
        return cls(
            names=tuple(row["label"] for row in rows),
            slope=column("slope"),
            intercept=column("intercept"),
            threshold=column("threshold"),
            threshold_low=column("threshold_low"),
            threshold_high=column("threshold_high"),
            f_beta=column("f_beta"),
            positives=column("positives").astype(np.int64),
            negatives=column("negatives").astype(np.int64),
            source=sources,
            # Of what was fitted to the hold-out alone the file did not say so.
            holdout_positives=np.array(
                [row.get("holdout_positives", row["positives"]) for row in rows], np.int64
            ),
        )


def _none_for_nan(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
