"""Ray Train: the same fit on one to many workers, CPU or GPU.

The only module that knows Ray Train. Every worker runs the same loop on its
part of each batch; gradients are averaged by torch's data parallelism.
"""

import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from components.training.checkpoint import FitState
from components.training.loop import FitResult, fit
from components.training.recipe import Recipe
from components.training.settings import Schedule
from components.training.steps import Workers
from components.training.task import Task
from project.progress import shown
from project.ray_session import ray_session

MAX_FAILURES = 2
"""How often a lost worker is replaced before the run gives up."""


def fit_on_ray(
    recipe: Recipe,
    task: Task,
    shared: Schedule,
    *,
    seed: int,
    fingerprint: str,
    storage: Path,
    num_workers: int,
    use_gpu: bool,
) -> FitResult:
    """Train on ``num_workers`` Ray workers.

    A run is named by the fingerprint of its inputs: the same fit goes on from
    the last checkpoint that Ray Train kept below ``storage``, another never
    does.
    """
    import ray
    from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    with ray_session():
        trainer = TorchTrainer(
            _worker,
            train_loop_config={
                "given": ray.put((recipe, task, shared)),
                "seed": seed,
                "fingerprint": fingerprint,
            },
            scaling_config=ScalingConfig(num_workers=num_workers, use_gpu=use_gpu),
            run_config=RunConfig(
                name=f"fit-{fingerprint}",
                storage_path=str(storage.resolve()),
                failure_config=FailureConfig(max_failures=MAX_FAILURES),
                checkpoint_config=CheckpointConfig(num_to_keep=1),
            ),
        )
        name = f"train {recipe.name}, seed {seed}, on {num_workers} workers"
        with shown(name, total=1, unit="fits"):
            result = trainer.fit()
        if result.checkpoint is None:
            raise RuntimeError(f"Ray Train kept no checkpoint of fit-{fingerprint}")
        with result.checkpoint.as_directory() as directory:
            state = FitState.load(Path(directory), fingerprint)
    # Nothing is left to train: this only folds the finished state into a head.
    return fit(recipe, task, replace(shared, device="cpu"), seed=seed, state=state)


def _worker(config: dict[str, Any]) -> None:
    import ray
    from ray import train
    from ray.train.torch import get_device, prepare_model

    recipe, task, shared = ray.get(config["given"])
    context = train.get_context()
    workers = Workers(context.get_world_rank(), context.get_world_size())

    def report(state: FitState) -> None:
        figures = state.history[-1]
        if workers.rank:
            train.report(figures)
            return
        with tempfile.TemporaryDirectory() as directory:
            state.save(Path(directory) / "state", config["fingerprint"])
            train.report(figures, checkpoint=train.Checkpoint.from_directory(f"{directory}/state"))

    fit(
        recipe,
        task,
        replace(shared, device=str(get_device())),
        seed=config["seed"],
        state=_kept_state(config["fingerprint"]),
        on_checkpoint=report,
        wrap=partial(prepare_model, move_to_device=False),
        workers=workers,
    )


def _kept_state(fingerprint: str) -> FitState | None:
    from ray import train

    checkpoint = train.get_checkpoint()
    if checkpoint is None:
        return None
    with checkpoint.as_directory() as directory:
        return FitState.load(Path(directory), fingerprint)
