"""Pascal VOC XML, one file an image; the user's own files with additions where there are any.

VOC has no word for "nobody looked". A file of which some cell is unknown says
``<exhaustive>0</exhaustive>`` and names the labels known to be ``<absent>``; Efuda reads both,
other tools pass over them.
"""

import re
from pathlib import Path
from xml.etree import ElementTree

from components.errors import InputError
from components.exports.label_export import ExportedImage, LabelExport, Written
from components.labels.states import ABSENT, PRESENT, UNKNOWN

FOLDER = "Annotations"
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold, or gives back as another."""


def write(export: LabelExport, out: Path) -> Written:
    """Write ``Annotations`` and, with the split of each image, ``ImageSets/Main``."""
    _require_xml(export)
    own = _own_files(export)
    # A label without any box is named nowhere else.
    unseen = {
        label
        for label, shown in zip(export.labels, (export.states == PRESENT).any(axis=0), strict=True)
        if not shown
    }
    names_taken: set[str] = set()
    num_whole = 0
    splits: dict[str, list[str]] = {}
    for row, image in enumerate(export.images):
        annotation = _parsed(own.get(image.stem) or own.get(Path(image.stem).name))
        if annotation is None:
            if not export.states[row].any():
                continue  # nobody said anything: it is not listed
            annotation = _new(image)
        num_whole += _fill(annotation, export, row, unseen)
        name = image.stem if image.stem not in names_taken else image.image
        names_taken.add(name)
        splits.setdefault(image.split, []).append(name)
        path = out / FOLDER / f"{name}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        ElementTree.indent(annotation)
        path.write_text(ElementTree.tostring(annotation, "unicode") + "\n", encoding="utf-8")
    (out / FOLDER).mkdir(exist_ok=True)
    for split, names in splits.items():
        path = out / "ImageSets" / "Main" / f"{split}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return Written(FOLDER, _notes(export, num_whole))


def _notes(export: LabelExport, num_whole: int) -> tuple[str, ...]:
    notes: list[str] = []
    if num_whole:
        notes.append(f"{num_whole:,} labels have no box: theirs covers the whole picture.")
    if export.num_unknown:
        notes.append(
            f"{export.num_unknown:,} cells are unknown. Files that have one say "
            "<exhaustive>0</exhaustive> and name what is <absent>; a tool that does not read this "
            "takes silence for absence."
        )
    return tuple(notes)


def _require_xml(export: LabelExport) -> None:
    for text in (*export.labels, *(image.image for image in export.images)):
        if _NOT_XML.search(text):
            raise InputError(
                f"{text!r} holds a character that XML cannot; export to another format."
            )


def _own_files(export: LabelExport) -> dict[str, Path]:
    """The source's files, by their place without suffix and by their bare name."""
    found: dict[str, Path] = {}
    for folder in export.own.paths if export.own else ():
        for path in sorted(folder.rglob("*.xml"), reverse=True):
            found[path.stem] = path
        for path in folder.rglob("*.xml"):
            found[path.relative_to(folder).with_suffix("").as_posix()] = path
    return found


def _parsed(path: Path | None) -> ElementTree.Element | None:
    data = path.read_bytes() if path else b""
    if not data or b"<!ENTITY" in data:
        return None
    try:
        annotation = ElementTree.fromstring(data)  # noqa: S314 (entities are refused above)
    except (ElementTree.ParseError, LookupError, ValueError):
        return None
    return annotation if annotation.tag == "annotation" else None


def _new(image: ExportedImage) -> ElementTree.Element:
    annotation = ElementTree.Element("annotation")
    _child(annotation, "filename", image.image)
    size = _child(annotation, "size")
    for name, value in (("width", image.width), ("height", image.height), ("depth", 3)):
        _child(size, name, str(value))
    _child(annotation, "segmented", "0")
    return annotation


def _fill(annotation: ElementTree.Element, export: LabelExport, row: int, unseen: set[str]) -> int:
    """Bring a file to what is known; returns how many boxes were made up."""
    image, states = export.images[row], dict(zip(export.labels, export.states[row], strict=True))
    boxed: set[str] = set()
    for box in annotation.findall("object"):
        name = (box.findtext("name") or "").strip()
        is_difficult = (box.findtext("difficult") or "0").strip() == "1"
        state = states.get(name, PRESENT)
        if state == ABSENT or (state == UNKNOWN and not is_difficult):
            annotation.remove(box)
        elif not is_difficult:
            boxed.add(name)
    missing = [label for label in export.present(row) if label not in boxed]
    for label in missing:
        _add_whole(annotation, image, label, export.origin(image.image, label))
    for name in ("exhaustive", "absent"):
        for old in annotation.findall(name):
            annotation.remove(old)
    is_exhaustive = UNKNOWN not in export.states[row]
    if not is_exhaustive:
        _child(annotation, "exhaustive", "0")
    for label in export.names_of(row, ABSENT):
        if not is_exhaustive or label in unseen:
            _child(annotation, "absent", label)
    return len(missing)


def _add_whole(
    annotation: ElementTree.Element, image: ExportedImage, label: str, origin: dict[str, object]
) -> None:
    box = _child(annotation, "object")
    _child(box, "name", label)
    for name, value in (("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")):
        _child(box, name, value)
    place = _child(box, "bndbox")
    for name, value in (("xmin", 1), ("ymin", 1), ("xmax", image.width), ("ymax", image.height)):
        _child(place, name, str(value))
    told = _child(box, "efuda")
    for name, value in origin.items():
        _child(told, name, f"{value:.4g}" if isinstance(value, float) else str(value))


def _child(parent: ElementTree.Element, name: str, text: str | None = None) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, name)
    made.text = text
    return made
