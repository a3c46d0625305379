"""Text vectors of one encoder on disk, each computed once.

They lie beside the images' vectors, as a view of their own, keyed by the hash of the text.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from blake3 import blake3
from jaxtyping import Float32

from components.features.store import FeatureStore

VIEW = "text"
_AT_ONCE = 256
_SHARD = 4_096

EncodeTexts = Callable[[Sequence[str]], np.ndarray]
Told = Callable[[Iterable[Sequence[str]]], Iterable[Sequence[str]]]
"""Passes shards of texts on, and may show how far it is."""


class TextStore:
    """The text vectors below an encoder's folder of a feature store."""

    def __init__(self, store: FeatureStore) -> None:
        self._store = store

    def add(self, texts: Sequence[str], encode: EncodeTexts, told: Told = iter) -> int:
        """Encode those that are not there yet, shard by shard; returns how many these were.

        A run that is cut off keeps all shards but the one it was computing.
        """
        stored = self._store.hashes(VIEW)
        missing = [text for text in dict.fromkeys(texts) if text_hash(text) not in stored]
        shards = [missing[at : at + _SHARD] for at in range(0, len(missing), _SHARD)]
        for shard in told(shards):
            chunks = [shard[at : at + _AT_ONCE] for at in range(0, len(shard), _AT_ONCE)]
            vectors = np.concatenate([encode(chunk) for chunk in chunks])
            self._store.append(VIEW, [text_hash(text) for text in shard], vectors, None)
        return len(missing)

    def load(self, texts: Sequence[str]) -> Float32[np.ndarray, "texts embed"]:
        """Unit vectors of the texts, in that order.

        Raises:
            ArtefactError: If some were never added, or no text is asked for.
        """
        vectors = self._store.load_global(VIEW, [text_hash(text) for text in texts])
        # They were rounded to half precision, which costs a little of their length.
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def text_hash(text: str) -> str:
    """The key of a text."""
    return blake3(text.encode()).hexdigest()
