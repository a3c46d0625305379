"""What training captions say, as arrays on disk beside the image vectors.

The stages that learn then need neither parser nor encoder.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from blake3 import blake3
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from components.atomic import atomic_path
from components.captions.captioned_images import CaptionedImages, TagList
from components.captions.tag_matrix import TagMatrix
from components.errors import ArtefactError

_LISTS = ("captions", "objects", "attributes")


@dataclass(frozen=True, kw_only=True)
class KeptCaptions:
    """Captions and tags of some images, and the encoder that their vectors are of."""

    encoder_id: str
    grid: tuple[int, int]
    """Rows and columns of the encoder's regions."""
    made_of: str
    """Hash of all that they were read from."""
    example_ids: tuple[str, ...]
    """One a row, in order."""
    images: CaptionedImages

    @cached_property
    def fingerprint(self) -> str:
        """Changes with every tag and vector."""
        digest = blake3(f"{self.encoder_id} {self.grid}".encode())
        digest.update("\n".join(self.example_ids).encode())
        for name, array in _arrays(self.images).items():
            digest.update(f"{name} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]

    def of(self, example_ids: tuple[str, ...]) -> "KeptCaptions":
        """The rows of just these images, in this order.

        Raises:
            ArtefactError: If one of them was not read.
        """
        if example_ids == self.example_ids:
            return self
        places = {name: row for row, name in enumerate(self.example_ids)}
        missing = [name for name in example_ids if name not in places]
        if missing:
            raise ArtefactError(
                f"The captions of {len(missing)} training images were not read ({missing[0]} "
                "first); run `efuda run embed`."
            )
        rows = np.array([places[name] for name in example_ids], np.int64)
        return KeptCaptions(
            encoder_id=self.encoder_id,
            grid=self.grid,
            made_of=self.made_of,
            example_ids=example_ids,
            images=self.images.of_rows(rows),
        )

    def save(self, path: Path) -> None:
        """Write one safetensors file."""
        notes = {
            "encoder_id": self.encoder_id,
            "grid": json.dumps(self.grid),
            "made_of": self.made_of,
            "example_ids": json.dumps(self.example_ids),
        }
        arrays = {name: np.ascontiguousarray(each) for name, each in _arrays(self.images).items()}
        with atomic_path(path) as temporary:
            save_file(arrays, temporary, metadata=notes)

    @classmethod
    def load(cls, path: Path) -> "KeptCaptions":
        """Read what :meth:`save` wrote.

        Raises:
            ArtefactError: If it is not there or cannot be read.
        """
        if not path.exists():
            raise ArtefactError(
                f"{path} does not exist: the captions have not been read. Run `efuda run embed`."
            )
        try:
            with safe_open(path, framework="np") as opened:
                notes = opened.metadata()
                arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as fault:
            raise ArtefactError(
                f"{path} cannot be read ({fault}); run `efuda run embed`."
            ) from None
        rows, columns = json.loads(notes["grid"])
        return cls(
            encoder_id=notes["encoder_id"],
            grid=(rows, columns),
            made_of=notes["made_of"],
            example_ids=tuple(json.loads(notes["example_ids"])),
            images=CaptionedImages(**{name: _list(arrays, name) for name in _LISTS}),
        )


def _arrays(images: CaptionedImages) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for name in _LISTS:
        tags: TagList = getattr(images, name)
        arrays[f"{name}.starts"] = tags.matrix.starts
        arrays[f"{name}.columns"] = tags.matrix.columns
        arrays[f"{name}.vectors"] = np.asarray(tags.vectors, np.float32)
    return arrays


def _list(arrays: dict[str, np.ndarray], name: str) -> TagList:
    vectors = arrays[f"{name}.vectors"]
    matrix = TagMatrix(arrays[f"{name}.starts"], arrays[f"{name}.columns"], len(vectors))
    return TagList(matrix, vectors)
