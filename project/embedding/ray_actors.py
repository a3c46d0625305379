"""Ray Data under the stage embed: a pool of actors, each with its own encoder.

The rows of the data set are shards, not images: an actor runs the code of the
local runner on a whole shard and writes it, so vectors do not travel. Both
runners give the same bytes on machines of one kind, whatever their numbers of
threads: see components.encoders.parts. A shard that is computed twice, after an actor was
lost, overwrites itself.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from components.encoders.batches import Fault
from components.errors import InputError
from project.embedding.images_counted import ImagesCounted
from project.embedding.shard_plan import ImageWork
from project.embedding.shards import EmbedJob, ShardEmbedder, ShardOutcome
from project.ray_session import ray_session


def embed_on_ray(
    job: EmbedJob,
    shards: Sequence[Sequence[ImageWork]],
    num_actors: int,
    on_images: Callable[[int], object] = lambda _: None,
) -> Iterator[ShardOutcome]:
    """Embed shards on Ray and yield their outcomes in the order of the shards.

    Without `RAY_ADDRESS` a local cluster is started for the time of the call.
    With it, images and project must lie on storage that every node sees under
    the same path.

    Args:
        job: What to compute.
        shards: Of it, in order.
        num_actors: How many shards are computed side by side.
        on_images: Told how many more images are done, from a thread of its own.
    """
    cpus_per_actor = max(1, job.num_threads)
    # One core more than the actors take: a pool that takes all of them leaves
    # none for the tasks that feed it.
    with ray_session(num_actors * cpus_per_actor + 1):
        import ray.data
        from ray.exceptions import RayTaskError

        # The stage shows its own progress.
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        rows = [
            {"shard": json.dumps([[image.content_hash, image.paths] for image in shard])}
            for shard in shards
        ]
        counted = ImagesCounted()
        outcomes = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            _ShardActor,
            fn_constructor_kwargs={"job": job, "counter": counted.counter},
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=num_actors),
            num_cpus=cpus_per_actor,
            num_gpus=1 if job.use_gpu else 0,
        )
        try:
            with counted.told(on_images):
                for row in outcomes.iter_rows():
                    yield _outcome(row["outcome"])
        except RayTaskError as fault:
            if isinstance(fault.cause, InputError):
                raise fault.cause from None
            raise


class _ShardActor:
    def __init__(self, job: EmbedJob, counter: Any) -> None:
        # An actor takes the cores that Ray gave it, not one thread for each of the machine.
        own = replace(job, num_threads=max(1, job.num_threads))
        self._embedder = ShardEmbedder(own, on_images=counter.add.remote)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        outcomes = [self._embedder.embed(_images(text)) for text in batch["shard"]]
        return {"outcome": np.array([json.dumps(asdict(outcome)) for outcome in outcomes])}


def _images(text: str) -> list[ImageWork]:
    return [ImageWork(content_hash, tuple(paths)) for content_hash, paths in json.loads(text)]


def _outcome(text: str) -> ShardOutcome:
    values = json.loads(text)
    faults = {content_hash: Fault(**fault) for content_hash, fault in values["faults"].items()}
    return ShardOutcome(values["num_embedded"], faults)
