"""The search index: unit vectors of one encoder, and the way to search them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Float16, Float32

from components.atomic import read_json, write_json
from components.errors import ArtefactError, InputError
from components.search.approximate import ApproximateSearch
from components.search.exact import ExactSearch, Hits

SCHEMA_VERSION = 1
# A filtered graph walk loses recall when few rows pass (measured: 0.63 at 1 %,
# 0.97 at 10 %), while scoring just those rows is fast.
EXACT_SHARE = 0.2
EXACT_ROWS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class SearchIndex:
    """Finds rows by cosine; refuses vectors of any encoder but its own."""

    encoder_id: str
    vectors: Float16[np.ndarray, "rows embed"]
    graph: ApproximateSearch | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    """What the index stage measured (recall, relevance scale); kept in index.json."""
    _exact: ExactSearch = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_exact", ExactSearch(self.vectors))

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def method(self) -> Literal["exact", "hnsw"]:
        return "exact" if self.graph is None else "hnsw"

    def search(
        self,
        queries: Float32[np.ndarray, "queries embed"],
        k: int,
        *,
        encoder_id: str,
        allowed: Bool[np.ndarray, " rows"] | None = None,
    ) -> Hits:
        """The ``k`` nearest allowed rows of each query, or all if there are fewer.

        Args:
            queries: Vectors of the encoder ``encoder_id``; any length but zero.
            k: How many; at least 1.
            encoder_id: Whose vectors the queries are.
            allowed: Rows that may be returned; None allows all.

        Raises:
            InputError: If the encoder is another, or a query is not a direction.
        """
        self.check_query(encoder_id, k)
        units = unit_rows(queries)
        if self.graph is not None and not self._few_pass(allowed):
            hits = self.graph.search(units, min(k, len(self)), allowed)
            if hits is not None:
                return hits
        return self._exact.search(units, k, allowed)

    def check_query(self, encoder_id: str, k: int) -> None:
        """Refuse vectors of another encoder and a ``k`` below 1."""
        if encoder_id != self.encoder_id:
            raise InputError(
                f"These query vectors are of encoder {encoder_id}, the index is of "
                f"{self.encoder_id}; encode the query with that one, or index again."
            )
        if k < 1:
            raise InputError(f"k must be at least 1, got {k}.")

    def search_exactly(self, queries: Float32[np.ndarray, "queries embed"], k: int) -> Hits:
        """The truth against which an approximate answer is measured."""
        return self._exact.search(unit_rows(queries), k)

    def _few_pass(self, allowed: Bool[np.ndarray, " rows"] | None) -> bool:
        if allowed is None:
            return False
        passing = int(allowed.sum())
        return passing < EXACT_ROWS or passing < EXACT_SHARE * len(self)

    def save(self, directory: Path) -> None:
        """Write vectors, graph and index.json into an existing directory, JSON last."""
        np.save(directory / "vectors.npy", self.vectors, allow_pickle=False)
        if self.graph is not None:
            self.graph.save(directory)
        description = {
            "schema_version": SCHEMA_VERSION,
            "encoder_id": self.encoder_id,
            "num_vectors": len(self),
            "embed_dim": self.vectors.shape[1],
            "method": self.method,
            "ef": None if self.graph is None else self.graph.ef,
            **self.facts,
        }
        write_json(directory / "index.json", description)

    @classmethod
    def load(cls, directory: Path) -> "SearchIndex":
        """Read what :meth:`save` wrote; vectors stay on disk until they are needed.

        Raises:
            ArtefactError: If a part is missing, damaged or of another schema.
        """
        description = read_json(directory / "index.json")
        if description.get("schema_version") != SCHEMA_VERSION:
            raise ArtefactError(
                f"{directory} holds an index of schema {description.get('schema_version')}, "
                f"this program reads {SCHEMA_VERSION}; index again."
            )
        vectors = _open_vectors(directory / "vectors.npy")
        expected = (description["num_vectors"], description["embed_dim"])
        if vectors.shape != expected or vectors.dtype != np.float16:
            raise ArtefactError(
                f"{directory / 'vectors.npy'} holds {vectors.shape} {vectors.dtype}, "
                f"index.json says {expected} float16; index again."
            )
        graph = None
        if description["method"] == "hnsw":
            graph = ApproximateSearch.load(directory, vectors, description["ef"])
        return cls(description["encoder_id"], vectors, graph, description)


def unit_rows(
    vectors: Float[np.ndarray, "rows embed"],
) -> Float32[np.ndarray, "rows embed"]:
    """Rows scaled to length 1.

    Raises:
        InputError: If a row has no direction (zero, infinite or not a number).
    """
    single = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(single, axis=1, keepdims=True)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        raise InputError("A vector is zero or not finite, so it has no direction to compare.")
    return single / lengths


def _open_vectors(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as fault:
        raise ArtefactError(f"{path} cannot be read ({fault}); index again.") from None
