"""Pascal VOC XML: one file an image, one object a box."""

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from components.data.examples import Split
from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.encodings import state_table
from pipelines.prepare.sources.paths import joined, list_images, require_folder
from pipelines.prepare.sources.records import SourceRecords
from pipelines.prepare.sources.splits import read_split_lists
from project.settings.source import SourceSettings, StateName


def read(source: SourceSettings, root: Path) -> SourceRecords:
    """Read a folder of VOC files, sub-folders included.

    A label without a box is absent, unless ``exhaustive`` is false or the file says
    ``<exhaustive>0</exhaustive>``; then only labels named ``<absent>`` are. A label of
    which every box is marked difficult gets the state ``source.difficult``:
    many loaders silently count it as absent, here it is unknown by default.
    A damaged file is set aside; its image then counts as not listed. With
    ``split_files`` only the images on those lists are read, such as
    ImageSets/Main/train.txt and val.txt.
    """
    if source.annotations is None:
        raise InputError("A voc source needs source.annotations: the folder of XML files.")
    folder = root / source.annotations
    require_folder(folder, "source.annotations")
    collector = RecordCollector(source.images, source.annotations)
    images = list_images(root / source.images)
    on_disk, by_stem = set(images), {Path(image).stem: image for image in reversed(images)}
    names: set[str] = set()
    listed = read_split_lists(source.split_files, root, collector)
    for path in _files(folder, listed, collector):
        place = joined(source.annotations, path.relative_to(folder).as_posix())
        annotation = _parse(path, place, collector)
        if annotation is None:
            continue
        written = (annotation.findtext("filename") or "").strip()
        # Tools often write a name without suffix, or one from before a rename.
        fallback = by_stem.get(path.stem, written or f"{path.stem}.jpg")
        cells = _cells(annotation, place, source.difficult, collector)
        names.update(cells)
        collector.add(
            image=written if written in on_disk or _escapes(written) else fallback,
            where=place,
            cells=cells,
            rest=ABSENT if _is_exhaustive(annotation, source) else UNKNOWN,
            split=listed.get(path.stem),
        )
    collector.labels_from = "the names of the objects in the XML files"
    return collector.finish(sorted(names))


def _files(folder: Path, listed: Mapping[str, Split], collector: RecordCollector) -> list[Path]:
    found = sorted(folder.rglob("*.xml"))
    if not listed:
        return found
    by_stem = {path.stem: path for path in reversed(found)}
    for stem in sorted(listed.keys() - by_stem.keys()):
        collector.fault(
            SourceReason.MISSING_FILE,
            f"the {listed[stem]} list names {stem}, of which there is no XML file",
            example_id=stem,
        )
    return [by_stem[stem] for stem in listed if stem in by_stem]


def _escapes(written: str) -> bool:
    return written.startswith("/") or ".." in Path(written).parts


def _parse(path: Path, place: str, collector: RecordCollector) -> ElementTree.Element | None:
    data = path.read_bytes()
    try:
        if b"<!ENTITY" in data:
            raise ElementTree.ParseError("it defines entities, which VOC files have no use for")
        annotation = ElementTree.fromstring(data)  # noqa: S314 (entities are refused above)
        if annotation.tag != "annotation":
            raise ElementTree.ParseError(f"its root is <{annotation.tag}>, not <annotation>")
    except (ElementTree.ParseError, LookupError, ValueError) as fault:
        collector.fault(SourceReason.BAD_ANNOTATION, f"not a VOC file: {fault}", path=place)
        return None
    return annotation


def _is_exhaustive(annotation: ElementTree.Element, source: SourceSettings) -> bool:
    """Whether silence about a label means absence; the settings count more than the file."""
    if source.exhaustive is not None:
        return source.exhaustive
    return (annotation.findtext("exhaustive") or "1").strip() != "0"


def _cells(
    annotation: ElementTree.Element, place: str, difficult: StateName, collector: RecordCollector
) -> dict[str, int]:
    named = (absent.text or "" for absent in annotation.iterfind("absent"))
    cells = {name: ABSENT for each in named if (name := each.strip())}
    difficult_state = state_table("canonical")[difficult]
    for position, box in enumerate(annotation.iterfind("object"), start=1):
        name = (box.findtext("name") or "").strip()
        if not name:
            collector.fault(SourceReason.EMPTY_LABEL, f"object {position} has no name", path=place)
        elif (box.findtext("difficult") or "0").strip() == "1":
            cells.setdefault(name, difficult_state)
        else:
            cells[name] = PRESENT
    return cells
