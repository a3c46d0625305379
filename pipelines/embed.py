"""Stage embed: images become unit vectors, once for each encoder and view; label names too."""

import time
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.progress import Progress

from components.atomic import write_json
from components.data.examples import Example, Quarantined, read_examples, write_quarantine
from components.encoders.batches import Fault
from components.encoders.catalog import anchored, build_encoder
from components.encoders.encoder import Encoder
from components.encoders.prompts import label_vectors
from components.errors import InputError
from components.features.label_vectors import LabelVectors
from components.features.store import FeatureStore
from components.labels.vocabulary import Vocabulary
from pipelines.caption_recipes import reads_captions
from pipelines.embed_captions import captions_line, check_captions, keep_captions
from pipelines.embed_plan import (
    EmbedPlan,
    distinct_images,
    drop_shards_without_regions,
    forget_queue,
    make_plan,
)
from pipelines.embed_shards import EmbedJob, ShardEmbedder, ShardOutcome
from pipelines.layout import Layout
from pipelines.ray_cluster import cluster_address
from pipelines.settings import Settings
from pipelines.stage import Report, stage_main


def run(settings: Settings, layout: Layout) -> Report:
    """Compute the vectors of images that have none yet, and those of the label names."""
    started_s = time.perf_counter()
    examples = read_examples(layout.examples)
    vocabulary = Vocabulary.load(layout.vocabulary)
    images = distinct_images(examples, layout.root)
    job, encoder = _job(settings, layout)
    if with_captions := reads_captions(settings):
        check_captions(settings, examples, encoder)
    store = FeatureStore(layout.features, job.encoder_id)
    if job.regions:
        drop_shards_without_regions(store, job.views)
    plan = make_plan(store, images, settings.embed)
    runner = _runner(settings, plan)
    faults, num_embedded = _embed(settings, plan, job, encoder, runner)
    _refuse_nothing(plan, faults)
    _label_vectors(encoder, vocabulary, settings).save(layout.label_vectors)
    forget_queue(store)
    write_quarantine(layout.embed_quarantine, _quarantined(examples, faults))
    elapsed_s = time.perf_counter() - started_s
    num_reused = plan.num_images - num_embedded - len(faults)
    report: Report = {
        "schema_version": 1,
        "encoder_id": job.encoder_id,
        "embedded": num_embedded,
        "reused": num_reused,
        "failed": len(faults),
        "views": list(job.views),
        "regions": job.regions,
        "seconds": round(elapsed_s, 3),
        "images_per_s": round(num_embedded / elapsed_s, 2),
        "runner": runner,
    }
    write_json(layout.embed_report, report)
    summary = _summary(num_reused, num_embedded, faults)
    if not with_captions:
        layout.captions.unlink(missing_ok=True)
        return report | {"summary": summary}
    captions = keep_captions(settings, layout, examples, vocabulary, encoder)
    return report | {"captions": captions, "summary": [summary, f"  {captions_line(captions)}"]}


def _job(settings: Settings, layout: Layout) -> tuple[EmbedJob, Encoder]:
    config = anchored(settings.encoder, layout.root)
    embed = settings.embed
    encoder = build_encoder(config, "cuda" if embed.use_gpu else "cpu")
    job = EmbedJob(
        encoder=config,
        encoder_id=encoder.id,
        features=layout.features.absolute(),
        views=embed.views,
        regions=embed.regions and encoder.num_regions > 0,
        batch_size=embed.batch_size,
        num_threads=embed.num_threads,
        use_gpu=embed.use_gpu,
    )
    return job, encoder


def _runner(settings: Settings, plan: EmbedPlan) -> str:
    chosen = settings.embed.runner
    if not plan.shards or chosen == "local":
        return "local"
    worth_it = plan.num_missing > settings.embed.ray_above or cluster_address() is not None
    return "ray" if chosen == "ray" or worth_it else "local"


def _embed(
    settings: Settings, plan: EmbedPlan, job: EmbedJob, encoder: Encoder, runner: str
) -> tuple[dict[str, Fault], int]:
    faults: dict[str, Fault] = {}
    num_embedded = 0
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("embed", total=plan.num_missing)
        outcomes = _outcomes(settings, plan, job, encoder, runner)
        for shard, outcome in zip(plan.shards, outcomes, strict=True):
            faults |= outcome.faults
            num_embedded += outcome.num_embedded
            progress.advance(bar, len(shard))
    return faults, num_embedded


def _outcomes(
    settings: Settings, plan: EmbedPlan, job: EmbedJob, encoder: Encoder, runner: str
) -> Iterator[ShardOutcome]:
    if runner == "ray":
        from pipelines.ray_embed import embed_on_ray

        yield from embed_on_ray(job, plan.shards, settings.embed.num_actors)
    elif plan.shards:
        embedder = ShardEmbedder(job, encoder)
        yield from (embedder.embed(shard) for shard in plan.shards)


def _label_vectors(encoder: Encoder, vocabulary: Vocabulary, settings: Settings) -> LabelVectors:
    return LabelVectors(
        encoder_id=encoder.id,
        vocabulary_hash=vocabulary.hash,
        temperature=encoder.temperature,
        vectors=label_vectors(encoder, vocabulary, settings.prompts.templates),
    )


def _refuse_nothing(plan: EmbedPlan, faults: Mapping[str, Fault]) -> None:
    if plan.num_images and len(faults) == plan.num_images:
        fault = next(iter(faults.values()))
        raise InputError(
            f"None of the {plan.num_images} images can be embedded; the first one: "
            f"{fault.reason}, {fault.detail}. Look at the images' folder, then run "
            "`efuda run prepare`."
        )


def _quarantined(examples: Sequence[Example], faults: Mapping[str, Fault]) -> list[Quarantined]:
    return [
        Quarantined(
            path=example.path,
            example_id=example.id,
            reason=faults[example.content_hash].reason,
            detail=faults[example.content_hash].detail,
        )
        for example in examples
        if example.content_hash in faults
    ]


def _summary(num_reused: int, num_embedded: int, faults: Mapping[str, Fault]) -> str:
    failed = f" / failed {len(faults):,} (see data/features/quarantine.parquet)" if faults else ""
    return f"reused {num_reused:,} / embedded {num_embedded:,}{failed}"


if __name__ == "__main__":
    stage_main("embed", run)
