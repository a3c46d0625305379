"""From what a tagger says to the tags that are given, in agreement with the vocabulary's parents."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float

from components.calibration.calibration import Calibration
from components.labels.hierarchy import Hierarchy
from components.labels.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class TagRule:
    """A calibration and the parents of its labels.

    A sparrow is not more probable than a bird, so a probability is at most those of the label's
    ancestors. It is the child's that is lowered: a label has few ancestors and may have many
    descendants, and the highest of many numbers is too high. Mere scores (without a calibration)
    are left as they are, since those of two labels cannot be compared.

    A tag that reaches its own threshold brings its ancestors along, which are at least as probable.
    """

    calibration: Calibration
    vocabulary: Vocabulary
    _hierarchy: Hierarchy = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hierarchy", self.vocabulary.hierarchy)

    def probabilities(
        self, logits: Float[np.ndarray, "examples labels"]
    ) -> Float[np.ndarray, "examples labels"]:
        """Of each label, in [0, 1]; scores where nothing is calibrated."""
        found = self.calibration.probabilities(logits)
        return self._hierarchy.capped(found) if self.calibration.is_calibrated else found

    def given(
        self, probabilities: Float[np.ndarray, "examples labels"]
    ) -> Bool[np.ndarray, "examples labels"]:
        """Which tags are given."""
        return self._hierarchy.closed(self.calibration.decide(probabilities))
