"""Stage calibrate: probabilities, thresholds and the choice of a tagger.

Taggers are chosen on the hold-out (the val split). Where it is thin, it calibrates together with
the training images, both scored by models that had not met them. Where it says nothing, scores
are standardised over the photographs of train and val. The test split is never looked at. A
tagger that has not changed keeps its calibration.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from blake3 import blake3
from jaxtyping import Float

from components.atomic import atomic_directory, read_json, write_json
from components.calibration.calibration import Calibration
from components.calibration.cells import CrossFitted
from components.calibration.holdout_fit import calibrate
from components.calibration.unlabelled import STANDS_OUT, standardised
from components.data.examples import Example
from components.labels.holdout import SelectionRule, selection_rule, selection_truth
from components.labels.states import UNKNOWN
from components.labels.tables import read_matrix
from components.labels.vocabulary import Vocabulary
from components.metrics.ranking import average_precision, mean_average_precision
from components.models.tagger import Tagger
from pipelines.calibrate.cross_fitted import CrossFittedEvidence
from project.layout import Layout
from project.settings import CalibrateSettings, Settings
from project.stage_command import Report
from project.taggers import (
    TaggerFile,
    embedded_photos,
    found_taggers,
    load_tagger,
    split_logits,
)
from tuning.method_choice import MethodChoice, choose_method

SCHEMA_VERSION = 1
METHOD = "partial pooling 1"
"""Changes with what is fitted, so that kept calibrations are made anew."""
MADE_OF = "made_of.json"
"""Beside the calibrations: what each was fitted to."""
RULES: Mapping[SelectionRule, str] = {
    "verified": "figures over the cells of the hold-out that are known to be present or absent",
    "observed": "figures that count unknown cells of the hold-out as absent, since too few are "
    "known to be; good for comparing taggers, lower than the truth",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """One tagger with its calibration and its figure on the hold-out."""

    file: TaggerFile
    calibration: Calibration
    mean_ap: float
    """Over the labels with a known positive; NaN when there is none."""
    made_of: str
    """Hash of all that the calibration was fitted to."""
    is_kept: bool


def run(settings: Settings, layout: Layout) -> Report:
    """Calibrate every tagger on the hold-out and choose one of them."""
    vocabulary = Vocabulary.load(layout.vocabulary)
    fitted, rule, num_images, num_labelled = _fit_all(settings.calibrate, vocabulary, layout)
    choice, chosen = _choose(fitted, num_labelled)
    selection = {
        "schema_version": SCHEMA_VERSION,
        "rule": rule,
        "meaning": RULES[rule],
        "num_images": num_images,
        "num_labelled": num_labelled,
        "chosen_by": choice.by,
        "why": choice.why,
        "recipes": _figures(fitted),
        "recipe": chosen.file.recipe,
        "seed": chosen.file.seed,
        "calibrated": chosen.calibration.is_calibrated,
        "thresholds_from": _sources(chosen.calibration),
        "notes": _notes(chosen, rule, settings.calibrate),
    }
    with atomic_directory(layout.calibrations) as directory:
        for one in fitted:
            path = layout.calibration(one.file.recipe, one.file.seed)
            one.calibration.save(directory / path.relative_to(layout.calibrations))
        write_json(directory / MADE_OF, {_place(one.file): one.made_of for one in fitted})
        write_json(directory / layout.selection.name, selection)
    kept = sum(one.is_kept for one in fitted)
    return {**selection, "kept": kept, "summary": _summary(selection)}


def _fit_all(
    settings: CalibrateSettings, vocabulary: Vocabulary, layout: Layout
) -> tuple[list[Fitted], SelectionRule, int, int]:
    files = found_taggers(layout)
    taggers = [load_tagger(file, vocabulary) for file in files]
    photos = embedded_photos(layout, "val", taggers[0].project_encoder_id)
    labels = read_matrix(layout.labels, [photo.id for photo in photos], vocabulary)
    rule = selection_rule(labels.states)
    truth, known = selection_truth(labels.states, rule)
    tells = bool((truth & known).any() and (~truth & known).any())
    others = embedded_photos(layout, "train", taggers[0].project_encoder_id)
    learned = read_matrix(layout.labels, [photo.id for photo in others], vocabulary)
    evidence = CrossFittedEvidence(
        holdout=photos, training=others, states=learned.states, layout=layout
    )
    before = read_json(layout.calibrations / MADE_OF) if _has_run(layout) else {}
    fitted: list[Fitted] = []
    for file, tagger in zip(files, taggers, strict=True):
        logits = split_logits(tagger, photos, layout)
        per_label = average_precision(logits, truth, known)
        cross = evidence.of(file, tagger, logits, labels.states) if tells else None
        read = [logits] if tells else [logits, *_logits_if_any(tagger, others, layout)]
        made_of = _hash([*read, *_arrays(cross)], truth, known, vocabulary, settings)
        path = layout.calibration(file.recipe, file.seed)
        is_kept = before.get(_place(file)) == made_of and path.exists()
        if is_kept:
            calibration = Calibration.load(path)
        elif not tells:
            calibration = standardised(np.concatenate(read), vocabulary.names)
        else:
            calibration = calibrate(
                logits,
                truth,
                known,
                vocabulary.names,
                cross=cross,
                min_positives=settings.min_positives,
                beta=settings.beta,
                num_bootstrap=settings.num_bootstrap,
            )
        mean_ap = mean_average_precision(per_label, vocabulary.names).value
        fitted.append(
            Fitted(
                file=file,
                calibration=calibration,
                mean_ap=mean_ap,
                made_of=made_of,
                is_kept=is_kept,
            )
        )
    return fitted, rule, len(photos), int((labels.states != UNKNOWN).any(axis=1).sum())


def _logits_if_any(
    tagger: Tagger, photos: Sequence[Example], layout: Layout
) -> list[Float[np.ndarray, "examples labels"]]:
    return [split_logits(tagger, photos, layout)] if photos else []


def _has_run(layout: Layout) -> bool:
    return (layout.calibrations / MADE_OF).exists()


def _place(file: TaggerFile) -> str:
    return f"{file.recipe}/seed-{file.seed}"


def _arrays(cross: CrossFitted | None) -> list[np.ndarray]:
    return [cross.holdout, cross.training, cross.states] if cross else []


def _hash(
    scores: Sequence[np.ndarray],
    truth: np.ndarray,
    known: np.ndarray,
    vocabulary: Vocabulary,
    settings: CalibrateSettings,
) -> str:
    shapes = [each.shape for each in scores]
    digest = blake3(f"{METHOD} {vocabulary.hash} {settings.model_dump_json()} {shapes}".encode())
    for array in (*scores, truth, known):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def _choose(fitted: Sequence[Fitted], num_labelled: int) -> tuple[MethodChoice, Fitted]:
    """The best seed of the recipe that is best on average, or of the cautious one."""
    means = {recipe: float(np.mean(values)) for recipe, values in _by_recipe(fitted).items()}
    choice = choose_method(means, num_labelled)
    seeds = [one for one in fitted if one.file.recipe == choice.method]
    return choice, max(seeds, key=lambda one: np.nan_to_num(one.mean_ap, nan=-1.0))


def _by_recipe(fitted: Sequence[Fitted]) -> dict[str, list[float]]:
    by_recipe: dict[str, list[float]] = {}
    for one in fitted:
        by_recipe.setdefault(one.file.recipe, []).append(one.mean_ap)
    return by_recipe


def _figures(fitted: Sequence[Fitted]) -> dict[str, dict[str, object]]:
    return {
        recipe: {
            "mAP": None if np.isnan(values).any() else float(np.mean(values)),
            "seeds": [None if np.isnan(value) else value for value in values],
        }
        for recipe, values in _by_recipe(fitted).items()
    }


def _sources(calibration: Calibration) -> dict[str, int]:
    """How many labels have a threshold of their own, a shared one, or a default."""
    counted = Counter(calibration.source)
    return {source: counted[source] for source in ("class", "shared", "none")}


def _notes(chosen: Fitted, rule: SelectionRule, settings: CalibrateSettings) -> list[str]:
    notes: list[str] = []
    sources = _sources(chosen.calibration)
    if sources["none"]:
        notes.append(
            "No label is known to be present in the hold-out, so nothing could be calibrated: "
            "scores are no probabilities. A tag is given to a picture that stands out among your "
            f"photographs, by {STANDS_OUT:g} standard deviations of the label's scores. Label some "
            "images of the val split."
        )
    elif rule == "observed":
        notes.append(
            "Unknown cells of the hold-out counted as absent, so probabilities are the chance that "
            "a label was written down, not that it is present: they are too low. Say of some val "
            "images which labels are absent to have them corrected."
        )
    if sources["shared"]:
        notes.append(
            f"{sources['shared']} of {len(chosen.calibration.names)} classes have fewer than "
            f"{settings.min_positives} known positives or negatives to fit to: their thresholds lean "
            "on one that all share, and their probabilities on those of the others."
        )
    return notes


def _summary(selection: Mapping[str, Any]) -> list[str]:
    recipes: Mapping[str, Mapping[str, float | None]] = selection["recipes"]
    figures = ", ".join(
        f"{recipe} {figure['mAP']:.3f}" if figure["mAP"] is not None else f"{recipe} not measurable"
        for recipe, figure in recipes.items()
    )
    return [
        f"{selection['recipe']} seed {selection['seed']}, {selection['why']} "
        f"(rule {selection['rule']})",
        f"  hold-out mAP: {figures}",
        *(f"  {note}" for note in selection["notes"]),
    ]
