"""Stage train: fit every recipe with every seed, and save the taggers.

A tagger whose inputs have not changed is kept. A fit that was cut off goes on
from its last checkpoint and ends with the same head.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from blake3 import blake3

from components.atomic import read_json
from components.models.heads.end_to_end import EndToEndHead
from components.models.heads.linear import LinearHead
from components.models.tagger import Tagger
from components.training.data import TrainingSet
from components.training.loop import FitResult
from pipelines.train.fit import Fit, fit_in_process
from project.encoder_training import EncoderTraining, remove_other_vectors
from project.layout import Layout
from project.learning_task import LearningData, load_learning_data
from project.method import Wanted, wanted
from project.plan import Plan, plan_of
from project.settings import Settings
from project.settings.train import TrainSettings
from project.stage import Report

ZERO_SHOT = "zero_shot"


def run(settings: Settings, layout: Layout) -> Report:
    """Train a tagger for each recipe and seed."""
    data = load_learning_data(settings, layout)
    recipes = wanted(settings, data)
    names = [name for name in recipes.recipes if name != ZERO_SHOT]
    encoder = None
    if names and settings.train.encoder != "frozen":
        encoder = EncoderTraining.of(settings, layout, data.label_vectors.encoder_id)
    _remove_others(
        layout, {layout.tagger(name, seed) for name, seed in _taggers(recipes, settings)}
    )
    outcomes: list[dict[str, object]] = []
    if ZERO_SHOT in recipes.recipes:
        outcomes.append(_zero_shot(data, layout))
    fits = _fits(names, settings, layout, data, encoder)
    for number, each in enumerate(fits, start=1):
        _say(number, len(fits), each)
        outcomes.append(_train(each, data, settings.train, layout, encoder))
    remove_other_vectors(layout)
    shutil.rmtree(_checkpoints(layout), ignore_errors=True)
    trained = sum(outcome["status"] == "trained" for outcome in outcomes)
    return {
        "taggers": outcomes,
        "rule": data.rule,
        "mode": "end-to-end" if encoder else "cached",
        "why": recipes.reason,
        "summary": [
            *([f"method auto: {recipes.reason}"] if recipes.reason else []),
            f"{trained} taggers trained, {len(outcomes) - trained} unchanged and kept",
            *(
                f"  {outcome['recipe']} seed {outcome['seed']}: hold-out mAP "
                f"{outcome['holdout_mAP']:.3f} at epoch {outcome['best_epoch']}"
                for outcome in outcomes
                if outcome["status"] == "trained" and "holdout_mAP" in outcome
            ),
        ],
    }


def _say(number: int, total: int, each: Fit) -> None:
    """One line a fit on standard error, so that a log shows where a run is."""
    from rich.console import Console

    console = Console(stderr=True)
    console.print(f"[dim]train {number}/{total}: {each.recipe.name}, seed {each.seed}[/dim]")


def _taggers(recipes: Wanted, settings: Settings) -> list[tuple[str, int]]:
    """Zero-shot knows no seed; it is kept once, as seed 0."""
    return [
        (name, seed)
        for name in recipes.recipes
        for seed in ((0,) if name == ZERO_SHOT else settings.train.seeds)
    ]


def _remove_others(layout: Layout, wanted: set[Path]) -> None:
    """Taggers of recipes and seeds that the settings no longer name."""
    for directory in layout.taggers.glob("*/seed-*"):
        if directory not in wanted:
            shutil.rmtree(directory)


def _zero_shot(data: LearningData, layout: Layout) -> dict[str, object]:
    labels = data.label_vectors
    tagger = Tagger(
        recipe=ZERO_SHOT,
        seed=0,
        encoder_id=labels.encoder_id,
        vocabulary=data.vocabulary,
        head=LinearHead.of((labels.vectors / labels.temperature).astype(np.float32)),
    )
    tagger.save(layout.tagger(ZERO_SHOT, 0))
    return {"recipe": ZERO_SHOT, "seed": 0, "status": "made"}


def _checkpoints(layout: Layout) -> Path:
    return layout.scratch / "checkpoints"


def _fits(
    names: list[str],
    settings: Settings,
    layout: Layout,
    data: LearningData,
    encoder: EncoderTraining | None,
) -> list[Fit]:
    holdout = data.holdout
    if encoder is not None:
        holdout = replace(holdout, pictures=encoder.pictures(data.val))
    fits: list[Fit] = []
    for name in names:
        plan = plan_of(name, settings, layout, data)
        training = TrainingSet(
            views=data.train.views,
            states=data.train.labels.states,
            proposals=plan.proposals,
            regions=data.train.regions,
            pictures=encoder and encoder.pictures(data.train),
        )
        recipe = plan.recipe
        if encoder is not None:
            recipe = encoder.recipe(recipe, plan.schedule.learning_rate)
        for seed in settings.train.seeds:
            each = Fit(
                recipe=recipe,
                seed=seed,
                data=training,
                holdout=holdout,
                names=data.names,
                # An epoch end to end takes as long as many on cached vectors.
                schedule=replace(plan.schedule, checkpoint_every=1) if encoder else plan.schedule,
                fingerprint=_fingerprint(data, plan, seed, settings),
            )
            fits.append(each)
    return fits


def _fingerprint(data: LearningData, plan: Plan, seed: int, settings: Settings) -> str:
    digest = blake3(data.fingerprint.encode())
    digest.update(plan.proposals.tobytes())
    digest.update(plan.reads.encode())
    digest.update(f"{plan.recipe!r} {plan.schedule.epochs} {plan.schedule.weight_decay}".encode())
    digest.update(str(seed).encode())
    unread = {"seeds", "recipes", "method", "checkpoint_every"}
    digest.update(settings.train.model_dump_json(exclude=unread).encode())
    if settings.train.prompts == "tokens":
        digest.update(settings.prompts.templates[0].encode())
    return digest.hexdigest()[:16]


def _train(
    each: Fit,
    data: LearningData,
    settings: TrainSettings,
    layout: Layout,
    encoder: EncoderTraining | None,
) -> dict[str, object]:
    directory = layout.tagger(each.recipe.name, each.seed)
    named: dict[str, object] = {"recipe": each.recipe.name, "seed": each.seed}
    if _is_current(directory, each.fingerprint):
        if encoder is not None:
            encoder.complete(directory)
        return {**named, "status": "kept"}
    result = _fit(each, settings, layout)
    tagger = Tagger(
        recipe=each.recipe.name,
        seed=each.seed,
        encoder_id=data.label_vectors.encoder_id,
        vocabulary=data.vocabulary,
        head=result.head,
        fingerprint=each.fingerprint,
    )
    if encoder is not None:
        _save_with_encoder(tagger, encoder, directory)
    else:
        tagger.save(directory)
    return {
        **named,
        "status": "trained",
        "holdout_mAP": result.best_score,
        "best_epoch": result.best_epoch,
    }


def _save_with_encoder(tagger: Tagger, encoder: EncoderTraining, directory: Path) -> None:
    """The head as it reads the vectors of its own encoder, and that encoder's weights."""
    trained = cast(EndToEndHead, tagger.head)
    kept = encoder.keep(trained)
    own = replace(tagger, head=trained.head, encoder_id=kept.id, trained_encoder=kept.origin)
    own.save(directory, kept.weights)
    kept.weights.unlink()


def _is_current(directory: Path, fingerprint: str) -> bool:
    described = directory / "tagger.json"
    return described.exists() and read_json(described)["fingerprint"] == fingerprint


def _fit(each: Fit, settings: TrainSettings, layout: Layout) -> FitResult:
    directory = _checkpoints(layout)
    if settings.num_workers:
        from pipelines.train.ray_workers import fit_on_ray

        return fit_on_ray(
            each,
            directory / "ray",
            num_workers=settings.num_workers,
            use_gpu=settings.use_gpu,
        )
    return fit_in_process(each, directory / each.recipe.name / f"seed-{each.seed}")
