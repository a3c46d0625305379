"""Sketches beside photographs: one folder a label."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from components.labels.spelling import loose
from components.labels.states import PRESENT
from pipelines.prepare.sources.paths import joined, list_images, require_folder
from pipelines.prepare.sources.records import SourceRecord
from project.settings.source import SourceSettings

ID_PREFIX = "sketch/"


def read_sketches(
    source: SourceSettings, root: Path, labels: Mapping[str, str]
) -> list[SourceRecord]:
    """The sketches of ``source.sketches``, each showing the label of its folder.

    A folder may write a label with ``_`` or ``-`` for a space and in other
    case, or be called by a synonym. Only that label is known; a sketch lists nothing else.

    Args:
        source: The section ``source`` of params.yaml.
        root: The project's root.
        labels: The label that each word stands for, by its loose spelling.
    """
    if source.sketches is None:
        return []
    folder = root / source.sketches
    require_folder(folder, "source.sketches")
    records: list[SourceRecord] = []
    for image in list_images(folder):
        parts = PurePosixPath(image).parts
        cells = {labels.get(loose(parts[0]), parts[0]): PRESENT} if len(parts) > 1 else {}
        records.append(
            SourceRecord(
                id=ID_PREFIX + image,
                path=joined(source.sketches, image),
                image=ID_PREFIX + image,
                cells=cells,
                modality="sketch",
            )
        )
    return records
