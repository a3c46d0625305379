"""Ray Data under `efuda tag`: a pool of actors, each with its own encoder.

The rows of the data set are parts, as they are shards in the stage embed: an actor runs the
code of the local runner on a whole part and writes it.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from components.errors import InputError
from efuda.tagging.parts import PartTagger, TagJob
from project.ray_session import ray_session


def tag_on_ray(job: TagJob, parts: Sequence[Sequence[str]], num_actors: int) -> Iterator[str]:
    """Tag parts on Ray and yield the names of their files in order.

    With `RAY_ADDRESS`, pictures, bundle and output must lie on storage that every node
    sees under the same path.
    """
    cpus_per_actor = max(1, job.num_threads)
    with ray_session(num_actors * cpus_per_actor + 1):
        import ray.data
        from ray.exceptions import RayTaskError

        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        rows = [{"part": json.dumps(list(part))} for part in parts]
        names = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            _PartActor,
            fn_constructor_kwargs={"job": job},
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=num_actors),
            num_cpus=cpus_per_actor,
            num_gpus=1 if job.use_gpu else 0,
        )
        try:
            for row in names.iter_rows():
                yield str(row["name"])
        except RayTaskError as fault:
            if isinstance(fault.cause, InputError):
                raise fault.cause from None
            raise


class _PartActor:
    def __init__(self, job: TagJob) -> None:
        # An actor takes the cores that Ray gave it, not one thread for each of the machine.
        self._tagger = PartTagger(replace(job, num_threads=max(1, job.num_threads)))

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"name": np.array([self._tagger.tag(json.loads(part)) for part in batch["part"]])}
