"""Stage pseudo_label: propose states for the unknown cells of training images, for people.

The proposals come from the method that the hold-out found best, whichever it is, and never
from a model that saw the image: see ``cross_fit.py``. What a recipe guesses for itself while
it trains is another matter and stays inside it. Observed and reviewed cells are never
proposed for. Every proposal carries its probability, the method with its settings, the part
of the images that the model had not seen, and the day it was made.
"""

import json

import numpy as np
from rich.console import Console
from rich.progress import Progress

from components.atomic import write_json
from components.labelers.proposal_table import (
    proposals_by_state,
    proposals_to_table,
    write_proposals,
)
from components.labelers.proposals import proposals_for_unknown
from pipelines.pseudo_label.cross_fit import cross_fitted, fold_of
from project.layout import Layout
from project.learning_task import load_task
from project.settings import Settings
from project.stage_command import Report
from project.tuned import TunedMethod, plain, read_tuned, tuned_settings

METHOD_VERSION = "2"


def run(settings: Settings, layout: Layout) -> Report:
    """Propose labels for unknown training cells by the best method, cross-fitted."""
    project = load_task(settings, layout)
    wanted = settings.pseudo_label
    tuned = read_tuned(layout.tuned, project)
    name = wanted.method or _best(tuned)
    chosen = tuned_settings(tuned, name, settings.train.given(name), layout.tuned)
    fold = np.array([fold_of(each, wanted.folds) for each in project.content_hashes], np.int64)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(f"proposals of {name}", total=len(np.unique(fold)))
        probabilities = cross_fitted(
            name,
            chosen,
            project.task,
            settings.train.schedule(),
            fold,
            seed=settings.train.seeds[0],
            on_fold=lambda: progress.advance(bar),
        )
    proposals = proposals_for_unknown(
        project.labels.states,
        probabilities >= wanted.present_above,
        probabilities < wanted.absent_below,
        probabilities.astype(np.float32),
    )
    table = proposals_to_table(
        proposals,
        project.labels,
        method=name,
        method_version=f"{METHOD_VERSION} {json.dumps(plain(chosen))}",
        fold=fold,
    )
    write_proposals(layout.proposals, table)
    counts = proposals_by_state(table)
    unknown = int((~project.labels.known).sum())
    report: Report = {
        "method": name,
        "settings": plain(chosen),
        "folds": wanted.folds,
        "num_images": len(project.labels.example_ids),
        "unknown_cells": unknown,
        "proposed": counts,
    }
    write_json(layout.proposals_report, report)
    return {
        **report,
        "summary": f"{counts['present']:,} cells proposed present and {counts['absent']:,} absent "
        f"by {name}, of {unknown:,} unknown in {report['num_images']:,} images",
    }


def _best(tuned: dict[str, TunedMethod]) -> str:
    """The method that the hold-out likes best; of equals the first."""
    return max(tuned, key=lambda name: tuned[name].holdout_map)
