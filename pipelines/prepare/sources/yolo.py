"""YOLO text files: one file an image, one line a box, classes by number."""

from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.paths import joined, list_images, require_folder
from pipelines.prepare.sources.records import SourceRecord, SourceRecords
from pipelines.prepare.sources.splits import split_of_folder
from pipelines.prepare.sources.text_files import read_text
from project.settings.source import SourceSettings

_NAME_FILES = ("data.yaml", "dataset.yaml", "classes.txt", "obj.names", "names.txt")


def read(source: SourceSettings, root: Path) -> SourceRecords:
    """Read label files that mirror the folder of images.

    ``images/train/a.jpg`` belongs to ``labels/train/a.txt``; without
    ``source.annotations`` the text files lie beside the images. An empty file
    says that nothing is there; an image without a file is unknown.
    """
    place = source.annotations or source.images
    folder = root / place
    require_folder(folder, "source.annotations")
    names = class_names(source, root, folder)
    collector = RecordCollector(source.images, place)
    images = list_images(root / source.images)
    label_files = _label_files(folder, Path(source.names or "").name)
    used: dict[str, str] = {}
    rest = ABSENT if _is_exhaustive(source, root, folder) else UNKNOWN
    for image in images:
        stem = PurePosixPath(image).with_suffix("").as_posix()
        path = label_files.get(stem)
        if path is None:
            continue
        where = joined(place, f"{stem}.txt")
        # Two pictures of one stem share a label file: keep the first, by its id.
        first = used.setdefault(stem, image)
        cells = _cells(path, where, names, collector) if first == image else {}
        collector.add(
            image=image,
            example_id=first,
            where=where,
            cells=cells,
            rest=rest,
            split=split_of_folder(image),
        )
    for stem in sorted(label_files.keys() - used.keys()):
        where = joined(place, f"{stem}.txt")
        record = SourceRecord(
            id="",
            path="",
            image=stem,
            cells=_cells(label_files[stem], where, names, collector),
            rest=rest,
            where=where,
        )
        detail = "there is no image for this label file"
        collector.stray(record, SourceReason.MISSING_FILE, detail, path=where)
    collector.labels_from = "the class names of the YOLO files"
    return collector.finish(names, declared=True)


def _label_files(folder: Path, name_file: str) -> dict[str, Path]:
    """Label files by the stem that their image has too."""
    return {
        path.relative_to(folder).with_suffix("").as_posix(): path
        for path in sorted(folder.rglob("*.txt"))
        if path.name not in (*_NAME_FILES, name_file)
    }


def _cells(path: Path, where: str, names: list[str], collector: RecordCollector) -> dict[str, int]:
    cells: dict[str, int] = {}
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as fault:
        collector.fault(SourceReason.BAD_ANNOTATION, f"not UTF-8 text: {fault}", path=where)
        return cells
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if not fields:
            continue
        column = _class_number(fields)
        if column is None:
            collector.fault(
                SourceReason.BAD_ROW,
                f"line {number} is not a class number and a box: {line[:60]!r}",
                path=where,
            )
        elif column >= len(names):
            collector.unknown_label(f"number {column} (of {len(names)} names)")
        elif names[column]:
            cells[names[column]] = PRESENT
    return cells


def _class_number(fields: list[str]) -> int | None:
    """The class of a line, if the line is a box or a polygon."""
    if len(fields) < 5:
        return None
    try:
        number = int(fields[0])
        for field in fields[1:]:
            float(field)
    except ValueError:
        return None
    return number if number >= 0 else None


def class_names(source: SourceSettings, root: Path, folder: Path) -> list[str]:
    """The names of the classes by number; empty where a number has none.

    Raises:
        InputError: If no file names them, and the vocabulary is not given.
    """
    file = _name_file(source, root, folder)
    if file is not None:
        return _names_of(file)
    if source.vocabulary is not None:
        return list(source.vocabulary)
    raise InputError(
        f"The yolo source has no names for its classes: none of {', '.join(_NAME_FILES)} lies in "
        f"{folder} or above it. Set source.names to the file, or list them in source.vocabulary."
    )


def _name_file(source: SourceSettings, root: Path, folder: Path) -> Path | None:
    if source.names is not None:
        return root / source.names
    for place in (folder, folder.parent, root / source.images, (root / source.images).parent):
        for name in _NAME_FILES:
            if (place / name).is_file():
                return place / name
    return None


def _is_exhaustive(source: SourceSettings, root: Path, folder: Path) -> bool:
    """Whether a class without a line is absent; the settings count more than ``data.yaml``."""
    if source.exhaustive is not None:
        return source.exhaustive
    file = _name_file(source, root, folder)
    if file is None or file.suffix not in (".yaml", ".yml"):
        return True
    content: Any = yaml.safe_load(read_text(file))
    return not (isinstance(content, dict) and content.get("exhaustive") is False)


def _names_of(path: Path) -> list[str]:
    text = read_text(path)
    if path.suffix not in (".yaml", ".yml"):
        return [line.strip() for line in text.splitlines()]
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise InputError(f"{path} is not valid YAML: {fault}") from None
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, dict) and names and all(isinstance(key, int) for key in names):
        return [str(names.get(number, "")).strip() for number in range(max(names) + 1)]
    if isinstance(names, list) and names:
        return [str(name).strip() for name in names]
    raise InputError(f"{path} needs 'names': a list, or a mapping from number to name.")
