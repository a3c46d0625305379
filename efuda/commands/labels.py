"""`efuda labels export` and `efuda labels import`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from components.errors import InputError
from efuda.command_answer import Answer, AnswerCommand

# Said here too: the formats take a tenth of a second to import.
FormatName = Literal["coco", "voc", "yolo", "csv", "parquet", "jsonl"]
_HELP = {"help_option_names": ["-h", "--help"]}

Project = Annotated[Path, typer.Option(help="The project's directory.")]

labels = typer.Typer(help="Labels out, and decisions in.", rich_markup_mode=None)


@labels.command("export", cls=AnswerCommand, context_settings=_HELP)
def export(
    format_name: Annotated[FormatName, typer.Option("--format", help="What to write.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder.")],
    proposals: Annotated[
        bool, typer.Option("--proposals", help="Also labels that Efuda proposes.")
    ] = False,
    min_probability: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            help="With --proposals: how probable at least "
            "(default: pseudo_label.present_above in params.yaml).",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an earlier export in that folder.")
    ] = False,
    project: Project = Path(),
) -> Answer:
    """Write the known labels in a format of your choice."""
    if min_probability is not None and not proposals:
        raise InputError("--min-probability goes with --proposals; add that, or leave it out.")
    if min_probability is not None and not 0 <= min_probability <= 1:
        raise InputError(f"--min-probability must lie in [0, 1], got {min_probability:g}.")
    from efuda.label_export import export_labels
    from project.layout import Layout
    from project.settings import load_settings

    layout = Layout(project)
    settings = load_settings(layout.params)
    least = settings.pseudo_label.present_above if min_probability is None else min_probability
    done = export_labels(
        settings,
        layout,
        out,
        format_name,
        min_probability=least if proposals else None,
        replace=force,
    )
    return Answer(done.report, done.lines)


@labels.command("import", cls=AnswerCommand, context_settings=_HELP)
def import_(
    decisions: Annotated[
        Path, typer.Argument(metavar="DECISIONS", help="CSV with image, label and state.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file and tell what it would change.")
    ] = False,
    project: Project = Path(),
) -> Answer:
    """Take what people decided into reviewed/labels.parquet."""
    from components.data.examples import read_examples
    from components.labels.vocabulary import Vocabulary
    from project.decisions import merged, read_decisions
    from project.layout import Layout
    from project.reviewed import read_reviewed, write_reviewed
    from project.settings import load_settings

    layout = Layout(project)
    settings = load_settings(layout.params)
    found = read_decisions(
        decisions,
        read_examples(layout.examples),
        settings.source.images,
        Vocabulary.load(layout.vocabulary),
    )
    result = merged(read_reviewed(layout), found.cells)
    changes = result.num_new + result.num_changed
    if changes and not dry_run:
        write_reviewed(layout, result.table)
    report = {
        "new": result.num_new,
        "changed": result.num_changed,
        "same": result.num_same,
        "undecided": found.num_undecided,
        "reviewed": result.table.num_rows,
        "dry_run": dry_run,
        "file": str(layout.reviewed_labels),
    }
    told = "Would be taken" if dry_run else "Taken"
    lines = [
        f"{told}: {result.num_new:,} new decisions, {result.num_changed:,} changed; "
        f"{result.num_same:,} were known already, {found.num_undecided:,} rows have no state.",
    ]
    if changes and not dry_run:
        lines.append(f"Next: commit {layout.reviewed_labels}, and `efuda run`.")
    return Answer(report, lines)
