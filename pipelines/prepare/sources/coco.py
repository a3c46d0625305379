"""COCO instances JSON: boxes or masks become labels of the image.

Nothing is fetched: the addresses that such files carry are ignored.
"""

from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Any

from components.data.examples import Split
from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.paths import list_images
from pipelines.prepare.sources.records import SourceRecords
from pipelines.prepare.sources.text_files import read_json_file
from project.settings.source import SourceSettings


def read(source: SourceSettings, root: Path) -> SourceRecords:
    """Read a COCO file, or one a split (``split_files``); ids are the files' own image ids.

    Every category that is not annotated in a listed image is absent there,
    unless ``exhaustive`` is false or the image has ``neg_category_ids`` (as in LVIS): then
    only those are. A file without categories (captions alone) gives images without labels.
    """
    files: list[tuple[Split | None, str]] = [*source.split_files.items()]
    if source.annotations is not None:
        files.append((None, source.annotations))
    if not files:
        raise InputError("A coco source needs source.annotations: the instances JSON file.")
    collector = RecordCollector(source.images, files[0][1])
    places = _places(root / source.images) if source.split_files else {}
    names: dict[str, str] = {}
    for split, file in files:
        path = root / file
        content = _checked(read_json_file(path), path)
        of_file = _category_names(content.get("categories") or [], collector)
        _require_same(names, of_file, path)
        names.update(of_file)
        images = _images(content["images"], collector)
        present = _present(content.get("annotations") or [], of_file, images, collector)
        listed_absent = bool(of_file) and source.exhaustive is not False
        absent = _listed_absent(content["images"], of_file)
        for image_id, file_name in images:
            shown = dict.fromkeys(present.get(image_id, ()), PRESENT)
            by_silence = listed_absent and image_id not in absent
            collector.add(
                image=places.get(file_name, file_name),
                example_id=image_id,
                where=f"images, id {image_id},",
                cells=dict.fromkeys(absent.get(image_id, ()), ABSENT) | shown,
                rest=ABSENT if by_silence else UNKNOWN,
                split=split,
            )
    collector.labels_from = "the categories of the file"
    return collector.finish(list(names.values()), declared=True)


def _places(images: Path) -> dict[str, str]:
    """Where images lie, by name: the published files leave out train2014/ and val2014/."""
    places: dict[str, str] = {}
    for image in list_images(images):
        places.setdefault(PurePosixPath(image).name, image)
    return places


def _require_same(names: dict[str, str], more: dict[str, str], path: Path) -> None:
    for number, name in more.items():
        if names.get(number, name) != name:
            raise InputError(
                f"{path} calls category {number} {name!r}, but another split calls it "
                f"{names[number]!r}; the files of source.split_files must be of one data set."
            )


def _checked(content: Any, path: Path) -> dict[str, Any]:
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        raise InputError(
            f"{path} is JSON but not a COCO file: it needs an object with a list 'images' "
            "(and 'annotations' and 'categories')."
        )
    for key in ("annotations", "categories"):
        if content.get(key) is not None and not isinstance(content[key], list):
            raise InputError(f"{path}: {key!r} must be a list, as COCO has it.")
    return content


def _category_names(categories: list[Any], collector: RecordCollector) -> dict[str, str]:
    names: dict[str, str] = {}
    for position, category in enumerate(categories):
        if not isinstance(category, dict) or "id" not in category:
            collector.fault(SourceReason.BAD_ROW, f"categories[{position}] has no id")
            continue
        name = str(category.get("name") or "").strip()
        if not name:
            collector.fault(
                SourceReason.EMPTY_LABEL,
                f"categories[{position}] (id {category['id']}) has no name",
            )
            continue
        names.setdefault(str(category["id"]), name)
    return names


def _images(entries: list[Any], collector: RecordCollector) -> list[tuple[str, str]]:
    images: list[tuple[str, str]] = []
    for position, entry in enumerate(entries):
        if not isinstance(entry, dict) or entry.get("id") in (None, ""):
            collector.fault(SourceReason.BAD_ROW, f"images[{position}] has no id")
        elif not isinstance(entry.get("file_name"), str) or not entry["file_name"]:
            collector.fault(
                SourceReason.BAD_ROW,
                f"images[{position}] has no file_name",
                example_id=str(entry["id"]),
            )
        else:
            images.append((str(entry["id"]), entry["file_name"]))
    return images


def _listed_absent(entries: list[Any], names: dict[str, str]) -> dict[str, set[str]]:
    """The labels that were looked for and not found, by the id of each image that lists them."""
    return {
        str(entry["id"]): {names[key] for each in listed if (key := str(each)) in names}
        for entry in entries
        if isinstance(entry, dict) and isinstance(listed := entry.get("neg_category_ids"), list)
        if entry.get("id") not in (None, "")
    }


def _present(
    annotations: list[Any],
    names: dict[str, str],
    images: list[tuple[str, str]],
    collector: RecordCollector,
) -> dict[str, set[str]]:
    known_ids = {image_id for image_id, _ in images}
    strangers: dict[str, int] = defaultdict(int)
    present: dict[str, set[str]] = defaultdict(set)
    for position, annotation in enumerate(annotations):
        if not isinstance(annotation, dict) or "image_id" not in annotation:
            collector.fault(SourceReason.BAD_ROW, f"annotations[{position}] has no image_id")
            continue
        if "category_id" not in annotation:
            if "caption" not in annotation:
                collector.fault(SourceReason.BAD_ROW, f"annotations[{position}] has no category_id")
            continue
        image_id, category = str(annotation["image_id"]), str(annotation["category_id"])
        if image_id not in known_ids:
            strangers[image_id] += 1
        elif category not in names:
            collector.unknown_label(f"category_id {category}")
        else:
            present[image_id].add(names[category])
    for image_id, count in strangers.items():
        collector.fault(
            SourceReason.UNKNOWN_IMAGE,
            f"{count} annotation(s) are of image {image_id}, which 'images' does not list",
            example_id=image_id,
        )
    return present
