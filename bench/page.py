"""The bench as one page that needs nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from markupsafe import Markup

from bench.compare import Comparisons, Difference, world_drawn
from bench.entries import ENTRIES, OURS, title_of
from bench.page_plots import PagePlots, TablePlots
from bench.proposals.cell import FIGURE
from bench.protocols import PROPOSALS, SINGLE_CLEAN, SINGLE_LARGEST, SKETCH, HoldoutChoice
from bench.rows import NOT_APPLICABLE, Row
from bench.table import Table, difference_words, tables
from project.report.html import render_page
from project.report.style import colour_variables

TEMPLATE = Path(__file__).with_name("bench.html.j2")
MORE = {
    "mAP_many": "mAP on test images with three labels or more",
    "mAP_few": "mAP on test images with fewer than three labels",
    "CF1": "CF1, thresholds chosen on the hold-out",
    "OF1": "OF1, thresholds chosen on the hold-out",
    "recall_gain": "recall beyond the softmax where as precise as the softmax at 0.3",
    f"{FIGURE}_0.2": "recall where as precise as the softmax at 0.2",
    "precision": "precision of what is proposed at a threshold from the labelled half",
    "recall": "recall of what is proposed at a threshold from the labelled half",
}
METRICS = {
    "mAP": "mAP on the test split, mean over seeds, and in brackets what 95 % of redrawn test splits "
    "give; the mAP of a larger test split lies outside more often than that (decision 0002), "
    "differences do not. Labels without a test positive are left out of the mean. Bold: the highest "
    "of the column.",
    "mAP_all": "mAP over the whole gallery, of sketches of classes that were never seen in "
    "training; ordinary average precision.",
    FIGURE: "Highest recall of proposed labels at the precision that softmax > 0.3 has, on images "
    "of three labels or more, mean over seeds, with 95 % intervals.",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its plots."""

    title: str
    about: str
    table: Table
    plots: Sequence[tuple[str, Markup]] = ()
    intervals: Markup | None = None

    @property
    def methods(self) -> list[tuple[str, str]]:
        return [(method, title_of(method)) for method in self.table.methods]


def render_bench(
    rows: Sequence[Row],
    comparisons: Comparisons,
    main: Sequence[Table],
    plots: PagePlots,
    *,
    notes: Sequence[str],
    holdout: HoldoutChoice,
) -> str:
    """The page as HTML.

    Args:
        rows: What was measured.
        comparisons: Of the rows.
        main: A table for each world and primary metric.
        plots: What was drawn of them.
        notes: What is missing, in sentences.
        holdout: Which labels of the hold-out were asked for.
    """
    ours = comparisons.ours_against_best()
    return render_page(
        TEMPLATE,
        ours=title_of(OURS),
        ours_name=OURS,
        colours=colour_variables({"ours": ENTRIES[OURS].colour}),
        lead=_lead(rows),
        tiles=_tiles(rows, ours),
        verdicts=[difference_words(each) for each in ours],
        notes=list(notes),
        sections=[_section(table, plots.tables[table.world, table.metric]) for table in main],
        ours_plots=[(world, plot.inline) for world, plot in plots.ours.items()],
        baseline_plots=[
            (f"{world}: every method against {title_of(rival)}", plot.inline)
            for (world, rival), plot in plots.baselines.items()
        ],
        more=_more(comparisons),
        how=_how(rows, holdout),
        masks=_masks(rows),
        attempts=_attempts(rows),
        settings=_settings(rows),
        not_applicable=_not_applicable(rows),
    )


def _lead(rows: Sequence[Row]) -> str:
    worlds = sorted({world_drawn(row) for row in rows})
    seeds = {row.cell.seed for row in rows}
    methods = {row.cell.method for row in rows}
    protocols = {row.cell.protocol for row in rows}
    return (
        f"{len(methods)} methods under {len(protocols)} "
        f"{'protocol' if len(protocols) == 1 else 'protocols'} with {len(seeds)} "
        f"{'seed' if len(seeds) == 1 else 'seeds'} on {', '.join(worlds)}: the same images, "
        "masks, hold-out and schedule for all, chosen without the test split."
    )


def _tiles(rows: Sequence[Row], ours: Sequence[Difference]) -> list[tuple[str, str]]:
    above = sum(each.verdict == "above" for each in ours)
    below = sum(each.verdict == "below" for each in ours)
    minutes = sum(row.core_seconds for row in rows) / 60
    return [
        (f"{above} of {len(ours)}", f"settings where {title_of(OURS)} is above every other method"),
        (f"{len(ours) - above - below} of {len(ours)}", "where it cannot be told from the best"),
        (f"{below} of {len(ours)}", "where another method is above it"),
        (
            f"{sum(row.is_ok for row in rows)}",
            f"trainings and scorings, {minutes:.0f} core minutes",
        ),
    ]


