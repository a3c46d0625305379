"""What sketch retrieval works on: vectors of photographs and sketches, and classes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from components.errors import InputError

PLAIN = "plain"
"""Name of the sketches as the encoder gives them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SketchWorld:
    """Frozen vectors of unit length.

    Attributes:
        photos: The gallery.
        shown: Which classes each photograph shows: one, several or none.
        sketches: By name of the drawing, all of the same sketches: ``plain``, and
            others such as painted ones, among which a conversion may choose.
        sketch_classes: The class of each sketch.
        class_vectors: Of the classes' names; only those of seen classes are read.
    """

    photos: Float[np.ndarray, "photos embed"]
    shown: Bool[np.ndarray, "photos classes"]
    sketches: Mapping[str, Float[np.ndarray, "sketches embed"]]
    sketch_classes: Int[np.ndarray, " sketches"]
    class_vectors: Float[np.ndarray, "classes embed"]

    def __post_init__(self) -> None:
        """Refuse parts that do not fit together.

        Raises:
            InputError: It names what does not fit.
        """
        if PLAIN not in self.sketches:
            raise InputError(
                f"Sketches are given as {sorted(self.sketches)}; there must be {PLAIN!r}."
            )
        num_sketches, num_classes = len(self.sketch_classes), self.num_classes
        wanted = {
            "photos": (self.photos.shape, (len(self.shown), self.class_vectors.shape[1])),
            "shown": (self.shown.shape, (len(self.photos), num_classes)),
        } | {
            f"{name} sketches": (vectors.shape, (num_sketches, self.class_vectors.shape[1]))
            for name, vectors in self.sketches.items()
        }
        for name, (shape, expected) in wanted.items():
            if shape != expected:
                raise InputError(f"The {name} have shape {shape}; {expected} fits the rest.")
        outside = (self.sketch_classes < 0) | (self.sketch_classes >= num_classes)
        if outside.any():
            raise InputError(
                f"A sketch has class {self.sketch_classes[outside][0]} of "
                f"{num_classes}; classes count from 0."
            )

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_vectors)

    def photos_only_of(self, classes: Iterable[int]) -> Bool[np.ndarray, " photos"]:
        """Photographs that show no other class; those that show none are among them."""
        others = np.setdiff1d(np.arange(self.num_classes), list(classes))
        return ~np.asarray(self.shown[:, others].any(axis=1))

    def sketches_of(self, classes: Iterable[int]) -> Bool[np.ndarray, " sketches"]:
        """Which sketches are of ``classes``."""
        return np.asarray(np.isin(self.sketch_classes, list(classes)))

    def drawn(self) -> Bool[np.ndarray, "sketches classes"]:
        """The sketches' classes as a matrix."""
        drawn = np.zeros((len(self.sketch_classes), self.num_classes), bool)
        drawn[np.arange(len(drawn)), self.sketch_classes] = True
        return drawn
