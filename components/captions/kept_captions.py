"""What training captions say, as arrays on disk beside the image vectors.

The stages that learn then need neither parser nor encoder.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from blake3 import blake3

from components.array_file import read_arrays, write_arrays
from components.captions.captioned_images import CaptionedImages, TagList
from components.captions.tag_matrix import TagMatrix
from components.errors import ArtefactError

_LISTS = ("captions", "objects", "attributes")
REMEDY = "run `efuda run embed`"


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
            "grid": self.grid,
            "made_of": self.made_of,
            "example_ids": self.example_ids,
        }
        write_arrays(path, _arrays(self.images), notes)

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
        arrays, notes = read_arrays(path, REMEDY)
        try:
            rows, columns = _value(notes["grid"])
            return cls(
                encoder_id=notes["encoder_id"],
                grid=(rows, columns),
                made_of=notes["made_of"],
                example_ids=tuple(_value(notes["example_ids"])),
                images=CaptionedImages(**{name: _list(arrays, name) for name in _LISTS}),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise ArtefactError(f"{path} holds no captions ({fault}); {REMEDY}.") from None


def _value(note: Any) -> Any:
    """A note as it is, or as files of earlier versions hold it: as the text of its JSON."""
    return json.loads(note) if isinstance(note, str) else note


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
