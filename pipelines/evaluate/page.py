"""The report of a run: one page with everything in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.methods.catalog import METHODS
from components.metrics.calibration import expected_calibration_error
from pipelines.evaluate.mistakes import ShownPicture
from pipelines.evaluate.plots import PER_CLASS, PR_CURVE, RELIABILITY, Curves
from pipelines.evaluate.probabilities import ProbabilityFigures, band_rows
from pipelines.evaluate.proposal_audit import ProposalAudit
from pipelines.evaluate.proposals_shown import ProposalsShown, band_names
from pipelines.evaluate.tagger_scores import ScoredTagger, TestSplit
from project.report.drawing import Drawing
from project.report.html import render_page
from project.report.style import colour_variables, method_look
from project.report.thumbnails import thumbnail_uri
from project.report.words import difference_sentence, recipe_name, rival_sentence

TEMPLATE = Path(__file__).with_name("report.html.j2")
PICTURE_PX = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportContent:
    """Everything that the page shows."""

    project: str
    metrics: Mapping[str, Any]
    test: TestSplit
    chosen: ScoredTagger
    curves: Curves
    charts: Mapping[str, Drawing]
    """By the name of their table."""
    selection: Mapping[str, Any]
    probabilities: ProbabilityFigures | None
    audit: ProposalAudit | None
    proposals: ProposalsShown | None
    hidden: Mapping[str, Any] | None
    embed: Mapping[str, Any] | None
    timings_s: Mapping[str, float]
    examples: Sequence[ShownPicture]
    false_positives: Sequence[ShownPicture]
    false_negatives: Sequence[ShownPicture]


def report_page(content: ReportContent) -> str:
    """The page as one HTML document."""
    metrics = content.metrics
    prefix = "observed_" if metrics["rule"] == "observed" else ""
    recipes, served = list(metrics["test"]), content.chosen.file.recipe
    rival = metrics["rival"]["recipe"] if metrics["rival"] else None
    return render_page(
        TEMPLATE,
        project=content.project,
        displays=content.test.vocabulary.displays,
        metrics=metrics,
        prefix=prefix,
        measured=content.test.can_measure,
        calibrated=content.chosen.calibration.is_calibrated,
        rows=_headline(metrics["test"], prefix, content.selection["recipe"]),
        sentences=_sentences(metrics, prefix, content.selection["recipe"]),
        chosen=content.chosen,
        chosen_name=recipe_name(served),
        selection=content.selection,
        hidden=content.hidden,
        embed=content.embed,
        timings_s=content.timings_s,
        chosen_colour=_colour(served),
        chosen_is_trained=served not in METHODS or METHODS[served].is_trained,
        colours=colour_variables({r: method_look(r).colour for r in recipes}, "method-"),
        explained=[(row.title, row.explained) for r in recipes if (row := METHODS.get(r))],
        reference_name=recipe_name(rival) if rival else "",
        rival=rival_sentence(metrics),
        classes=_classes(content, rival),
        per_class_chart=content.charts[PER_CLASS].inline,
        pr_chart=content.charts[PR_CURVE].inline,
        reliability_chart=content.charts[RELIABILITY].inline,
        calibration=_calibration(content.curves),
        probabilities=content.probabilities,
        bands=band_rows(content.probabilities.bands) if content.probabilities else (),
        audit=content.audit,
        proposals=content.proposals,
        band_names=band_names(),
        examples=_with_uris(content.examples),
        false_positives=_with_uris(content.false_positives),
        false_negatives=_with_uris(content.false_negatives),
    )


def _headline(test: Mapping[str, Any], prefix: str, chosen: str) -> list[dict[str, Any]]:
    """One row a recipe; the bar shows mAP with its interval on a scale from 0 to 1."""
    return [
        {
            "name": recipe_name(recipe),
            "colour": _colour(recipe),
            "chosen": recipe == chosen,
            "figures": {
                name: figures.get(prefix + name)
                for name in ("mAP", "mAP_zero_convention", "CF1", "OF1")
            },
        }
        for recipe, figures in test.items()
    ]


def _sentences(metrics: Mapping[str, Any], prefix: str, served: str) -> list[str]:
    """Comparisons, that of the served tagger with the best without training first."""
    differences = metrics["paired_differences"]
    rival = metrics["rival"]["recipe"] if metrics["rival"] else None

    def place(pair: str) -> tuple[bool, bool]:
        ours, theirs = pair.split(" - ")
        return ours != served, theirs != rival

    return [
        difference_sentence(pair, differences[pair], f"{prefix}mAP")
        for pair in sorted(differences, key=place)
    ]


def _classes(content: ReportContent, rival: str | None) -> list[dict[str, Any]]:
    """A row a label, best first; labels without a figure last."""
    recipe = content.chosen.file.recipe
    ours = content.curves.per_class[recipe]
    others = content.curves.per_class.get(rival) if rival else None
    calibration, test = content.chosen.calibration, content.test
    order = np.argsort(-np.nan_to_num(ours, nan=-1.0), kind="stable")
    return [
        {
            "name": test.vocabulary.names[label],
            "ap": _none_for_nan(ours[label]),
            "reference": None if others is None else _none_for_nan(others[label]),
            "positives": int(test.positives[label]),
            "negatives": int(test.negatives[label]),
            "threshold": float(calibration.threshold[label]),
            "low": _none_for_nan(calibration.threshold_low[label]),
            "high": _none_for_nan(calibration.threshold_high[label]),
            "f_beta": _none_for_nan(calibration.f_beta[label]),
            "val_positives": int(calibration.positives[label]),
            "val_negatives": int(calibration.negatives[label]),
            "holdout_positives": int(calibration.holdout_positives[label]),
            "source": calibration.source[label],
        }
        for label in map(int, order)
    ]


def _calibration(curves: Curves) -> list[tuple[str, float | None]]:
    """Expected calibration error by recipe."""
    return [
        (recipe_name(recipe), _none_for_nan(expected_calibration_error(bins)))
        for recipe, bins in curves.reliability.items()
    ]


def _with_uris(pictures: Iterable[ShownPicture]) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    for picture in pictures:
        uri = thumbnail_uri(picture.path, height_px=PICTURE_PX)
        if uri is not None:
            shown.append({"uri": uri, "id": picture.example.id, "tags": picture.tags})
    return shown


def _colour(recipe: str) -> str:
    """The name of its CSS variable."""
    return f"method-{recipe}"


def _none_for_nan(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
