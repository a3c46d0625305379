"""A learning task: what is known, what it is chosen on, and nothing of the test split."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int8

from components.labels.holdout import SelectionRule
from components.methods.tagalign.captioned import CaptionedImages
from components.training.data import Holdout, Names, Regions, Schedule


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionTags:
    """What the captions of the training images say, beside the states of the labels.

    Rows are training images; ``caption_rows`` says whose caption each vector is.
    """

    caption_vectors: Float32[np.ndarray, "captions embed"]
    caption_rows: np.ndarray
    object_tags: Int8[np.ndarray, "examples objects"]
    """1 where a caption names the object."""
    object_vectors: Float32[np.ndarray, "objects embed"]
    attribute_tags: Int8[np.ndarray, "examples attributes"]
    attribute_vectors: Float32[np.ndarray, "attributes embed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Training images with their known cells, and the hold-out."""

    views: Float32[np.ndarray, "views examples embed"]
    regions: tuple[Regions, ...]
    """One a view, or empty."""
    states: Int8[np.ndarray, "examples labels"]
    names: Names
    holdout: Holdout
    holdout_states: Int8[np.ndarray, "examples labels"]
    rule: SelectionRule
    schedule: Schedule
    grid: tuple[int, int] | None = None
    """Rows and columns of the regions; only methods that convolve over them need it."""
    captions: CaptionTags | CaptionedImages | None = None
    """Only methods that learn from captions read them."""
