"""Stage evaluate: every tagger on the frozen test split, and the report of the run.

This is the only stage that reads labels hidden on purpose, and only to tell how
right the proposals were.
"""

import time
from collections.abc import Mapping
from typing import Any

from components.atomic import atomic_directory, read_json, write_json, write_text
from components.data.examples import read_examples
from components.data.splits import split_hash
from components.errors import ArtefactError
from pipelines.evaluate.charts import draw_charts
from pipelines.evaluate.figures import Figures, all_figures, rounded
from pipelines.evaluate.headline import counted, headline
from pipelines.evaluate.mistakes import examples_of, false_negatives, false_positives
from pipelines.evaluate.page import ReportContent, report_page
from pipelines.evaluate.plots import curves, write_tables
from pipelines.evaluate.probabilities import probability_figures
from pipelines.evaluate.proposal_audit import ProposalAudit, audit_proposals
from pipelines.evaluate.proposals_shown import proposals_shown
from pipelines.evaluate.tagger_scores import ScoredTagger, TestSplit, score_all
from project.layout import Layout
from project.report.table import render_table
from project.settings import Settings
from project.stage_command import Report
from tuning.method_choice import Rival, rival_in

SCHEMA_VERSION = 1
NUM_EXAMPLES = 12


def run(settings: Settings, layout: Layout) -> Report:
    """Measure every tagger on the frozen test split and write the report."""
    clock = _Clock()
    test, encoder_id, scored = score_all(layout)
    selection = read_json(layout.selection)
    clock.lap("scoring")
    rival = rival_in(selection)
    figures = all_figures(test, scored, settings.evaluate, rival.method if rival else None)
    clock.lap("figures and intervals")
    audit = audit_proposals(layout)
    modes = {one.file.recipe: one.mode for one in scored}
    chosen = _chosen(scored, selection, layout)
    probabilities = probability_figures(test, chosen)
    metrics = {
        **_metrics(test, figures, audit, encoder_id, modes, layout),
        "rival": _plain(rival),
        "calibration": probabilities.to_dict() if probabilities else None,
    }
    drawn = curves(test, scored)
    charts = draw_charts(test.vocabulary.names, drawn, chosen.file.recipe)
    with atomic_directory(layout.plots) as directory:
        write_tables(directory, test, drawn)
        for name, chart in charts.items():
            write_text(directory / f"{name}.svg", chart.file)
    clock.lap("plots")
    half = max(1, settings.evaluate.num_mistakes // 2)
    content = ReportContent(
        project=settings.project.name,
        metrics=metrics,
        test=test,
        chosen=chosen,
        curves=drawn,
        charts=charts,
        selection=selection,
        probabilities=probabilities,
        audit=audit,
        proposals=proposals_shown(layout),
        hidden=_hidden(layout),
        embed=read_json(layout.embed_report) if layout.embed_report.exists() else None,
        timings_s=clock.laps,
        examples=examples_of(
            test, chosen, layout.root, number=NUM_EXAMPLES, seed=settings.evaluate.seed
        ),
        false_positives=false_positives(test, chosen, layout.root, number=half),
        false_negatives=false_negatives(test, chosen, layout.root, number=half),
    )
    write_text(layout.report_page, report_page(content))
    write_json(layout.metrics, metrics)
    theirs = next((one for one in scored if rival and one.file.recipe == rival.method), None)
    write_json(layout.headline, {**headline(metrics, test, chosen, theirs), **counted(layout)})
    return {**metrics, "summary": _summary(metrics, layout)}


class _Clock:
    """Seconds by name, since the last lap."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name], self._last = now - self._last, now


def _metrics(
    test: TestSplit,
    figures: Figures,
    audit: ProposalAudit | None,
    encoder_id: str,
    modes: Mapping[str, str],
    layout: Layout,
) -> dict[str, Any]:
    hidden = _hidden(layout)
    prefix = figures.prefix
    return {
        "schema_version": SCHEMA_VERSION,
        "test": {
            recipe: {prefix + name: figure.to_dict() for name, figure in by_metric.items()}
            for recipe, by_metric in figures.recipes.items()
        },
        "paired_differences": {
            pair: rounded(difference) for pair, difference in figures.differences.items()
        },
        "rule": test.rule,
        "not_computable": _not_computable(test),
        "classes_without_positives": test.names_where(test.positives == 0),
        "classes_without_negatives": test.names_where(test.negatives == 0),
        "num_images": len(test.photos),
        "num_classes": len(test.vocabulary),
        "known_share": round(float((test.states != 0).mean()), 6),
        "split_hash": split_hash(read_examples(layout.examples)),
        "mask_hash": hidden["mask_hash"] if hidden else None,
        "encoder_id": encoder_id,
        "mode": "end-to-end" if "end-to-end" in modes.values() else "cached",
        "modes": dict(modes),
        "proposals": audit.to_dict() if audit else None,
    }


def _plain(rival: Rival | None) -> dict[str, str] | None:
    """What trained recipes are compared with, and how it was taken."""
    return {"recipe": rival.method, "by": rival.by} if rival else None


def _not_computable(test: TestSplit) -> list[str]:
    """Sentences on the figures that these labels cannot give."""
    if not test.can_measure:
        return [
            "Not measured: no label is known to be present in the test split. Label some of its "
            "images."
        ]
    if test.rule == "observed":
        return [
            "mAP, CF1 and OF1 cannot be computed: too few cells of the test split are known to be "
            "absent. The figures named observed_… count unknown cells as absent; they compare "
            "taggers, but punish every right tag that nobody wrote down."
        ]
    return []


def _hidden(layout: Layout) -> Mapping[str, Any] | None:
    """What prepare reports about labels hidden on purpose; None if it hid none."""
    if not layout.prepare_report.exists():
        return None
    return read_json(layout.prepare_report).get("hide")


def _chosen(
    scored: list[ScoredTagger], selection: Mapping[str, Any], layout: Layout
) -> ScoredTagger:
    wanted = (selection["recipe"], selection["seed"])
    for one in scored:
        if (one.file.recipe, one.file.seed) == wanted:
            return one
    raise ArtefactError(
        f"{layout.selection} chose {wanted[0]} seed {wanted[1]}, which is not among the taggers; "
        "run `efuda run calibrate`."
    )


def _summary(metrics: Mapping[str, Any], layout: Layout) -> list[str]:
    return [
        f"{metrics['num_images']} test images, {metrics['num_classes']} classes; "
        f"see {layout.report_page}",
        render_table(metrics),
        *metrics["not_computable"],
    ]
