"""One folder a class: each image shows at least the class of its folder."""

from pathlib import Path, PurePosixPath

from components.errors import InputError
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.paths import list_images
from pipelines.prepare.sources.records import SourceRecords
from pipelines.prepare.sources.splits import split_of
from project.settings.source import SourceSettings


def read(source: SourceSettings, root: Path) -> SourceRecords:
    """Read ``CLASS/…`` or, where all folders are named so, ``train/CLASS/…``.

    Other labels are unknown, since an image may show more than its folder
    says, unless ``exhaustive`` is true. Images outside any class are unknown
    throughout.
    """
    collector = RecordCollector(source.images, source.images)
    images = [PurePosixPath(image) for image in list_images(root / source.images)]
    if source.sketches is not None:
        images = [image for image in images if not _lies_in(image, source, root)]
    depth = 1 if _has_split_folders(images) else 0
    names: set[str] = set()
    for image in images:
        if len(image.parts) < depth + 2:
            continue
        name = image.parts[depth]
        names.add(name)
        collector.add(
            image=image.as_posix(),
            where=image.as_posix(),
            cells={name: PRESENT},
            rest=ABSENT if source.exhaustive else UNKNOWN,
            split=split_of(image.parts[0]) if depth else None,
        )
    # A class folder without an image is still a label: reported, not forgotten.
    names.update(_empty_classes(root / source.images, depth, source, root))
    if not names:
        raise InputError(
            f"{source.images} has no sub-folders with images; a folder source needs one a class."
        )
    collector.labels_from = "the names of the folders"
    return collector.finish(sorted(names))


def _has_split_folders(images: list[PurePosixPath]) -> bool:
    tops = {image.parts[0] for image in images if len(image.parts) > 1}
    nested = all(len(image.parts) > 2 for image in images)
    return nested and "train" in tops and all(split_of(top) for top in tops)


def _lies_in(image: PurePosixPath, source: SourceSettings, root: Path) -> bool:
    sketches = (root / (source.sketches or "")).resolve()
    return (root / source.images / image).resolve().is_relative_to(sketches)


def _empty_classes(folder: Path, depth: int, source: SourceSettings, root: Path) -> set[str]:
    sketches = (root / source.sketches).resolve() if source.sketches else None
    return {
        path.name
        for path in folder.glob("/".join(["*"] * (depth + 1)))
        if path.is_dir() and not path.name.startswith(".") and path.resolve() != sketches
    }
