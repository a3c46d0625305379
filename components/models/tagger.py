"""A linear tagger over frozen image vectors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from components.atomic import atomic_directory, read_json, write_json
from components.errors import ArtefactError
from components.labels.vocabulary import Vocabulary

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Tagger:
    """One weight vector and one bias a label; logits are ``x · weightᵀ + bias``.

    ``encoder_id`` names the encoder whose vectors it reads: vectors of another
    are meaningless to it. Zero-shot is the special case whose weights are the
    label names' text vectors divided by the encoder's temperature.
    """

    recipe: str
    seed: int
    encoder_id: str
    vocabulary: Vocabulary
    weight: Float32[np.ndarray, "labels embed"]
    bias: Float32[np.ndarray, " labels"]
    fingerprint: str = ""
    """Hash of everything the training read; empty where nothing was trained."""

    def logits(
        self, vectors: Float[np.ndarray, "examples embed"]
    ) -> Float32[np.ndarray, "examples labels"]:
        """One logit per example and label; higher means more likely present."""
        return vectors.astype(np.float32) @ self.weight.T + self.bias

    def save(self, directory: Path) -> None:
        """Write ``tagger.json`` and ``head.safetensors``, both or neither."""
        description = {
            "schema_version": SCHEMA_VERSION,
            "recipe": self.recipe,
            "seed": self.seed,
            "encoder_id": self.encoder_id,
            "head": "linear",
            "names": list(self.vocabulary.names),
            "fingerprint": self.fingerprint,
        }
        with atomic_directory(directory) as temporary:
            tensors = {"weight": np.ascontiguousarray(self.weight), "bias": self.bias}
            save_file(tensors, temporary / "head.safetensors")
            write_json(temporary / "tagger.json", description)

    @classmethod
    def load(cls, directory: Path) -> "Tagger":
        """Read what :meth:`save` wrote.

        Raises:
            ArtefactError: If a part is missing, damaged or of another schema.
        """
        description = read_json(directory / "tagger.json")
        if description.get("schema_version") != SCHEMA_VERSION:
            raise ArtefactError(
                f"{directory} holds a tagger of schema {description.get('schema_version')}, "
                f"this program reads {SCHEMA_VERSION}; train it again."
            )
        try:
            tensors = load_file(directory / "head.safetensors")
        except (OSError, SafetensorError) as fault:
            raise ArtefactError(
                f"{directory / 'head.safetensors'} cannot be read: {fault}"
            ) from None
        return cls(
            recipe=description["recipe"],
            seed=description["seed"],
            encoder_id=description["encoder_id"],
            vocabulary=Vocabulary(tuple(description["names"])),
            weight=tensors["weight"],
            bias=tensors["bias"],
            fingerprint=description["fingerprint"],
        )
