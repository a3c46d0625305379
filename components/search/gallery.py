"""The pictures that can be found: their ids and tags, in index row order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Bool

from components.atomic import atomic_path
from components.errors import ArtefactError, InputError

TAG_TYPE = pa.list_(
    pa.struct(
        [
            ("label", pa.string()),
            ("probability", pa.float32()),
            ("provenance", pa.string()),
        ]
    )
)
GALLERY_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("path", pa.string()),
        ("content_hash", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("tags", TAG_TYPE),
    ]
)
PREDICTED = "predicted"


@dataclass(frozen=True, slots=True)
class GalleryTag:
    """A label that a picture carries.

    ``provenance`` is ``observed``, ``reviewed`` or ``implied`` where the label was given
    (the probability is then 1), and ``predicted`` where the tagger decided.
    """

    label: str
    probability: float
    provenance: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the gallery and its tags, most probable first.

    ``path`` is that of the file, from the project's root, as it was when the index was made.
    """

    id: str
    path: str
    content_hash: str
    width: int
    height: int
    tags: tuple[GalleryTag, ...] = ()


@dataclass(frozen=True, eq=False)
class Gallery:
    """All pictures, and which of them carry a tag."""

    table: pa.Table
    vocabulary: tuple[str, ...]
    _row_of: dict[str, int] = field(init=False, repr=False)
    _rows_with: dict[str, np.ndarray] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ids = self.table["id"].to_pylist()
        object.__setattr__(self, "_row_of", {name: row for row, name in enumerate(ids)})
        tags = self.table["tags"].combine_chunks()
        counts = np.diff(tags.offsets.to_numpy())
        parents = np.repeat(np.arange(len(ids)), counts)
        encoded = tags.flatten().field("label").dictionary_encode()
        codes = encoded.indices.to_numpy()
        rows_with = {
            label: parents[codes == code]
            for code, label in enumerate(encoded.dictionary.to_pylist())
        }
        object.__setattr__(self, "_rows_with", rows_with)

    def __len__(self) -> int:
        return self.table.num_rows

    @property
    def num_tags(self) -> int:
        """How many different tags the pictures carry."""
        return len(self._rows_with)

    def row_of(self, picture_id: str) -> int | None:
        """The index row of a picture, None if there is no such picture."""
        return self._row_of.get(picture_id)

    def picture(self, row: int) -> Picture:
        """The picture at an index row."""
        return self.pictures([row])[0]

    def pictures(self, rows: Sequence[int]) -> list[Picture]:
        """The pictures at some index rows, in that order."""
        values: list[dict[str, Any]] = self.table.take(pa.array(rows, pa.int64())).to_pylist()
        carried = [tuple(GalleryTag(**tag) for tag in value.pop("tags")) for value in values]
        return [Picture(**value, tags=tags) for value, tags in zip(values, carried, strict=True)]

    def allowed(
        self, required: Sequence[str] = (), excluded: Sequence[str] = ()
    ) -> Bool[np.ndarray, " rows"] | None:
        """Which rows carry all ``required`` tags and none of ``excluded``; None for all.

        Raises:
            InputError: If a tag is unknown, naming near matches.
        """
        self.check(*required, *excluded)
        if not required and not excluded:
            return None
        mask = np.ones(len(self), dtype=bool)
        for label in required:
            mask &= self._carries(label)
        for label in excluded:
            mask &= ~self._carries(label)
        return mask

    def _carries(self, label: str) -> Bool[np.ndarray, " rows"]:
        mask = np.zeros(len(self), dtype=bool)
        mask[self._rows_with.get(label, np.empty(0, np.int64))] = True
        return mask

    def check(self, *labels: str) -> None:
        """Refuse labels that are neither in the vocabulary nor on any picture.

        Raises:
            InputError: Naming the first one, and labels like it.
        """
        for label in labels:
            if label not in self._rows_with and label not in self.vocabulary:
                shown = label if len(label) <= 60 else label[:57] + "..."
                raise InputError(f"There is no tag {shown!r}. {self._hint(label)}")

    def _hint(self, label: str) -> str:
        known = {name.casefold(): name for name in self.vocabulary}
        near = get_close_matches(label.casefold(), known, n=3, cutoff=0.5)
        if near:
            return f"Did you mean {' or '.join(repr(known[name]) for name in near)}?"
        return f"Known tags are for example {', '.join(map(repr, self.vocabulary[:5]))}."

    def save(self, directory: Path) -> None:
        """Write ``gallery.parquet`` into ``directory``."""
        with atomic_path(directory / "gallery.parquet") as temporary:
            pq.write_table(self.table, temporary, compression="zstd")

    @classmethod
    def load(cls, directory: Path, vocabulary: Sequence[str]) -> "Gallery":
        """Read what :meth:`save` wrote."""
        path = directory / "gallery.parquet"
        try:
            table = pq.read_table(path).cast(GALLERY_SCHEMA)
        except (OSError, pa.ArrowInvalid, ValueError, KeyError) as fault:
            raise ArtefactError(f"{path} cannot be read ({fault}); index again.") from None
        return cls(table, tuple(vocabulary))


def gallery_of(pictures: Iterable[Picture], vocabulary: Sequence[str]) -> Gallery:
    """A gallery of pictures given one by one."""
    columns: dict[str, list[object]] = {name: [] for name in GALLERY_SCHEMA.names}
    for picture in pictures:
        columns["id"].append(picture.id)
        columns["path"].append(picture.path)
        columns["content_hash"].append(picture.content_hash)
        columns["width"].append(picture.width)
        columns["height"].append(picture.height)
        columns["tags"].append(
            [
                {
                    "label": tag.label,
                    "probability": tag.probability,
                    "provenance": tag.provenance,
                }
                for tag in sorted(picture.tags, key=lambda tag: (-tag.probability, tag.label))
            ]
        )
    return Gallery(pa.table(columns, schema=GALLERY_SCHEMA), tuple(vocabulary))
