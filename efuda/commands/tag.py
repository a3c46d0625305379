"""`efuda tag`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from components.errors import InputError
from efuda.command_answer import Answer

if TYPE_CHECKING:
    from project.settings import EmbedSettings


def tag(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Pictures, in folders or not.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="A .csv, .parquet or .jsonl file.")],
    project: Annotated[
        Path, typer.Option(help="The project whose registered bundle tags, the champion first.")
    ] = Path(),
    bundle: Annotated[
        Path | None, typer.Option(help="Tag with this bundle instead of a registered one.")
    ] = None,
    runner: Annotated[
        Literal["auto", "local", "ray"],
        typer.Option(help="Here, or on Ray; auto decides as embed.runner does."),
    ] = "auto",
    top_k: Annotated[
        int, typer.Option(min=0, help="How many tags a picture at least; present ones always.")
    ] = 10,
    every: Annotated[bool, typer.Option("--all", help="Every label of every picture.")] = False,
    wide: Annotated[
        bool, typer.Option("--wide", help="One row a picture, one column a label.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> Answer:
    """Tag a folder of pictures into a table."""
    from efuda.tagging.tag_folder import TagRequest, tag_folder

    directory, compute = _bundle(project, bundle)
    done = tag_folder(
        TagRequest(
            folder=folder,
            out=out,
            bundle=directory,
            compute=compute,
            runner=compute.runner if runner == "auto" else runner,
            top_k=None if every else top_k,
            is_wide=wide,
            replace=force,
        )
    )
    report = {
        "out": str(out),
        "tagged": done.num_tagged,
        "failed": done.num_failed,
        "other_files": done.num_others,
        "bundle": done.bundle,
        "calibrated": done.is_calibrated,
        "runner": done.runner,
        "quarantine": str(done.quarantine) if done.quarantine else None,
    }
    lines = [f"Tagged {done.num_tagged:,} pictures with the bundle {done.bundle}: {out}"]
    if not done.is_calibrated:
        lines.append("No label stood behind this bundle: its probabilities are scores, no more.")
    if done.quarantine:
        lines.append(f"{done.num_failed:,} could not be used, and why: {done.quarantine}")
    if done.num_others:
        lines.append(f"{done.num_others:,} other files are no pictures by their names.")
    return Answer(report, lines, 0 if done.num_tagged else 2)


def _bundle(project: Path, bundle: Path | None) -> "tuple[Path, EmbedSettings]":
    """The bundle's directory, and what the project says about computing."""
    from project.layout import Layout
    from project.registry import open_registry
    from project.settings import EmbedSettings, load_settings
    from serving.release import released_bundle

    layout = Layout(project)
    if bundle is not None:
        if not bundle.is_dir():
            raise InputError(f"{bundle} is no directory; name that of a bundle, like data/bundle.")
        compute = load_settings(layout.params).embed if layout.params.exists() else EmbedSettings()
        return bundle, compute
    settings = load_settings(layout.params)
    directory = released_bundle(open_registry(settings, layout)).directory
    return directory, settings.embed
