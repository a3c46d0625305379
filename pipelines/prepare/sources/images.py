"""Photographs alone: nothing is known of them, and the labels are named in the settings."""

from pathlib import Path

from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.paths import list_images
from pipelines.prepare.sources.records import SourceRecords
from project.settings.source import SourceSettings


def read(source: SourceSettings, root: Path) -> SourceRecords:
    """Every image of the folder, each label of ``source.vocabulary`` unknown.

    Sketches, where their folder lies within, are not among them; without a vocabulary the
    labels are theirs.
    """
    sketches = (root / source.sketches).resolve() if source.sketches else None
    collector = RecordCollector(source.images, source.images)
    for image in list_images(root / source.images):
        path = (root / source.images / image).resolve()
        if sketches is None or not path.is_relative_to(sketches):
            collector.add(image=image, where=image)
    return collector.finish(source.vocabulary or ())
