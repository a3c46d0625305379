"""A tagger over image vectors: a head, its vocabulary and where it comes from."""

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from components.atomic import atomic_directory, read_json, write_json
from components.errors import ArtefactError, InputError
from components.labels.vocabulary import Vocabulary
from components.models.heads.catalog import head_class
from components.models.heads.head import Head
from components.models.images import Regions, images_of, rows_at_once

SCHEMA_VERSION = 2
IMAGE_TOWER = "image_tower.safetensors"
"""Beside a tagger: weights of the image tower that was trained with it."""


@dataclass(frozen=True, slots=True)
class TrainedEncoder:
    """The encoder whose image tower was trained with a head."""

    tuning: str
    """``lora`` or ``full``."""
    start_id: str
    """Of the encoder that it was before; texts are still that encoder's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tagger:
    """A head and what it may be used with.

    ``encoder_id`` names the encoder whose vectors it reads: vectors of another
    are meaningless to it. It is the project's, or that of ``trained_encoder``. Zero-shot is the linear head whose weights are the
    label names' text vectors divided by the encoder's temperature.
    """

    recipe: str
    seed: int
    encoder_id: str
    vocabulary: Vocabulary
    head: Head
    fingerprint: str = ""
    """Hash of everything the training read; empty where nothing was trained."""
    trained_encoder: TrainedEncoder | None = None
    """None where the encoder was frozen."""

    @property
    def mode(self) -> Literal["cached", "end-to-end"]:
        """How it was trained: on frozen vectors, or together with its encoder."""
        return "cached" if self.trained_encoder is None else "end-to-end"

    @property
    def project_encoder_id(self) -> str:
        """Of the encoder that texts and searches use."""
        return self.encoder_id if self.trained_encoder is None else self.trained_encoder.start_id

    @property
    def needs_regions(self) -> bool:
        """Whether logits can only be had with region vectors."""
        return self.head.needs_regions

    def logits(
        self,
        vectors: Float[np.ndarray, "examples embed"],
        regions: Regions | None = None,
    ) -> Float32[np.ndarray, "examples labels"]:
        """One logit per example and label; higher means more likely present.

        Args:
            vectors: Of whole images; unit length.
            regions: Of their regions, as an array or rows on disk; only read by heads that
                need them.

        Raises:
            InputError: If the head needs regions and there are none.
        """
        if not self.needs_regions:
            regions = None
        elif regions is None:
            raise InputError(
                f"The tagger of recipe {self.recipe} reads region vectors and the images have "
                "none; set embed.regions to true and run `efuda run embed`, or choose a recipe "
                "of whole images."
            )
        result = np.empty((len(vectors), len(self.vocabulary)), np.float32)
        step = rows_at_once(1 if regions is None else regions.shape[1], len(self.vocabulary))
        with torch.inference_mode():
            for start in range(0, len(vectors), step):
                rows = slice(start, start + step)
                places = np.arange(start, min(start + step, len(vectors)))
                part = images_of(vectors[rows], None if regions is None else regions[places])
                result[rows] = self.head(part).numpy()
        return result

    def region_scores(
        self, regions: Float[np.ndarray, "regions embed"], label: int
    ) -> Float32[np.ndarray, " regions"]:
        """How much each region of one image speaks for a label; only differences count."""
        with torch.inference_mode():
            found = self.head.region_scores(torch.from_numpy(regions).float(), label)
        return found.numpy()

    def save(self, directory: Path, image_tower: Path | None = None) -> None:
        """Write ``tagger.json``, ``head.safetensors`` and a copy of ``image_tower``: all or none."""
        description = {
            "schema_version": SCHEMA_VERSION,
            "recipe": self.recipe,
            "seed": self.seed,
            "encoder_id": self.encoder_id,
            "head": self.head.kind,
            "head_settings": self.head.settings(),
            "names": list(self.vocabulary.names),
            "fingerprint": self.fingerprint,
            "trained_encoder": self.trained_encoder and asdict(self.trained_encoder),
        }
        tensors = {
            name: value.detach().cpu().contiguous()
            for name, value in self.head.state_dict().items()
        }
        with atomic_directory(directory) as temporary:
            save_file(tensors, temporary / "head.safetensors")
            write_json(temporary / "tagger.json", description)
            if image_tower is not None:
                shutil.copyfile(image_tower, temporary / IMAGE_TOWER)

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
        trained = description.get("trained_encoder")
        head = head_class(description["head"]).empty(**description["head_settings"])
        try:
            head.load_state_dict(load_file(directory / "head.safetensors"))
        except (OSError, RuntimeError, SafetensorError) as fault:
            raise ArtefactError(
                f"{directory / 'head.safetensors'} cannot be read: {fault}"
            ) from None
        return cls(
            recipe=description["recipe"],
            seed=description["seed"],
            encoder_id=description["encoder_id"],
            vocabulary=Vocabulary(tuple(description["names"])),
            head=head.eval(),
            fingerprint=description["fingerprint"],
            trained_encoder=None if trained is None else TrainedEncoder(**trained),
        )
