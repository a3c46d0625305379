"""One threshold a label, and the proposals that follow."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int8

from components.labelers.proposals import Proposals, proposals_for_unknown


@dataclass(frozen=True, slots=True)
class ClassThresholds:
    """Positive where a score reaches its label's threshold; infinity proposes nothing."""

    thresholds: Float[np.ndarray, " labels"]

    def propose(
        self,
        scores: Float32[np.ndarray, "examples labels"],
        known: Int8[np.ndarray, "examples labels"],
    ) -> Proposals:
        """Proposals for unknown cells."""
        positive = scores >= self.thresholds
        return proposals_for_unknown(known, positive, np.zeros_like(positive), scores)