def _section(table: Table, plots: TablePlots) -> Section:
    return Section(
        title=f"{table.world}: {table.metric}",
        about=METRICS[table.metric],
        table=table,
        plots=tuple((caption, plot.inline) for caption, plot in plots.curves.values()),
        intervals=plots.intervals.inline,
    )


def _more(comparisons: Comparisons) -> list[tuple[str, list[Section]]]:
    found = []
    for metric, title in MORE.items():
        sections = [Section(table.world, "", table) for table in tables(comparisons, metric)]
        if sections:
            found.append((title, sections))
    return found


def _how(rows: Sequence[Row], holdout: HoldoutChoice) -> list[str]:
    sentences = [
        "single-positive keeps one positive cell an image and nothing else. partial:s keeps each "
        "cell with probability s. few:s keeps all cells of a share s of the images and none of "
        "the others. captions knows that a label is present where a caption names it, and nothing "
        "more. The seed draws the mask and the training alike.",
    ]
    if holdout == "clean":
        sentences.append(
            "The hold-out has all its labels: settings, epochs and thresholds are chosen on better "
            "labels than the situation has."
        )
    else:
        sentences.append(
            "The hold-out has been hidden from like the training images: settings, epochs and "
            "thresholds are chosen on no better labels than the situation has. Where nothing says "
            "which unknown cell is absent, unknown counts as absent there."
        )
    words = {row.cell.protocol for row in rows}
    if SINGLE_CLEAN in words and holdout == "protocol":
        sentences.append(
            f"{SINGLE_CLEAN} is as that protocol is published: the hold-out has all its labels."
        )
    if SINGLE_LARGEST in words:
        sentences.append(
            f"{SINGLE_LARGEST} keeps the label whose boxes cover most of the image, as people name "
            "the largest thing first."
        )
    if any("@" in row.cell.world for row in rows):
        sentences.append(
            "Draws of a world (other scenes, or the same photographs dealt out anew) are averaged "
            "as seeds are, and drawn again with them."
        )
    sentences.append(
        "Intervals draw the test images again, 1,000 times, and the seeds with them; every method "
        "is scored on the same draws, and differences are taken draw by draw. For sketches the "
        "classes are drawn first, then their sketches."
    )
    if any(row.cell.protocol == SKETCH for row in rows):
        sentences.append(
            "sketch leaves classes out of everything that learns: their sketches are the queries, "
            "all photographs are the gallery. A fifth of the classes, drawn by the seed, is left "
            "out; of a world of up to ten classes every pair in turn."
        )
    if any(row.cell.protocol == PROPOSALS for row in rows):
        sentences.append(
            "proposals trains nothing: half of the images is labelled, nothing is known of the "
            "other, and each half is measured by what the other teaches. Every labeler is compared "
            "where it is as precise as the softmax of VLPL at its published threshold, and so is "
            "the softmax itself."
        )
    kinds = sorted({row.features for row in rows})
    sentences.append(f"Features: {', '.join(kinds)}; encoders are frozen where they are cached.")
    return sentences


def _masks(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    lines = {
        (
            row.cell.world,
            row.cell.protocol,
            str(row.cell.seed),
            row.mask_hash[:16],
            row.split_hash[:16],
            row.encoder,
            row.features,
        )
        for row in rows
        if row.is_ok
    }
    return sorted(lines)


def _attempts(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """Method, number of attempts, and what tells them apart; of each method's first row."""
    first = {row.cell.method: row for row in reversed(rows) if row.is_ok and row.tried}
    return [
        (title_of(name), str(len(first[name].tried)), _differing(first[name].tried))
        for name in ENTRIES
        if name in first
    ]


def _differing(tried: Sequence[Mapping[str, object]]) -> str:
    """Each attempt by the settings that are not the same in all."""
    varied = [
        name
        for name in tried[0]
        if any(str(each.get(name)) != str(tried[0][name]) for each in tried)
    ]
    if not varied:
        return "nothing to choose"
    return "; ".join(
        ", ".join(f"{name} {_short(each.get(name))}" for name in varied) for each in tried
    )


def _short(value: object) -> object:
    """Of nested settings the name of the kind."""
    return (
        cast(Mapping[str, object], value).get("name", "…") if isinstance(value, Mapping) else value
    )


def _settings(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    return [
        (
            row.cell.world,
            row.cell.protocol,
            title_of(row.cell.method),
            str(row.cell.seed),
            f"{row.holdout_score:.3f}",
            ", ".join(f"{name} {value}" for name, value in row.settings.items()),
        )
        for row in rows
        if row.is_ok and row.settings and row.cell.protocol not in (SKETCH, PROPOSALS)
    ]


def _not_applicable(rows: Sequence[Row]) -> list[str]:
    found = {
        f"{row.cell.world}, {row.cell.protocol}, {title_of(row.cell.method)}: "
        f"{row.status.removeprefix(NOT_APPLICABLE)}"
        for row in rows
        if not row.is_ok
    }
    return sorted(found)
