"""Tags some pictures of a folder and keeps the outcome: the same code here and in Ray's actors.

A part is named by the bundle's version and the content of its pictures. A run that was
killed finds the parts that it had finished; what was changed since has another name.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from blake3 import blake3
from jaxtyping import Float64

from components.atomic import atomic_path
from components.bundle import load_bundle
from components.data.images import OWN_FILES, ImageFault, read_image_bytes
from components.encoders.catalog import build_encoder
from components.encoders.encoder import Encoder
from components.encoders.parts import PartEncoder, part_encoder
from project.embedding.pixels import num_loaders
from serving.encoding import BatchEncoder, EncodedImage, ImageTask, PreparedImage
from serving.service import Service, check_encoder

PART_SIZE = 64
"""Pictures of a part: what a killed run loses at most."""
BATCH_SIZE = 16
PART_SCHEMA = pa.schema(
    [
        ("image", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("probabilities", pa.list_(pa.float64())),
    ]
)
"""One row a picture: probabilities in the order of the vocabulary, or why there are none."""

Outcome = Float64[np.ndarray, " labels"] | ImageFault


@dataclass(frozen=True, kw_only=True, slots=True)
class TagJob:
    """All that a process needs to know to tag parts; paths are absolute."""

    bundle: Path
    folder: Path
    parts: Path
    num_threads: int = 0
    """Of the encoder; 0 means one a core."""
    use_gpu: bool = False

    @property
    def device(self) -> str:
        """Where the encoder computes."""
        return "cuda" if self.use_gpu else "cpu"


class PartTagger:
    """Tags parts of one job with one encoder."""

    def __init__(self, job: TagJob, encoder: Encoder | None = None) -> None:
        """Take the encoder given, or build the bundle's.

        Raises:
            InputError: If the bundle or its encoder cannot be used.
        """
        bundle = load_bundle(job.bundle)
        encoder = encoder or build_encoder(bundle.tag_encoder_config, job.device)
        check_encoder(bundle, encoder.id, for_tags=True)
        self._job = job
        self._encoder = encoder
        self._service = Service(bundle)
        self._batches = BatchEncoder(encoder, OWN_FILES)

    def tag(self, images: Sequence[str]) -> str:
        """Tag a part, unless it is there already; returns the name of its file."""
        name = self._name(images)
        path = self._job.parts / name
        if path.exists():
            return name
        rows: list[dict[str, object]] = []
        threads = self._job.num_threads
        with part_encoder(self._encoder, self._job.device, threads) as encoder:
            for start in range(0, len(images), BATCH_SIZE):
                batch = images[start : start + BATCH_SIZE]
                for image, outcome in zip(batch, self._outcomes(encoder, batch), strict=True):
                    rows.append({"image": image, **_columns(outcome)})
        with atomic_path(path) as temporary:
            pq.write_table(pa.Table.from_pylist(rows, schema=PART_SCHEMA), temporary)
        return name

    def _name(self, images: Sequence[str]) -> str:
        key = blake3(self._service.bundle.version.encode())
        for image in images:
            key.update(f"\n{image}\0{_content_hash(self._job.folder / image)}".encode())
        return f"{key.hexdigest()[:24]}.parquet"

    def _outcomes(self, encoder: PartEncoder, images: Sequence[str]) -> list[Outcome]:
        # Decoding waits for processes apart, so threads keep all of them busy.
        with ThreadPoolExecutor(num_loaders(), thread_name_prefix="load") as pool:
            prepared = list(pool.map(self._prepared, images))
        usable = [each for each in prepared if isinstance(each, PreparedImage)]
        encoded = iter(self._encoded(encoder, usable) if usable else [])
        return [
            each
            if isinstance(each, ImageFault)
            else self._service.probabilities(next(encoded)).astype(np.float64)
            for each in prepared
        ]

    def _encoded(self, encoder: PartEncoder, images: Sequence[PreparedImage]) -> list[EncodedImage]:
        pixels = torch.stack([image.pixels for image in images])
        seen = encoder.encode_views(pixels, ("original",))["original"]
        whole = seen.global_vectors.float().cpu().numpy()
        regions = seen.region_vectors.float().cpu().numpy() if self._service.reads_regions else None
        return [
            EncodedImage(whole[row], None if regions is None else regions[row], self._encoder.grid)
            for row in range(len(images))
        ]

    def _prepared(self, image: str) -> PreparedImage | ImageFault:
        try:
            body = read_image_bytes(self._job.folder / image)
            return self._batches.prepare(ImageTask(body, self._service.reads_regions))
        except ImageFault as fault:
            return fault


def _columns(outcome: Outcome) -> dict[str, object]:
    if isinstance(outcome, ImageFault):
        return {"reason": str(outcome.reason), "detail": outcome.detail}
    return {"probabilities": outcome.tolist()}


def _content_hash(path: Path) -> str:
    """Of a file that cannot be read: what the system says of it."""
    hasher = blake3()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                hasher.update(block)
    except OSError as fault:
        return f"errno {fault.errno}"
    return hasher.hexdigest()
