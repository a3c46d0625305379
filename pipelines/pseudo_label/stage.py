"""Stage pseudo_label: propose states for unknown cells, for people.

The proposals come from the method that the hold-out found best, whichever it is, and never
from a model that saw the image (``components/proposing``). What a recipe guesses for itself
while it trains is another matter and stays inside it. Observed and reviewed cells are never
proposed for, and neither are those that a person called undecidable. Every proposal carries its
probability and rank, where it is seen and which known examples speak for it, the method with
its settings, the part of the images that the model had not seen, and the day it was made.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from blake3 import blake3
from rich.console import Console
from rich.progress import Progress

from components.atomic import read_json, write_json
from components.labelers.proposal_table import ProposedBy
from components.methods.catalog import METHODS
from components.models.heads.head import Head
from components.proposing.cross_fit import CrossFit, Train, can_calibrate, cross_fit
from components.proposing.propose import KnownExamples, write_proposed
from components.training.loop import fit
from components.training.settings import MethodSettings
from components.training.task import Task
from pipelines.pseudo_label.photos import ProjectPhotos
from project.layout import Layout
from project.learning_task import ProjectTask, load_task
from project.settings import Settings
from project.stage_command import Report
from project.tuned import TunedMethod, plain, read_tuned, tuned_settings
from tuning.method_choice import choose_method

METHOD_VERSION = "3"
STANDS_OUT = 0.5
"""Score from which a cell is proposed where nothing calibrates scores."""


def run(settings: Settings, layout: Layout) -> Report:
    """Propose labels for unknown cells by the best method, cross-fitted.

    Proposals that would come out the same are kept.
    """
    project = load_task(settings, layout)
    tuned = read_tuned(layout.tuned, project)
    name = settings.pseudo_label.method or _best(tuned, project)
    chosen = tuned_settings(tuned, name, settings.train.given(name), layout.tuned)
    photos = ProjectPhotos.load(project, layout)
    fingerprint = _fingerprint(name, chosen, photos, settings)
    kept = _kept(layout, fingerprint)
    if kept is not None:
        return {**kept, "status": "kept", "summary": f"unchanged and kept: {_summary(kept)}"}
    fitted = _fitted(name, chosen, project, settings)
    calibrated = fitted.calibrated
    written = write_proposed(
        layout.proposals,
        photos.asked(fitted),
        fitted.scorers,
        KnownExamples(
            ids=project.labels.example_ids,
            vectors=project.task.views[0],
            states=project.labels.states,
        ),
        project.vocabulary.names,
        ProposedBy(
            method=name,
            method_version=f"{METHOD_VERSION} {json.dumps(plain(chosen))}",
            created=datetime.now(UTC).date().isoformat(),
        ),
        calibrated=calibrated,
        present_above=settings.pseudo_label.present_above if calibrated else STANDS_OUT,
        absent_below=settings.pseudo_label.absent_below if calibrated else 0.0,
        # Nothing is proposed that is more probable than what it implies.
        capped=project.vocabulary.hierarchy.capped,
        scratch=layout.scratch,
    )
    report: Report = {
        "method": name,
        "settings": plain(chosen),
        "folds": settings.pseudo_label.folds,
        "num_images": photos.num_images,
        "unknown_cells": photos.num_unknown,
        "undecidable_cells": sum(len(rows) for rows, _ in photos.undecidable.values()),
        "proposed": {"present": written.present, "absent": written.absent},
        "present_by_split": written.present_by_split,
        "present_from": written.marks if calibrated else {},
        "calibrated": calibrated,
        "scorers": len(fitted.scorers),
        "scorers_that_read_evidence": fitted.num_reading_evidence,
        "fingerprint": fingerprint,
    }
    write_json(layout.proposals_report, report)
    return {**report, "status": "made", "summary": _summary(report)}


def _fitted(
    name: str, chosen: MethodSettings, project: ProjectTask, settings: Settings
) -> CrossFit:
    folds = settings.pseudo_label.folds
    heads = folds + 1 if can_calibrate(project.task) else 1
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(f"proposals of {name}", total=heads)
        return cross_fit(
            _training(name, chosen, settings),
            project.task,
            project.content_hashes,
            project.holdout_hashes,
            project.vocabulary.names,
            folds=folds,
            on_fit=lambda: progress.advance(bar),
        )


def _training(name: str, chosen: MethodSettings, settings: Settings) -> Train:
    """How a head of the method is made."""
    row = METHODS[name]
    if not row.is_trained:
        return partial(row.untrained_head, chosen)
    recipe, schedule = row.recipe(chosen), settings.train.schedule()

    def train(task: Task) -> Head:
        return fit(recipe, task, schedule, seed=settings.pseudo_label.seed).head

    return train


def _fingerprint(
    name: str, chosen: MethodSettings, photos: ProjectPhotos, settings: Settings
) -> str:
    read = (
        METHOD_VERSION,
        photos.project.fingerprint(name),
        photos.fingerprint,
        *map(str, photos.project.vocabulary.hierarchy.pairs),
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
    counts = report["proposed"]
    by = f"by {report['method']}, of {report['unknown_cells']:,} unknown in {report['num_images']:,} images"
    if not report["calibrated"]:
        return (
            f"{counts['present']:,} cells proposed present {by}, for their pictures stand out; how "
            "probable they are is not known, since no label of both signs calibrates: label some "
            "images of the val split"
        )
    sure = ", ".join(f"{number:,} at {mark}" for mark, number in report["present_from"].items())
    return (
        f"{counts['present']:,} cells proposed present ({sure} or more) and {counts['absent']:,} "
        f"absent {by}"
    )


def _best(tuned: dict[str, TunedMethod], project: ProjectTask) -> str:
    """The method that the hold-out likes best, or the cautious one where that says little."""
    figures = {name: each.holdout_map for name, each in tuned.items()}
    return choose_method(figures, project.task.holdout.num_labelled).method
