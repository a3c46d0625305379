"""From images and an encoder to a feature store: here or on Ray, only what is missing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.encoders.batches import Fault
from components.encoders.catalog import build_encoder
from components.encoders.config import EncoderConfig
from components.encoders.encoder import Encoder
from components.features.store import FeatureStore
from project.embedding.shard_plan import (
    EmbedPlan,
    ImageWork,
    drop_shards_without_regions,
    forget_queue,
    make_plan,
)
from project.embedding.shards import EmbedJob, ShardEmbedder, ShardOutcome
from project.progress import shown
from project.ray_session import cluster_address
from project.settings import EmbedSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedded:
    """How many images got vectors, and why others did not, by content hash."""

    num_images: int
    num_embedded: int
    faults: dict[str, Fault]
    runner: str


def embed_job(
    settings: EmbedSettings, config: EncoderConfig, features: Path
) -> tuple[EmbedJob, Encoder]:
    """What to compute, and the encoder that does it; paths in ``config`` are absolute."""
    encoder = build_encoder(config, "cuda" if settings.use_gpu else "cpu")
    job = EmbedJob(
        encoder=config,
        encoder_id=encoder.id,
        features=features.absolute(),
        views=settings.views,
        regions=settings.regions and encoder.num_regions > 0,
        batch_size=settings.batch_size,
        num_threads=settings.num_threads,
        use_gpu=settings.use_gpu,
    )
    return job, encoder


def embed_images(
    settings: EmbedSettings, job: EmbedJob, encoder: Encoder, images: Sequence[ImageWork]
) -> Embedded:
    """Compute the vectors that the job's store lacks; a run that was killed goes on."""
    store = FeatureStore(job.features, job.encoder_id)
    if job.regions:
        drop_shards_without_regions(store, job.views)
    plan = make_plan(store, images, settings)
    runner = _runner(settings, plan)
    faults: dict[str, Fault] = {}
    num_embedded = 0
    with shown("embed", plan.num_missing, unit="images") as work:
        outcomes = _outcomes(settings, plan, job, encoder, runner, work.advance)
        num_done = 0
        for shard, outcome in zip(plan.shards, outcomes, strict=True):
            faults |= outcome.faults
            num_embedded += outcome.num_embedded
            num_done += len(shard)
            work.reach(num_done)
    forget_queue(store)
    return Embedded(
        num_images=plan.num_images, num_embedded=num_embedded, faults=faults, runner=runner
    )


def _runner(settings: EmbedSettings, plan: EmbedPlan) -> str:
    if not plan.shards or settings.runner == "local":
        return "local"
    worth_it = plan.num_missing > settings.ray_above or cluster_address() is not None
    return "ray" if settings.runner == "ray" or worth_it else "local"


def _outcomes(
    settings: EmbedSettings,
    plan: EmbedPlan,
    job: EmbedJob,
    encoder: Encoder,
    runner: str,
    on_images: Callable[[int], object],
) -> Iterator[ShardOutcome]:
    if runner == "ray":
        from project.embedding.ray_actors import embed_on_ray

        yield from embed_on_ray(job, plan.shards, settings.num_actors, on_images)
    elif plan.shards:
        embedder = ShardEmbedder(job, encoder, on_images)
        yield from (embedder.embed(shard) for shard in plan.shards)
