"""Approximate search by a navigable small-world graph (Malkov and Yashunin 2016)."""

import importlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32

from components.errors import ArtefactError
from components.search.exact import ExactSearch, Hits

LINKS = 32
EF_CONSTRUCTION = 120
GRAPH_FILE = "graph.faiss"


@dataclass(frozen=True, slots=True)
class ApproximateSearch:
    """A graph over the rows of ``vectors``.

    ``ef`` is how many candidates a query keeps while it walks: more finds
    more of the true neighbours and takes longer.
    """

    vectors: Float[np.ndarray, "rows embed"]
    graph: Any
    ef: int = 64

    @classmethod
    def build(cls, vectors: Float[np.ndarray, "rows embed"]) -> "ApproximateSearch":
        """Link all rows; takes about two minutes for a million on two cores."""
        faiss = _faiss()
        graph = faiss.IndexHNSWSQ(
            vectors.shape[1],
            faiss.ScalarQuantizer.QT_fp16,
            LINKS,
            faiss.METRIC_INNER_PRODUCT,
        )
        graph.hnsw.efConstruction = EF_CONSTRUCTION
        graph.train(np.asarray(vectors[:1], dtype=np.float32))
        for start in range(0, len(vectors), 65_536):
            graph.add(np.asarray(vectors[start : start + 65_536], dtype=np.float32))
        return cls(vectors, graph)

    def with_ef(self, ef: int) -> "ApproximateSearch":
        """The same graph searched with another ``ef``."""
        return replace(self, ef=ef)

    def search(
        self,
        queries: Float32[np.ndarray, "queries embed"],
        k: int,
        allowed: Bool[np.ndarray, " rows"] | None = None,
    ) -> Hits | None:
        """About the ``k`` nearest rows; None if the walk ended before it had ``k``."""
        faiss = _faiss()
        parameters: dict[str, Any] = {"efSearch": max(self.ef, 2 * k)}
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            parameters["sel"] = faiss.IDSelectorBitmap(bits)
        found = self.graph.search(
            np.ascontiguousarray(queries),
            k,
            params=faiss.SearchParametersHNSW(**parameters),
        )[1]
        if (found < 0).any():
            return None
        # The graph scores in half precision; the answer carries exact scores.
        exact = ExactSearch(self.vectors)
        best = [
            exact.nearest_of(query, rows, k) for query, rows in zip(queries, found, strict=True)
        ]
        return Hits(
            np.stack([rows for rows, _ in best]),
            np.stack([scores for _, scores in best]),
        )

    def save(self, directory: Path) -> None:
        """Write the graph into ``directory``."""
        faiss = _faiss()
        faiss.write_index(self.graph, str(directory / GRAPH_FILE))

    @classmethod
    def load(
        cls, directory: Path, vectors: Float[np.ndarray, "rows embed"], ef: int
    ) -> "ApproximateSearch":
        """Read a graph over ``vectors``; ArtefactError if it does not fit them."""
        faiss = _faiss()
        path = directory / GRAPH_FILE
        try:
            graph = faiss.read_index(str(path))
        except RuntimeError as fault:
            reason = str(fault).splitlines()[0]
            raise ArtefactError(f"{path} cannot be read ({reason}); index again.") from None
        if (graph.ntotal, graph.d) != vectors.shape:
            raise ArtefactError(
                f"{path} holds {graph.ntotal} x {graph.d} vectors, "
                f"expected {vectors.shape[0]} x {vectors.shape[1]}; index again."
            )
        return cls(vectors, graph, ef)


def _faiss() -> Any:
    """Imported late, and untyped: its stubs describe its C++ side, not its Python side."""
    return importlib.import_module("faiss")
