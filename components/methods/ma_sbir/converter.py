"""From modality vectors to queries and a gallery that can be compared.

As published, the query is norm(z − m_sketch + m_photo), compared with the photographs as
they are. Ours compares the semantic parts of both in a metric W:

    u = norm(W (z − b_i)),     i: the modality of z

which is the published query and the photographs, both measured from the photographs'
offset, in W. See offsets.py for b and tempering.py for W.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from components.atomic import atomic_path
from components.errors import ArtefactError
from components.methods.ma_sbir.offsets import Offsets
from components.methods.ma_sbir.settling import unit

Rows = Float[np.ndarray, "rows embed"]


@dataclass(frozen=True, slots=True)
class SketchConverter:
    """Offsets of the two modalities, and the metric W.

    The vectors it is given must come from the encoder it was made with.
    """

    photo: Float32[np.ndarray, " embed"]
    sketch: Float32[np.ndarray, " embed"]
    metric: Float32[np.ndarray, "embed embed"]

    @classmethod
    def of(cls, offsets: Offsets, metric: Float[np.ndarray, "embed embed"]) -> "SketchConverter":
        """From its parts."""
        single = np.float32
        return cls(
            offsets.photo.astype(single), offsets.sketch.astype(single), metric.astype(single)
        )

    def queries(self, sketches: Rows) -> Rows:
        """Sketches, comparable with :meth:`gallery`; of unit length."""
        return unit((sketches - self.sketch) @ self.metric)

    def gallery(self, photos: Rows) -> Rows:
        """Photographs, comparable with :meth:`queries`; of unit length."""
        return unit((photos - self.photo) @ self.metric)

    def save(self, path: Path) -> None:
        """Write as safetensors."""
        tensors = {"photo": self.photo, "sketch": self.sketch, "metric": self.metric}
        with atomic_path(path) as temporary:
            save_file(tensors, temporary)

    @classmethod
    def load(cls, path: Path) -> "SketchConverter":
        """Read what :meth:`save` wrote.

        Raises:
            ArtefactError: If the file is missing or damaged.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                return cls(*(file.get_tensor(name) for name in ("photo", "sketch", "metric")))
        except (OSError, SafetensorError) as fault:
            raise ArtefactError(f"{path} cannot be read ({fault}); train it again.") from None


def published_queries(
    sketches: Rows, m_sketch: Float[np.ndarray, " embed"], m_photo: Float[np.ndarray, " embed"]
) -> Rows:
    """norm(z − m_sketch + m_photo), for a gallery of photographs as they are."""
    return unit(sketches - m_sketch + m_photo)
