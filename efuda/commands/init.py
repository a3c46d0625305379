"""`efuda init`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from components.encoders.config import FORMS
from efuda.command_answer import Answer
from project.source_kinds import SourceKind


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty directory.")],
    images: Annotated[
        Path,
        typer.Option(help="Folder of the images; with --published: of the whole data set."),
    ],
    names: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help='The labels you want, such as "dog,cat,bird"; a file with one a line; or a YAML '
            "file that says what they mean. Without labels of your own all else is left out.",
        ),
    ] = None,
    source: Annotated[SourceKind | None, typer.Option(help="The format of the labels.")] = None,
    annotations: Annotated[Path | None, typer.Option(help="File or folder of the labels.")] = None,
    captions: Annotated[
        Path | None,
        typer.Option(
            help="File of the captions; without labels: .jsonl, .csv, .parquet or COCO .json."
        ),
    ] = None,
    sketches: Annotated[
        Path | None, typer.Option(help="Folder of sketches, one sub-folder a label.")
    ] = None,
    published: Annotated[
        str | None,
        typer.Option(
            metavar="PROTOCOL",
            help="A published protocol in place of --source, --annotations and --hide, such as "
            "voc2012-single-positive; a wrong name lists them all.",
        ),
    ] = None,
    schedule: Annotated[
        Literal["cached", "published"],
        typer.Option(
            help="With --published: Efuda's own schedule for a head on cached vectors, or the "
            "published one, which is of networks trained end to end."
        ),
    ] = "cached",
    encoder: Annotated[
        str | None,
        typer.Option(help=f"{FORMS} (default: conse; with --published: the published one)."),
    ] = None,
    hide: Annotated[
        str | None,
        typer.Option(
            metavar="PROTOCOL",
            help="Hide known labels to measure how well they are found: single-positive, "
            "partial:SHARE (of the cells) or few:SHARE (of the images) stay known; "
            "single-positive@cole, partial:SHARE@hcp and few:SHARE@cap draw as released code does.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The project's name (default: the directory's).")
    ] = None,
) -> Answer:
    """Make a project from your images and labels, or from images and the names of labels."""
    from efuda.new_project.create import FILES, make_project
    from efuda.new_project.options import NewProject

    made = make_project(
        NewProject(
            directory=directory,
            images=images,
            names=names,
            source=source,
            annotations=annotations,
            captions=captions,
            sketches=sketches,
            published=published,
            schedule=schedule,
            encoder=encoder,
            hide=hide,
            name=name,
        )
    )
    title = made.settings.project.name
    report: dict[str, object] = {"project": str(directory), "name": title, "files": list(FILES)}
    if made.published is not None:
        report["published"] = made.published
    lines = [
        f"Made the project {title!r} in {directory}.",
        *made.told,
        f"Next: cd {directory} && efuda doctor && efuda run",
    ]
    return Answer(report, lines)
