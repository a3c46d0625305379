"""A learning task: what is known, what choices are made on, and nothing of the test split.

The one carrier of data: stages and bench make it, every method learns from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float32, Int8, Int64, Num
from torch import Tensor

from components.captions.captioned_images import CaptionedImages
from components.labels.holdout import SelectionRule, selection_rule, selection_truth
from components.labels.states import PRESENT, UNKNOWN
from components.models.images import Regions
from components.models.prompt_tokens import Prompter


@runtime_checkable
class Pictures(Protocol):
    """The images themselves, for an encoder that learns too; read when asked for."""

    def pixels(
        self, rows: Int64[np.ndarray, " rows"], views: Int64[np.ndarray, " rows"] | None = None
    ) -> Num[Tensor, "rows 3 height width"]:
        """As the encoder's image tower takes them; of the first view where none is named."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """The label names as the encoder sees them."""

    vectors: Float32[np.ndarray, "labels embed"]
    """Unit length."""
    temperature: float = field(default=0.01)
    """Softmax temperature natural to this encoder's cosines; above 0. CLIP's by default."""
    prompter: Prompter | None = None
    """The text tower, for prompts that are learned as tokens; loaded only when asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdout:
    """What epochs and attempts are chosen on; never the test split."""

    vectors: Float32[np.ndarray, "examples embed"]
    """Of the original view."""
    states: Int8[np.ndarray, "examples labels"]
    rule: SelectionRule
    """Whether known cells alone are judged (``verified``), or unknown counts as absent."""
    regions: Regions | None = None
    pictures: Pictures | None = None

    @classmethod
    def of(
        cls,
        vectors: Float32[np.ndarray, "examples embed"],
        states: Int8[np.ndarray, "examples labels"],
        regions: Regions | None = None,
    ) -> "Holdout":
        """Under the rule that its known cells allow."""
        return cls(vectors=vectors, states=states, rule=selection_rule(states), regions=regions)

    @property
    def truth(self) -> Bool[np.ndarray, "examples labels"]:
        """Whether each label is present, under the rule."""
        return selection_truth(self.states, self.rule)[0]

    @property
    def known(self) -> Bool[np.ndarray, "examples labels"]:
        """Which cells count, under the rule."""
        return selection_truth(self.states, self.rule)[1]

    @property
    def can_measure(self) -> bool:
        """Whether any label is known to be present, so that there is a figure at all."""
        return bool((self.states == PRESENT).any())

    @property
    def num_labelled(self) -> int:
        """Images of which at least one cell is known."""
        return int((self.states != UNKNOWN).any(axis=1).sum())

    def of_rows(self, rows: Int64[np.ndarray, " rows"]) -> "Holdout":
        """Some of its images under the same rule; pictures are left behind."""
        return replace(
            self,
            vectors=self.vectors[rows],
            states=self.states[rows],
            regions=None if self.regions is None else SomeRows(self.regions, rows),
            pictures=None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Frozen vectors of the training images in each view, their known cells, and the hold-out."""

    views: Float32[np.ndarray, "views examples embed"]
    states: Int8[np.ndarray, "examples labels"]
    names: Names
    holdout: Holdout
    regions: tuple[Regions, ...] = ()
    """One a view, or none at all."""
    grid: tuple[int, int] | None = None
    """Rows and columns of the regions; only methods that convolve over them need it."""
    captions: CaptionedImages | None = None
    """Of the training images; only methods that learn from captions read them."""
    pictures: Pictures | None = None
    """Only where the encoder learns too."""

    def __post_init__(self) -> None:
        if self.regions and len(self.regions) != len(self.views):
            raise ValueError(f"regions of {len(self.regions)} views for {len(self.views)} views")

    @property
    def has_regions(self) -> bool:
        """Whether training images and hold-out both have region vectors."""
        return bool(self.regions) and self.holdout.regions is not None

    @property
    def known_rows(self) -> Bool[np.ndarray, " examples"]:
        """Images of which at least one cell is known."""
        return (self.states != UNKNOWN).any(axis=1)

    def zero_shot_logits(self) -> Float32[np.ndarray, "examples labels"]:
        """Cosine ÷ temperature of the training images, mean over views."""
        cosines = np.mean([view @ self.names.vectors.T for view in self.views], axis=0)
        return (cosines / self.names.temperature).astype(np.float32)

    def of_rows(self, rows: Int64[np.ndarray, " rows"]) -> "Task":
        """The task of some of the training images, before the same hold-out.

        Pictures are left behind: models of part of the images read cached vectors.
        """
        return replace(
            self,
            views=self.views[:, rows],
            states=self.states[rows],
            regions=tuple(SomeRows(each, rows) for each in self.regions),
            captions=self.captions and self.captions.of_rows(rows),
            pictures=None,
        )


class SomeRows:
    """Region vectors of some images of many, read only when asked for."""

    def __init__(self, regions: Regions, rows: Sequence[int] | np.ndarray) -> None:
        self._regions = regions
        self._rows = np.asarray(rows, np.int64)

    @property
    def shape(self) -> tuple[int, ...]:
        """Images, regions, length."""
        return (len(self._rows), *self._regions.shape[1:])

    def __getitem__(self, rows: np.ndarray, /) -> np.ndarray:
        return self._regions[self._rows[rows]]
