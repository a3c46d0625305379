"""Stage embed: images become unit vectors, once for each encoder and view; label names too."""

import time
from collections.abc import Mapping, Sequence

from components.atomic import write_json
from components.data.examples import Example, Quarantined, read_examples, write_quarantine
from components.encoders.batches import Fault
from components.encoders.config_paths import anchored
from components.encoders.encoder import Encoder
from components.encoders.prompts import label_vectors
from components.errors import InputError
from components.features.label_vectors import LabelVectors
from components.labels.vocabulary import Vocabulary
from pipelines.embed.captions import captions_line, check_captions, keep_captions
from project.embedding.embed import Embedded, embed_images, embed_job
from project.embedding.shard_plan import distinct_images
from project.layout import Layout
from project.settings import Settings
from project.stage_command import Report


def run(settings: Settings, layout: Layout) -> Report:
    """Compute the vectors of images that have none yet, and those of the label names."""
    started_s = time.perf_counter()
    examples = read_examples(layout.examples)
    vocabulary = Vocabulary.load(layout.vocabulary)
    images = distinct_images(examples, layout.root)
    config = anchored(settings.encoder, layout.root)
    job, encoder = embed_job(settings.embed, config, layout.features)
    if with_captions := settings.train.reads_captions:
        check_captions(settings, examples, encoder)
    done = embed_images(settings.embed, job, encoder, images)
    faults = done.faults
    _refuse_nothing(done)
    _label_vectors(encoder, vocabulary, settings).save(layout.label_vectors)
    write_quarantine(layout.embed_quarantine, _quarantined(examples, faults))
    elapsed_s = time.perf_counter() - started_s
    num_reused = done.num_images - done.num_embedded - len(faults)
    report: Report = {
        "schema_version": 1,
        "encoder_id": job.encoder_id,
        "embedded": done.num_embedded,
        "reused": num_reused,
        "failed": len(faults),
        "views": list(job.views),
        "regions": job.regions,
        "seconds": round(elapsed_s, 3),
        "images_per_s": round(done.num_embedded / elapsed_s, 2),
        "runner": done.runner,
    }
    write_json(layout.embed_report, report)
    summary = _summary(num_reused, done.num_embedded, faults)
    if not with_captions:
        layout.captions.unlink(missing_ok=True)
        return report | {"summary": summary}
    captions = keep_captions(settings, layout, examples, vocabulary, encoder)
    return report | {"captions": captions, "summary": [summary, f"  {captions_line(captions)}"]}


def _label_vectors(encoder: Encoder, vocabulary: Vocabulary, settings: Settings) -> LabelVectors:
    return LabelVectors(
        encoder_id=encoder.id,
        vocabulary_hash=vocabulary.hash,
        temperature=encoder.temperature,
        vectors=label_vectors(encoder, vocabulary, settings.prompts.templates),
    )


def _refuse_nothing(done: Embedded) -> None:
    if done.num_images and len(done.faults) == done.num_images:
        fault = next(iter(done.faults.values()))
        raise InputError(
            f"None of the {done.num_images} images can be embedded; the first one: "
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
