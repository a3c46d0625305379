"""What models that never met the images say of them, for each tagger in turn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int8

from components.calibration.cells import CrossFitted
from components.data.examples import Example
from components.labels.states import UNKNOWN
from components.methods.catalog import METHODS
from components.models.tagger import Tagger
from project.cross_fitted import MOST_IMAGES, THIN_HOLDOUT, CrossFittedScores
from project.layout import Layout
from project.taggers import TaggerFile, split_logits


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossFittedEvidence:
    """The images that calibrations may be fitted to, in the order of their logits."""

    holdout: Sequence[Example]
    training: Sequence[Example]
    states: Int8[np.ndarray, "others labels"]
    layout: Layout

    def of(
        self,
        file: TaggerFile,
        tagger: Tagger,
        logits: Float[np.ndarray, "examples labels"],
        holdout_states: Int8[np.ndarray, "examples labels"],
    ) -> CrossFitted | None:
        """Scores of hold-out and training images; None where the hold-out stands alone.

        Args:
            file: Where the tagger lies.
            tagger: The tagger itself.
            logits: Its own, on the hold-out.
            holdout_states: What is known there.
        """
        if (holdout_states != UNKNOWN).any(axis=1).sum() >= THIN_HOLDOUT:
            return None
        row = METHODS.get(file.recipe)
        if row is not None and not row.is_trained:
            return self._untrained(tagger, logits)
        kept = CrossFittedScores.load(file.directory.parent)
        if kept is None:
            return None
        place = {name: position for position, name in enumerate(kept.holdout)}
        rows = [place.get(photo.content_hash) for photo in self.holdout]
        if None in rows or kept.holdout_logits.shape[1] != holdout_states.shape[1]:
            return None  # left by a run on other images or labels
        return CrossFitted(
            holdout=kept.holdout_logits[np.array(rows, np.int64)].astype(float),
            training=kept.training_logits.astype(float),
            states=kept.states,
        )

    def _untrained(
        self, tagger: Tagger, logits: Float[np.ndarray, "examples labels"]
    ) -> CrossFitted | None:
        """What learned from no image has met none: its own scores are cross-fitted."""
        known = np.flatnonzero((self.states != UNKNOWN).any(axis=1))
        by_hash = sorted(known.tolist(), key=lambda row: self.training[row].content_hash)
        rows = sorted(by_hash[:MOST_IMAGES])
        if not rows:
            return None
        asked = [self.training[row] for row in rows]
        scores = split_logits(tagger, asked, self.layout)
        return CrossFitted(
            holdout=logits.astype(float), training=scores.astype(float), states=self.states[rows]
        )
