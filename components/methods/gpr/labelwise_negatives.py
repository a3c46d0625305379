"""Absences named label by label: the images that a label fits least.

VLPL names the lowest labels of each image (``negative_share`` of
:class:`components.labelers.softmax_threshold.SoftmaxThreshold`): a label whose scores are
low everywhere is then denied everywhere, and one whose scores are high hardly ever. Here
each label is denied on the same share of its unknown images. With the threshold of a
positive policy above it, this is the lower of the two thresholds of DiCaP (AAAI 2026, known
to us from a summary): what lies between is left open. That they are ranks and not scores is
ours.

On real CLIP scores these absences are wrong more often than VLPL's, since frequent labels
get as many as rare ones (docs/results/proposals.md); knowing how often labels occur helps.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int8

from components.labelers.class_proportions import ClassProportions
from components.labelers.proposals import Proposals, proposals_for_unknown
from components.labels.states import ABSENT, PRESENT


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelwiseNegatives:
    """Negative for the ⌊share · n⌋ lowest of the n unknown cells of a label."""

    share: float = 0.3
    """In [0, 1]; 0 proposes nothing."""

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"share must be in [0, 1], got {self.share}")

    def beside(
        self,
        proposals: Proposals,
        known: Int8[np.ndarray, "examples labels"],
        expected: Float[np.ndarray, " labels"] | None = None,
    ) -> Proposals:
        """The positives of any policy, with label-wise negatives in place of its own.

        A cell that the policy calls positive stays so. Of tied scores the later row is
        denied first.

        Args:
            proposals: Of the policy, with the scores that rank the images.
            known: States; only unknown cells are proposed for.
            expected: Share of images that have each label; it is then denied on ``share``
                of the others, ⌊share · (1 − expected) · n⌋ in all.
        """
        scores = proposals.scores
        present = np.zeros(scores.shape[1]) if expected is None else expected
        lowest = ClassProportions(positive_part=0.0, negative_part=self.share)
        denied = lowest.propose(scores, known, present).states == ABSENT
        return proposals_for_unknown(known, proposals.states == PRESENT, denied, scores)
