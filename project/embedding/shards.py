"""Embeds one shard and writes it: the same code in this process and in Ray's actors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.encoders.batches import Fault, View, loaded_batches
from components.encoders.catalog import build_encoder
from components.encoders.config import EncoderConfig
from components.encoders.encoder import Encoder
from components.encoders.parts import PartEncoder, part_encoder
from components.errors import InputError
from components.features.store import FeatureStore
from project.embedding.pixels import load_pixels, num_loaders
from project.embedding.shard_plan import ImageWork, missing_by_view


@dataclass(frozen=True, kw_only=True, slots=True)
class EmbedJob:
    """All that a process needs to know to embed shards; paths are absolute."""

    encoder: EncoderConfig
    encoder_id: str
    features: Path
    views: tuple[View, ...]
    regions: bool
    batch_size: int
    num_threads: int
    """Images are computed on so many threads; 0 means one a core. Vectors do not depend on it."""
    use_gpu: bool

    @property
    def device(self) -> str:
        return "cuda" if self.use_gpu else "cpu"


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """How many images a shard got, and why others did not make it, by content hash."""

    num_embedded: int
    faults: dict[str, Fault]


class ShardEmbedder:
    """Computes shards of one job with one encoder."""

    def __init__(
        self,
        job: EmbedJob,
        encoder: Encoder | None = None,
        on_images: Callable[[int], object] = lambda _: None,
    ) -> None:
        """Take the encoder given, or load the job's.

        Args:
            job: What to compute.
            encoder: None loads the job's.
            on_images: Told how many more images are done, batch by batch.

        Raises:
            InputError: If this machine's weights are not the job's.
        """
        self._job = job
        self._on_images = on_images
        self._encoder = encoder or build_encoder(job.encoder, job.device)
        if self._encoder.id != job.encoder_id:
            raise InputError(
                f"This worker loaded encoder {self._encoder.id}, but the run is for "
                f"{job.encoder_id}; give every machine the same checkpoint."
            )
        self._store = FeatureStore(job.features, job.encoder_id)

    def embed(self, shard: Sequence[ImageWork]) -> ShardOutcome:
        """Compute what the store lacks of a shard and write it.

        Views are computed together where they lack the same images.
        """
        embedded: set[str] = set()
        faults: dict[str, Fault] = {}
        job = self._job
        with part_encoder(self._encoder, job.device, job.num_threads) as parts:
            for images, views in missing_by_view(self._store, shard, job.views).items():
                embedded |= self._embed_views(parts, images, views, faults)
        return ShardOutcome(len(embedded), faults)

    def _embed_views(
        self,
        parts: PartEncoder,
        images: Sequence[ImageWork],
        views: Sequence[View],
        faults: dict[str, Fault],
    ) -> set[str]:
        hashes: list[str] = []
        vectors: dict[View, list[np.ndarray]] = {view: [] for view in views}
        regions: dict[View, list[np.ndarray]] = {view: [] for view in views}
        for batch in loaded_batches(
            images,
            lambda image: load_pixels(image, self._encoder.preprocess),
            batch_size=self._job.batch_size,
            num_threads=num_loaders(),
        ):
            faults.update({image.content_hash: fault for image, fault in batch.faults})
            self._on_images(len(batch.faults))
            if batch.pixels is None:
                continue
            hashes.extend(image.content_hash for image in batch.items)
            for view, encoded in parts.encode_views(batch.pixels, views).items():
                # Half precision at once: a shard of region vectors is large.
                vectors[view].append(encoded.global_vectors.numpy().astype(np.float16))
                if self._job.regions:
                    regions[view].append(encoded.region_vectors.numpy().astype(np.float16))
            self._on_images(len(batch.items))
        for view in views:
            if hashes:
                self._store.append(
                    view,
                    hashes,
                    np.concatenate(vectors[view]),
                    np.concatenate(regions[view]) if self._job.regions else None,
                )
        return set(hashes)
