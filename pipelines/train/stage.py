"""Stage train: fit every recipe with every seed, and save the taggers.

A tagger whose inputs have not changed is kept. A fit that was cut off goes on
from its last checkpoint and ends with the same head.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from blake3 import blake3
from rich.console import Console

from components.atomic import read_json
from components.methods.catalog import METHODS
from components.models.heads.end_to_end import EndToEndHead
from components.models.tagger import Tagger
from components.training.loop import FitResult
from components.training.recipe import Recipe
from components.training.settings import MethodSettings, Schedule
from components.training.task import Task
from pipelines.train.cross_fitting import cross_fitted_scores, is_worth_it
from pipelines.train.in_process import fit_in_process
from project.cross_fitted import FILE_NAME, CrossFittedScores
from project.encoder_training import EncoderTraining, remove_other_vectors
from project.layout import Layout
from project.learning_task import NO_LABEL_KNOWN, ProjectTask, load_task
from project.settings import Settings
from project.stage_command import Report
from project.tuned import read_tuned, tuned_settings
from tuning.method_choice import best_untrained

_SHAPING = (
    "epochs",
    "batch_size",
    "learning_rate",
    "precision",
    "num_workers",
    "encoder",
    "encoder_learning_rate",
    "lora_rank",
)
"""Settings of train that what is learned depends on."""


def run(settings: Settings, layout: Layout) -> Report:
    """Train a tagger for each recipe and seed."""
    project = load_task(settings, layout)
    tuned = read_tuned(layout.tuned, project)
    recipes = [
        METHODS[name].recipe(tuned_settings(tuned, name, settings.train.given(name), layout.tuned))
        for name in project.trained
    ]
    encoder = None
    if recipes and settings.train.encoder != "frozen":
        encoder = EncoderTraining.of(settings, layout, project.encoder_id)
    untrained = [name for name in project.untrained if name in settings.train.recipes]
    if not recipes and not untrained:
        # Where nothing can be trained there is the best without training, asked for or not.
        figures = {name: tuned[name].holdout_map for name in project.untrained if name in tuned}
        best = best_untrained(figures, project.task.holdout.num_labelled)
        untrained = [best] if best else []
    _remove_others(
        layout,
        {layout.tagger(name, 0) for name in untrained}
        | {layout.tagger(each.name, seed) for each in recipes for seed in settings.train.seeds},
    )
    outcomes = [
        _make(
            name,
            tuned_settings(tuned, name, settings.train.given(name), layout.tuned),
            project,
            layout,
        )
        for name in untrained
    ]
    fits = [(recipe, seed) for recipe in recipes for seed in settings.train.seeds]
    outcomes += [_train(*each, project, settings, layout, encoder) for each in fits]
    scored = [_cross_fit(each, project, settings, layout, encoder) for each in recipes]
    remove_other_vectors(layout)
    shutil.rmtree(_checkpoints(layout), ignore_errors=True)
    return {
        "taggers": outcomes,
        "rule": project.task.holdout.rule,
        "mode": "end-to-end" if encoder else "cached",
        "cross_fitted": sum(scored),
        "summary": [*_summary(project, outcomes), *_left_out(project, settings)],
    }


def _summary(project: ProjectTask, outcomes: list[dict[str, Any]]) -> list[str]:
    if not project.trained:
        return [NO_LABEL_KNOWN]
    trained = [outcome for outcome in outcomes if outcome["status"] == "trained"]
    return [
        f"{len(trained)} taggers trained, {len(outcomes) - len(trained)} unchanged and kept",
        *(
            f"  {outcome['recipe']} seed {outcome['seed']}: {_figure(outcome)}"
            for outcome in trained
        ),
    ]


def _left_out(project: ProjectTask, settings: Settings) -> list[str]:
    """Methods without training that were asked for, and have no regions to read."""
    titles = [
        METHODS[name].title
        for name in settings.train.recipes
        if not METHODS[name].is_trained and name not in project.untrained
    ]
    if not titles:
        return []
    words = " and ".join([", ".join(titles[:-1]), titles[-1]]) if titles[1:] else titles[0]
    return [
        f"  {words} {'are' if titles[1:] else 'is'} left out: the images have no region vectors "
        "(embed.regions)"
    ]


def _figure(outcome: dict[str, Any]) -> str:
    if outcome["holdout_mAP"] is None:
        return "hold-out mAP not measured, no label is known to be present there"
    return f"hold-out mAP {outcome['holdout_mAP']:.3f} at epoch {outcome['best_epoch']}"


def _say(text: str) -> None:
    """One line a fit on standard error, so that a log shows where a run is."""
    Console(stderr=True).print(f"[dim]{text}[/dim]")


def _remove_others(layout: Layout, wanted: set[Path]) -> None:
    """Taggers of recipes and seeds that are not asked for any more."""
    for directory in layout.taggers.glob("*/seed-*"):
        if directory not in wanted:
            shutil.rmtree(directory)
    recipes = {directory.parent for directory in wanted}
    for scores in layout.taggers.glob(f"*/{FILE_NAME}"):
        if scores.parent not in recipes:
            scores.unlink()


def _make(
    name: str, chosen: MethodSettings, project: ProjectTask, layout: Layout
) -> dict[str, Any]:
    """A tagger that is not trained; it knows no seed, and is kept once, as seed 0."""
    directory = layout.tagger(name, 0)
    named: dict[str, Any] = {"recipe": name, "seed": 0}
    fingerprint = _hash(project.fingerprint(name), name, repr(chosen))
    if _is_current(directory, fingerprint):
        return {**named, "status": "kept"}
    tagger = Tagger(
        recipe=name,
        seed=0,
        encoder_id=project.encoder_id,
        vocabulary=project.vocabulary,
        head=METHODS[name].untrained_head(chosen, project.task),
        fingerprint=fingerprint,
    )
    tagger.save(directory)
    return {**named, "status": "made"}


def _train(
    recipe: Recipe,
    seed: int,
    project: ProjectTask,
    settings: Settings,
    layout: Layout,
    encoder: EncoderTraining | None,
) -> dict[str, Any]:
    directory = layout.tagger(recipe.name, seed)
    named: dict[str, Any] = {"recipe": recipe.name, "seed": seed}
    fingerprint = _fingerprint(recipe, seed, project, settings)
    if _is_current(directory, fingerprint):
        if encoder is not None:
            encoder.complete(directory)
        return {**named, "status": "kept"}
    _say(f"train {recipe.name}, seed {seed}")
    task, shared = project.task, settings.train.schedule()
    if encoder is not None:
        recipe = encoder.recipe(recipe, recipe.schedule(shared).learning_rate)
        task = _with_pictures(project, encoder)
        # An epoch end to end takes as long as many on cached vectors.
        shared = replace(shared, checkpoint_every=1)
    result = _fit(recipe, task, shared, seed, fingerprint, settings, layout)
    tagger = Tagger(
        recipe=recipe.name,
        seed=seed,
        encoder_id=project.encoder_id,
        vocabulary=project.vocabulary,
        head=result.head,
        fingerprint=fingerprint,
    )
    if encoder is not None:
        _save_with_encoder(tagger, encoder, directory)
    else:
        tagger.save(directory)
    return {
        **named,
        "status": "trained",
        "holdout_mAP": result.best_score if project.task.holdout.can_measure else None,
        "best_epoch": result.best_epoch,
    }


def _cross_fit(
    recipe: Recipe,
    project: ProjectTask,
    settings: Settings,
    layout: Layout,
    encoder: EncoderTraining | None,
) -> bool:
    """Leave scores for calibrate where the hold-out is thin; whether there are any.

    Models with an encoder of their own give no scores that those of parts could stand for.
    """
    directory = layout.tagger(recipe.name, 0).parent
    if encoder is not None or not is_worth_it(project):
        (directory / FILE_NAME).unlink(missing_ok=True)
        return False
    fingerprint = _fingerprint(recipe, settings.train.seeds[0], project, settings)
    kept = CrossFittedScores.load(directory)
    if kept is not None and kept.fingerprint == fingerprint:
        return True
    _say(f"cross-fit {recipe.name}, for calibrate")

    def train(part: int, task: Task) -> FitResult:
        named = f"{fingerprint}-{part}"
        seed = settings.train.seeds[0]
        return _fit(recipe, task, settings.train.schedule(), seed, named, settings, layout)

    cross_fitted_scores(project, train, fingerprint).save(directory)
    return True


def _fingerprint(recipe: Recipe, seed: int, project: ProjectTask, settings: Settings) -> str:
    return _hash(
        project.fingerprint(recipe.name),
        recipe.name,
        repr(recipe.settings),
        str(seed),
        settings.train.model_dump_json(include=set(_SHAPING)),
        settings.prompts.templates[0] if project.task.names.prompter else "",
    )


def _hash(*read: str) -> str:
    return blake3("|".join(read).encode()).hexdigest()[:16]


def _is_current(directory: Path, fingerprint: str) -> bool:
    described = directory / "tagger.json"
    return described.exists() and read_json(described)["fingerprint"] == fingerprint


def _with_pictures(project: ProjectTask, encoder: EncoderTraining) -> Task:
    holdout = replace(project.task.holdout, pictures=encoder.pictures(project.holdout_hashes))
    pictures = encoder.pictures(project.content_hashes)
    return replace(project.task, pictures=pictures, holdout=holdout)


def _checkpoints(layout: Layout) -> Path:
    return layout.scratch / "checkpoints"


def _fit(
    recipe: Recipe,
    task: Task,
    shared: Schedule,
    seed: int,
    fingerprint: str,
    settings: Settings,
    layout: Layout,
) -> FitResult:
    directory, train = _checkpoints(layout), settings.train
    if not train.num_workers:
        checkpoint = directory / recipe.name / f"seed-{seed}"
        return fit_in_process(
            recipe, task, shared, seed=seed, fingerprint=fingerprint, checkpoint=checkpoint
        )
    from pipelines.train.ray_workers import fit_on_ray

    return fit_on_ray(
        recipe,
        task,
        shared,
        seed=seed,
        fingerprint=fingerprint,
        storage=directory / "ray",
        num_workers=train.num_workers,
        use_gpu=train.use_gpu,
    )


def _save_with_encoder(tagger: Tagger, encoder: EncoderTraining, directory: Path) -> None:
    """The head as it reads the vectors of its own encoder, and that encoder's weights."""
    trained = cast(EndToEndHead, tagger.head)
    kept = encoder.keep(trained)
    own = replace(tagger, head=trained.head, encoder_id=kept.id, trained_encoder=kept.origin)
    own.save(directory, kept.weights)
    kept.weights.unlink()
