"""Stage pseudo_label: propose states for the unknown cells of training images, for people.

The proposals come from the method that the hold-out found best, whichever it is, and never
from a model that saw the image: see ``cross_fit.py``. What a recipe guesses for itself while
it trains is another matter and stays inside it. Observed and reviewed cells are never
proposed for. Every proposal carries its probability, the method with its settings, the part
of the images that the model had not seen, and the day it was made.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from blake3 import blake3
from jaxtyping import Float, Int64
from rich.console import Console
from rich.progress import Progress

from components.atomic import read_json, write_json
from components.labelers.proposal_table import (
    proposals_by_state,
    proposals_to_table,
    write_proposals,
)
from components.labelers.proposals import proposals_for_unknown
from components.training.cross_fit import fold_of
from components.training.settings import MethodSettings
from pipelines.pseudo_label.cross_fit import can_calibrate, cross_fitted
from project.layout import Layout
from project.learning_task import ProjectTask, load_task
from project.settings import Settings
from project.stage_command import Report
from project.tuned import TunedMethod, plain, read_tuned, tuned_settings
from tuning.method_choice import choose_method

METHOD_VERSION = "2"


def run(settings: Settings, layout: Layout) -> Report:
    """Propose labels for unknown training cells by the best method, cross-fitted.

    Proposals that would come out the same are kept.
    """
    project = load_task(settings, layout)
    tuned = read_tuned(layout.tuned, project)
    name = settings.pseudo_label.method or _best(tuned, project)
    chosen = tuned_settings(tuned, name, settings.train.given(name), layout.tuned)
    fingerprint = _fingerprint(name, chosen, project, settings)
    kept = _kept(layout, fingerprint)
    if kept is not None:
        return {**kept, "status": "kept", "summary": f"unchanged and kept: {_summary(kept)}"}
    folds = settings.pseudo_label.folds
    fold = np.array([fold_of(each, folds) for each in project.content_hashes], np.int64)
    if can_calibrate(project.task.holdout):
        probabilities = _probabilities(name, chosen, fold, project, settings)
        # Nothing is proposed that is more probable than what it implies.
        probabilities = project.vocabulary.hierarchy.capped(probabilities)
    else:  # a score that nothing ties to a probability is no proposal
        probabilities = np.full(project.labels.states.shape, np.nan)
    table = proposals_to_table(
        proposals_for_unknown(
            project.labels.states,
            probabilities >= settings.pseudo_label.present_above,
            probabilities < settings.pseudo_label.absent_below,
            probabilities.astype(np.float32),
        ),
        project.labels,
        method=name,
        method_version=f"{METHOD_VERSION} {json.dumps(plain(chosen))}",
        fold=fold,
    )
    write_proposals(layout.proposals, table)
    report: Report = {
        "method": name,
        "settings": plain(chosen),
        "folds": folds,
        "num_images": len(project.labels.example_ids),
        "unknown_cells": int((~project.labels.known).sum()),
        "proposed": proposals_by_state(table),
        "calibrated": can_calibrate(project.task.holdout),
        "fingerprint": fingerprint,
    }
    write_json(layout.proposals_report, report)
    return {**report, "status": "made", "summary": _summary(report)}


def _probabilities(
    name: str,
    chosen: MethodSettings,
    fold: Int64[np.ndarray, " examples"],
    project: ProjectTask,
    settings: Settings,
) -> Float[np.ndarray, "examples labels"]:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(f"proposals of {name}", total=len(np.unique(fold)))
        return cross_fitted(
            name,
            chosen,
            project.task,
            settings.train.schedule(),
            fold,
            seed=settings.pseudo_label.seed,
            on_fold=lambda: progress.advance(bar),
        )


def _fingerprint(
    name: str, chosen: MethodSettings, project: ProjectTask, settings: Settings
) -> str:
    read = (
        METHOD_VERSION,
        project.fingerprint(name),
        *map(str, project.vocabulary.hierarchy.pairs),
        name,
        repr(chosen),
        settings.train.schedule().shaping,
        settings.pseudo_label.model_dump_json(exclude={"method"}),
    )
    return blake3("|".join(read).encode()).hexdigest()[:16]


def _kept(layout: Layout, fingerprint: str) -> Report | None:
    if not (layout.proposals.exists() and layout.proposals_report.exists()):
        return None
    report: Report = read_json(layout.proposals_report)
    return report if report.get("fingerprint") == fingerprint else None


def _summary(report: Mapping[str, Any]) -> str:
    if not report["calibrated"]:
        return (
            "nothing proposed: no cell of the hold-out is known present, or none absent, so scores "
            "cannot be made probabilities; label some images of the val split"
        )
    counts = report["proposed"]
    return (
        f"{counts['present']:,} cells proposed present and {counts['absent']:,} absent by "
        f"{report['method']}, of {report['unknown_cells']:,} unknown in "
        f"{report['num_images']:,} images"
    )


def _best(tuned: dict[str, TunedMethod], project: ProjectTask) -> str:
    """The method that the hold-out likes best, or the cautious one where that says little."""
    figures = {name: each.holdout_map for name, each in tuned.items()}
    return choose_method(figures, project.task.holdout.num_labelled).method
