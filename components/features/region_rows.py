"""Region vectors of chosen images, read from disk only when asked for."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float16, Int

from components.errors import ArtefactError
from components.features.store import FeatureStore, Shard


class RegionRows:
    """Rows of a feature store in a given order; nothing is held but where they lie."""

    def __init__(self, store: FeatureStore, view: str, hashes: Sequence[str]) -> None:
        """Find the rows.

        Raises:
            ArtefactError: If images have no vectors, or only those of the whole image.
        """
        self._shards: list[Shard] = []
        self._file_of = np.empty(len(hashes), np.int64)
        self._row_of = np.empty(len(hashes), np.int64)
        for shard, ours, theirs in store.rows_of(view, hashes):
            if not shard.has_regions:
                raise ArtefactError(
                    f"{shard.stem} has no region vectors; set embed.regions to true, "
                    "delete it and embed again."
                )
            self._file_of[ours], self._row_of[ours] = len(self._shards), theirs
            self._shards.append(shard)
        self._files: list[np.ndarray] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Images, regions, length."""
        files = self._opened()
        regions, length = files[0].shape[1:] if files else (0, 0)
        return len(self._row_of), regions, length

    def __getitem__(
        self, rows: Int[np.ndarray, " rows"], /
    ) -> Float16[np.ndarray, "rows regions embed"]:
        """Vectors of some images, by place."""
        result = np.empty((len(rows), *self.shape[1:]), np.float16)
        for number, file in enumerate(self._opened()):
            here = self._file_of[rows] == number
            if here.any():
                result[here] = file[self._row_of[rows][here]]
        return result

    def _opened(self) -> list[np.ndarray]:
        if self._files is None:
            self._files = [shard.open("regions") for shard in self._shards]
        return self._files

    def __getstate__(self) -> dict[str, object]:
        """Without the maps, which another process opens itself."""
        return {**self.__dict__, "_files": None}


def has_regions(store: FeatureStore, view: str) -> bool:
    """Whether every shard of a view holds region vectors."""
    shards = store.shards(view)
    return bool(shards) and all(shard.has_regions for shard in shards)
