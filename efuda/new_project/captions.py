"""A new project where there are captions and no labels."""

import os
from dataclasses import replace
from pathlib import Path

from components.errors import InputError
from efuda.new_project.options import NewProject
from project.settings import Settings
from project.settings.source import SourceSettings

_KINDS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}
TOLD = (
    "Captions and no labels: a label counts as present where a caption names it, and the recipe "
    "tagalign, which learns from whole captions, is compared with the others. Without "
    "source.vocabulary in params.yaml the things that captions name most often are the labels."
)


def take_captions_as_source(options: NewProject) -> NewProject:
    """Where captions are given and neither labels nor their format: the captions are the source.

    Raises:
        InputError: If the name of the file does not tell its format.
    """
    if options.source or options.annotations or options.captions is None:
        return options
    suffix = options.captions.suffix.lower()
    if suffix == ".json":
        return replace(options, source="coco", annotations=options.captions)
    if suffix in _KINDS:
        # Their captions are read with the rows; as captions beside them they would count twice.
        return replace(options, source=_KINDS[suffix], annotations=options.captions, captions=None)
    raise InputError(
        f"--captions is a .jsonl, .csv, .parquet or COCO .json file, got {options.captions}."
    )


def with_tagalign(settings: Settings, project: Path) -> Settings | None:
    """The settings with TagAlign among the recipes, if photographs have captions and no label.

    The source is read without opening an image, and only where it may hold captions. One
    that cannot be read is left to prepare, which says what is wrong with it.
    """
    source = settings.source
    if source.captions is None and source.kind not in _KINDS.values():
        return None
    from pipelines.prepare.sources.caption_labels import is_captions_only
    from pipelines.prepare.sources.catalog import read_source

    try:
        records = read_source(_from_here(source, project)).records
    except InputError:
        return None
    if not is_captions_only(records):
        return None
    recipes = tuple(name for name in settings.train.recipes if name != "efuda")
    train = settings.train.model_copy(update={"recipes": (*recipes, "tagalign", "efuda")})
    return settings.model_copy(update={"train": train})


def _from_here(source: SourceSettings, project: Path) -> SourceSettings:
    """The same with whole paths: the project's directory does not exist yet."""
    places = {
        name: os.path.normpath(project.resolve() / path)
        for name in ("images", "annotations", "captions", "sketches")
        if (path := getattr(source, name)) is not None
    }
    return source.model_copy(update=places)
