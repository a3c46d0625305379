"""Sketch queries: sketches and photographs compared each by what is their own.

Encoders place line drawings apart from photographs of the same things, and
each kind close together. MA-SBIR (arXiv 2401.04860) learns a mean vector for
each modality and takes it off: ``s = z - m``. Here the means are measured, and
both sides are compared without theirs, ``cos(z_sketch - m_sketch, z_photo -
m_photo)``. The paper's converted query ``norm(z - m_sketch + m_photo)`` against
untouched photographs was measured as well; for the embedded encoder it is no
better than the raw sketch (see docs/decisions).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
from jaxtyping import Bool, Float, Float32

from components.array_file import read_arrays, write_arrays
from components.errors import ArtefactError
from components.search.exact import ExactSearch, Hits
from components.search.index import SearchIndex, unit_rows

FILE_NAME = "modality.safetensors"
SketchSource = Literal["sketches", "line_drawings", "none"]


@dataclass(frozen=True, slots=True)
class ModalityMeans:
    """Mean unit vector of the photographs and of the sketches.

    ``sketch_source`` says whose mean the second is: the project's own
    ``sketches``, or ``line_drawings`` made of its own photographs; with
    ``none`` there was neither, and the photographs' mean stands in.
    """

    photo: Float32[np.ndarray, " embed"]
    sketch: Float32[np.ndarray, " embed"]
    sketch_source: SketchSource

    def without_own(
        self, sketches: Float[np.ndarray, "queries embed"]
    ) -> Float32[np.ndarray, "queries embed"]:
        """Sketch vectors without what all sketches share, of length 1.

        A sketch that is exactly the mean says nothing and stays as it is.
        """
        units = unit_rows(sketches)
        moved = units - self.sketch
        told = np.linalg.norm(moved, axis=1, keepdims=True) > 1e-6
        return unit_rows(np.where(told, moved, units))

    def save(self, directory: Path) -> None:
        """Write the means into ``directory``."""
        arrays = {"photo": self.photo, "sketch": self.sketch}
        write_arrays(directory / FILE_NAME, arrays, {"sketch_source": self.sketch_source})

    @classmethod
    def load(cls, directory: Path) -> "ModalityMeans":
        """Read what :meth:`save` wrote."""
        path = directory / FILE_NAME
        arrays, notes = read_arrays(path, "index again")
        try:
            source = notes["sketch_source"]
            if source not in get_args(SketchSource):
                raise KeyError(source)
            return cls(arrays["photo"], arrays["sketch"], cast(SketchSource, source))
        except KeyError as fault:
            raise ArtefactError(f"{path} cannot be read ({fault}); index again.") from None


class SketchSearch:
    """Finds photographs by sketch.

    It compares all rows, whatever the index does: a graph links rows that are
    near as they are, not without their mean.
    """

    def __init__(self, index: SearchIndex, means: ModalityMeans) -> None:
        self._index = index
        self._means = means
        self._exact = ExactSearch(index.vectors, means.photo)

    def search(
        self,
        sketches: Float[np.ndarray, "queries embed"],
        k: int,
        *,
        encoder_id: str,
        allowed: Bool[np.ndarray, " rows"] | None = None,
    ) -> Hits:
        """As :meth:`SearchIndex.search`; scores are cosines without the means."""
        self._index.check_query(encoder_id, k)
        return self._exact.search(self._means.without_own(sketches), k, allowed)
