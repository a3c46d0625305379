"""Frozen image vectors on disk, keyed by content hash, encoder and view.

A shard is two arrays and a JSON file that is written last: a shard without
its JSON does not exist. Shards are never changed, so a run that is killed
loses at most the shard it was computing, and arrays can be memory-mapped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from blake3 import blake3
from jaxtyping import Float, Float16, Float32

from components.atomic import atomic_path, read_json, write_json
from components.errors import ArtefactError

SCHEMA_VERSION = 1
Part = Literal["global", "regions"]


@dataclass(frozen=True, slots=True)
class Shard:
    """One finished shard: its stem on disk and the content hash of each row."""

    stem: Path
    hashes: tuple[str, ...]
    has_regions: bool

    def open(self, part: Part) -> np.ndarray:
        """The shard's array, memory-mapped.

        Raises:
            ArtefactError: If it is missing, cut off or not that of the shard's images.
        """
        path = Path(f"{self.stem}-{part}.npy")
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            if len(array) != len(self.hashes):
                raise ValueError(f"{len(array)} rows for {len(self.hashes)} images")
        except (EOFError, FileNotFoundError, TypeError, ValueError) as fault:
            raise ArtefactError(
                f"{path} is damaged ({fault}). Remove {self.stem}* (`rm {self.stem}*`) and run "
                "`efuda run embed`, which computes it anew."
            ) from None
        return array


class FeatureStore:
    """The vectors of one encoder below ``root/<encoder id>``."""

    def __init__(self, root: Path, encoder_id: str) -> None:
        self.encoder_id = encoder_id
        self.directory = root / encoder_id

    def shards(self, view: str) -> list[Shard]:
        """The finished shards of a view, in a stable order.

        Raises:
            ArtefactError: If a shard was written by another encoder.
        """
        found: list[Shard] = []
        for path in sorted((self.directory / view).glob("shard-*.json")):
            description = read_json(path)
            if description["encoder_id"] != self.encoder_id:
                raise ArtefactError(
                    f"{path} holds vectors of encoder {description['encoder_id']}, "
                    f"expected {self.encoder_id}; delete {self.directory} and embed again."
                )
            stem = path.with_suffix("")
            found.append(Shard(stem, tuple(description["hashes"]), description["has_regions"]))
        return found

    def hashes(self, view: str) -> set[str]:
        """The content hashes that a view already holds."""
        return {content_hash for shard in self.shards(view) for content_hash in shard.hashes}

    def append(
        self,
        view: str,
        hashes: Sequence[str],
        global_vectors: Float[np.ndarray, "rows embed"],
        region_vectors: Float[np.ndarray, "rows regions embed"] | None,
    ) -> None:
        """Write one shard. Its name is the hash of its keys, so a repeat overwrites itself."""
        if len(hashes) != len(global_vectors):
            raise ValueError(f"{len(hashes)} hashes for {len(global_vectors)} vectors")
        name = blake3("\n".join(hashes).encode()).hexdigest()[:16]
        stem = self.directory / view / f"shard-{name}"
        _save(Path(f"{stem}-global.npy"), global_vectors)
        if region_vectors is not None:
            _save(Path(f"{stem}-regions.npy"), region_vectors)
        write_json(
            stem.with_suffix(".json"),
            {
                "schema_version": SCHEMA_VERSION,
                "encoder_id": self.encoder_id,
                "has_regions": region_vectors is not None,
                "hashes": list(hashes),
            },
        )

    def load_global(self, view: str, hashes: Sequence[str]) -> Float32[np.ndarray, "rows embed"]:
        """The global vectors of ``hashes``, in that order; of none, no rows of their length.

        Raises:
            ArtefactError: If some are not there, naming the first, or nothing was embedded.
        """
        rows, shards = self.rows_of(view, hashes), self.shards(view)
        if not shards:
            raise ArtefactError(f"{self.directory / view} holds no vectors; run `efuda run embed`.")
        gathered = np.empty((len(hashes), shards[0].open("global").shape[1]), dtype=np.float32)
        for shard, ours, theirs in rows:
            gathered[ours] = shard.open("global")[theirs]
        return gathered

    def load_regions(
        self, view: str, hashes: Sequence[str], *, chunk: int = 512
    ) -> Iterator[tuple[np.ndarray, Float16[np.ndarray, "rows regions embed"]]]:
        """Region vectors in chunks: the positions in ``hashes``, and their vectors.

        Chunks come shard by shard, not in the order of ``hashes``, so that
        memory holds ``chunk`` images at a time whatever the size of the set.
        """
        for shard, ours, theirs in self.rows_of(view, hashes):
            if not shard.has_regions:
                raise ArtefactError(
                    f"{shard.stem} has no region vectors; set embed.regions to true, "
                    "delete it and embed again."
                )
            regions = shard.open("regions")
            for start in range(0, len(ours), chunk):
                part = slice(start, start + chunk)
                yield ours[part], np.asarray(regions[theirs[part]])

    def rows_of(
        self, view: str, hashes: Sequence[str]
    ) -> list[tuple[Shard, np.ndarray, np.ndarray]]:
        """For each shard: positions in ``hashes`` and rows in the shard."""
        places: dict[str, tuple[int, int]] = {}
        shards = self.shards(view)
        for number, shard in enumerate(shards):
            for row, content_hash in enumerate(shard.hashes):
                places.setdefault(content_hash, (number, row))
        missing = [content_hash for content_hash in hashes if content_hash not in places]
        if missing:
            raise ArtefactError(
                f"{len(missing)} of {len(hashes)} images have no vectors of encoder "
                f"{self.encoder_id}, view {view!r} (first content hash {missing[0][:12]}); "
                "run `efuda run embed`."
            )
        wanted = np.array([places[content_hash] for content_hash in hashes], dtype=np.int64)
        wanted = wanted.reshape(len(hashes), 2)
        result: list[tuple[Shard, np.ndarray, np.ndarray]] = []
        for number, shard in enumerate(shards):
            ours = np.flatnonzero(wanted[:, 0] == number)
            if len(ours):
                result.append((shard, ours, wanted[ours, 1]))
        return result


def _save(path: Path, vectors: np.ndarray) -> None:
    with atomic_path(path) as temporary:
        np.save(temporary, vectors.astype(np.float16), allow_pickle=False)
