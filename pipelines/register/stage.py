"""Stage register: the serving bundle of the chosen tagger becomes a model version."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from components.atomic import read_json, write_json, write_text
from components.bundle import write_bundle
from components.calibration.calibration import Calibration
from components.data.examples import Example, read_examples
from components.data.splits import split_hash
from components.encoders.config_paths import anchored
from components.errors import InputError
from components.labels.vocabulary import Vocabulary
from components.models.tagger import Tagger
from pipelines.register.model_card import CardFacts, model_card
from project.addresses import without_password
from project.bundles import registered_files
from project.layout import Layout
from project.registry import (
    CHALLENGER,
    MEASURED_TAG,
    Registration,
    Registry,
    Version,
    open_registry,
)
from project.settings import Settings
from project.stage_command import Report
from project.test_split_uses import times_decided

SECRET = frozenset({"registry.tracking_uri"})
"""Settings that are not logged, since they may hold a password."""


def run(settings: Settings, layout: Layout) -> Report:
    """Assemble the bundle, log it with its figures, and call it the challenger."""
    examples = read_examples(layout.examples)
    selection = read_json(layout.selection)
    metrics = read_json(layout.metrics)
    recipe, seed = str(selection["recipe"]), int(selection["seed"])
    tags = {
        MEASURED_TAG: "yes" if metrics["test"].get(recipe) else "no",
        "efuda.recipe": recipe,
        "efuda.seed": str(seed),
        "efuda.split_hash": split_hash(examples),
        "efuda.mask_hash": str(_mask_hash(layout) or "none"),
    }
    bundle_version = _assemble(settings, layout, recipe, seed, metrics, tags)
    facts = _facts(layout, examples, metrics, bundle_version, selection)
    card = model_card(settings, facts)
    write_text(layout.bundle / "README.md", card)

    registry = open_registry(settings, layout)
    registry.remove_unfinished()
    version, lost = _whole_version(registry, bundle_version)
    is_new = version is None
    if version is None:
        version = registry.register(_registration(settings, layout, facts, tags))
    registry.describe(version, card)
    registry.point(CHALLENGER, version)
    report = {
        "model": registry.model,
        "version": version.number,
        "bundle": bundle_version,
        "recipe": recipe,
        "seed": seed,
        "split_hash": tags["efuda.split_hash"],
    }
    write_json(layout.registered, report)
    what = "registered" if is_new else "already registered"
    summary = (
        f"{what}: {registry.model} version {version.number} (bundle {bundle_version}, "
        f"{recipe}, seed {seed}, {_why(selection)}), alias {CHALLENGER}"
    )
    return {**report, "is_new": is_new, "summary": [summary, *lost]}


def _whole_version(registry: Registry, bundle_version: str) -> tuple[Version | None, list[str]]:
    """The version that holds this bundle already, or why the one that did cannot serve."""
    version = registry.find(bundle_version)
    if version is None:
        return None, []
    try:
        registered_files(registry, version, "earlier version")
    except InputError as fault:
        return None, [f"  Registered anew: {fault}"]
    return version, []


def _why(selection: Mapping[str, Any]) -> str:
    """How the tagger came to be chosen; calibrations of before do not say."""
    return str(selection.get("why", "chosen on the hold-out"))


def _assemble(
    settings: Settings,
    layout: Layout,
    recipe: str,
    seed: int,
    metrics: Mapping[str, Any],
    tags: Mapping[str, str],
) -> str:
    return write_bundle(
        layout.bundle,
        encoder_config=anchored(settings.encoder, layout.root),
        tagger_dir=layout.tagger(recipe, seed),
        calibration_path=layout.calibration(recipe, seed),
        index_dir=layout.index,
        vocabulary_path=layout.vocabulary,
        templates=settings.prompts.templates,
        name=settings.project.name,
        extra={
            **tags,
            "test": metrics["test"].get(recipe, {}),
            "attribution": settings.project.attribution or "",
        },
    )


def _mask_hash(layout: Layout) -> str | None:
    hidden = read_json(layout.prepare_report).get("hide")
    return hidden.get("mask_hash") if isinstance(hidden, dict) else None


def _facts(
    layout: Layout,
    examples: list[Example],
    metrics: Mapping[str, Any],
    bundle_version: str,
    selection: Mapping[str, Any],
) -> CardFacts:
    recipe, seed = str(selection["recipe"]), int(selection["seed"])
    photos = [row for row in examples if row.modality == "photo"]
    tagger = Tagger.load(layout.tagger(recipe, seed))
    return CardFacts(
        bundle_version=bundle_version,
        encoder_id=tagger.encoder_id,
        mode=tagger.mode,
        recipe=recipe,
        seed=seed,
        calibrated=Calibration.load(layout.calibration(recipe, seed)).is_calibrated,
        chosen=_why(selection),
        num_labels=len(Vocabulary.load(layout.vocabulary)),
        num_examples=dict(sorted(Counter(row.split for row in photos).items())),
        mask_hash=_mask_hash(layout),
        metrics=metrics,
        split_decided=times_decided(layout, split_hash(examples)),
    )


def _registration(
    settings: Settings, layout: Layout, facts: CardFacts, tags: Mapping[str, str]
) -> Registration:
    return Registration(
        bundle=layout.bundle,
        bundle_version=facts.bundle_version,
        params=logged_settings(settings),
        metrics=flattened_figures(facts.metrics["test"]),
        tags=dict(tags),
        reports=tuple(path for path in (layout.report_page, layout.plots) if path.exists()),
    )


def logged_settings(settings: Settings) -> dict[str, str]:
    """Every setting that has a value, as ``section.key`` → text, without passwords."""
    return {
        key: without_password(str(value))
        for key, value in flattened(settings.model_dump(mode="json")).items()
        if value is not None and key not in SECRET
    }


def flattened(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A tree of settings as ``section.key`` → value."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= flattened(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def flattened_figures(test: Mapping[str, Any]) -> dict[str, float]:
    """Figures as ``test.recipe.metric.mean`` → number; lists are left out."""
    numbers = flattened({"test": dict(test)})
    return {key: float(value) for key, value in numbers.items() if isinstance(value, int | float)}
