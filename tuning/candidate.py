"""One point of the sweep: a labeler and the settings of the loss."""

from dataclasses import asdict, dataclass
from typing import Any

from components.labelers.catalog import Labeler
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold
from components.methods.vlpl.recipe import VLPL


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """What a trial tries, and what tuned.yaml keeps."""

    labeler: Labeler
    recipe: VLPL

    def to_dict(self) -> dict[str, Any]:
        """Plain values; :meth:`from_dict` reads them back."""
        return {"labeler": asdict(self.labeler), "recipe": asdict(self.recipe)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Candidate":
        """The candidate that :meth:`to_dict` wrote down."""
        labeler = dict(values["labeler"])
        match labeler.pop("name"):
            case "softmax":
                made: Labeler = SoftmaxThreshold(**labeler)
            case "calibrated":
                made = CalibratedThreshold(**labeler)
            case other:
                raise ValueError(f"no labeler is called {other!r}; use softmax or calibrated")
        return cls(labeler=made, recipe=VLPL(**values["recipe"]))


PUBLISHED = Candidate(labeler=SoftmaxThreshold(theta=0.3), recipe=VLPL(alpha=0.1, beta=0.7))
"""VLPL's settings for COCO in its released code; always the first trial."""
