"""Stage pseudo_label: propose states for the unknown cells of training images.

Observed and reviewed cells are never proposed for. Every proposal carries its
score, the method with its settings, and the day it was made.
"""

import json
from dataclasses import asdict

import yaml

from components.atomic import write_json
from components.errors import ArtefactError
from components.labelers.table import proposals_by_state, proposals_to_table, write_proposals
from project.layout import Layout
from project.learning_task import LearningData, load_learning_data, schedule_of
from project.settings import Settings
from project.stage import Report
from project.sweep_problem import problem_of
from tuning.candidate import Candidate

METHOD_VERSION = "1"


def run(settings: Settings, layout: Layout) -> Report:
    """Propose labels for unknown training cells with the tuned labeler."""
    data = load_learning_data(settings, layout)
    candidate = tuned_candidate(layout, data)
    problem = problem_of(data, schedule_of(settings.train))
    proposals = problem.propose(candidate)
    table = proposals_to_table(
        proposals,
        data.train.labels,
        method=f"vlpl/{candidate.labeler.name}",
        method_version=f"{METHOD_VERSION} {json.dumps(asdict(candidate.labeler))}",
    )
    write_proposals(layout.proposals, table)
    counts = proposals_by_state(table)
    unknown = int((~data.train.labels.known).sum())
    report: Report = {
        "labeler": asdict(candidate.labeler),
        "num_images": len(data.train.labels.example_ids),
        "unknown_cells": unknown,
        "proposed": counts,
    }
    write_json(layout.proposals_report, report)
    return {
        **report,
        "summary": f"{counts['present']:,} cells proposed present and {counts['absent']:,} absent, "
        f"of {unknown:,} unknown in {report['num_images']:,} images",
    }


def tuned_candidate(layout: Layout, data: LearningData) -> Candidate:
    """The settings that tune chose for this very encoder and vocabulary."""
    if not layout.tuned.exists():
        raise ArtefactError(f"{layout.tuned} does not exist; run `efuda run tune` first.")
    tuned = yaml.safe_load(layout.tuned.read_text(encoding="utf-8"))
    made_for = (tuned["encoder_id"], tuned["vocabulary_hash"])
    if made_for != (data.label_vectors.encoder_id, data.vocabulary.hash):
        raise ArtefactError(
            f"{layout.tuned} was chosen for encoder {made_for[0]} or another vocabulary; "
            "thresholds do not carry over. Run `efuda run tune`."
        )
    return Candidate.from_dict(tuned)
