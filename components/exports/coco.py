"""COCO instances JSON; the user's own file with additions where that is what the source was.

A label without a box covers the whole picture and is marked ``iscrowd``, which training and
evaluation of detectors pass over. An image of which some cell is unknown lists its absent
categories in ``neg_category_ids``, as LVIS does, so that silence does not mean absence.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from components.atomic import read_json, write_text
from components.exports.label_export import ExportedImage, LabelExport, OwnAnnotations, Written
from components.labels.states import ABSENT, PRESENT, UNKNOWN

FILE = "instances.json"
_LISTS = ("images", "annotations", "categories")


def write(export: LabelExport, out: Path) -> Written:
    """Write ``instances.json``."""
    made = _CocoFile(export)
    num_removed = made.keep_own_annotations()
    num_whole = made.add_missing_annotations()
    made.list_absences()
    write_text(out / FILE, json.dumps(made.content, ensure_ascii=False) + "\n")
    notes: list[str] = []
    if export.own:
        notes.append(
            f"Your own file with {num_whole:,} annotations added, and {num_removed:,} left out "
            "whose label is not known to be present (any more)."
        )
    if num_whole:
        notes.append(
            f"{num_whole:,} labels have no box: they cover the whole picture, with iscrowd 1 and "
            'an object "efuda" that says where they come from.'
        )
    if export.num_unknown:
        notes.append(
            f"{export.num_unknown:,} cells are unknown. Images that have one list their absent "
            "categories in neg_category_ids, as LVIS does; a tool that does not read it takes "
            "silence for absence."
        )
    return Written(FILE, tuple(notes))


class _CocoFile:
    """The content of a COCO file while it is brought to what is known."""

    def __init__(self, export: LabelExport) -> None:
        self.export = export
        self.content = _own_content(export.own)
        self._label_of = _labels_by_id(self.content["categories"])
        self._ids_of: dict[str, list[Any]] = defaultdict(list)
        for category in self.content["categories"]:
            if _named(category):
                self._ids_of[str(category["name"]).strip()].append(category["id"])
        self._add_categories()
        self._entries, self._is_own = self._images()
        self._seen: list[set[str]] = [set() for _ in export.images]

    def keep_own_annotations(self) -> int:
        """Leave out those of cells that are not present; returns how many went.

        What is said of other images or other labels is not touched.
        """
        rows = {str(entry["id"]): row for row, entry in enumerate(self._entries)}
        columns = {label: column for column, label in enumerate(self.export.labels)}
        kept: list[Any] = []
        for annotation in self.content["annotations"]:
            given = annotation if isinstance(annotation, dict) else {}
            row = rows.get(str(given.get("image_id")))
            label = self._label_of.get(str(given.get("category_id")))
            if row is None or label is None:
                kept.append(annotation)
                continue
            column = columns.get(label)
            if column is None or self.export.states[row, column] == PRESENT:
                self._seen[row].add(label)
                kept.append(annotation)
        num_removed = len(self.content["annotations"]) - len(kept)
        self.content["annotations"] = kept
        return num_removed

    def add_missing_annotations(self) -> int:
        """One that covers the picture for each present label without one; returns how many."""
        annotations = self.content["annotations"]
        free = _free_id(annotations)
        before = len(annotations)
        for row, (image, entry) in enumerate(zip(self.export.images, self._entries, strict=True)):
            for label in self.export.present(row):
                if label not in self._seen[row]:
                    annotations.append(
                        {
                            "id": free + len(annotations) - before,
                            "image_id": entry["id"],
                            "category_id": self._ids_of[label][0],
                            **_whole_picture(image),
                            "efuda": self.export.origin(image.image, label),
                        }
                    )
        return len(annotations) - before

    def list_absences(self) -> None:
        """Fill ``neg_category_ids`` of each image for which silence is not absence."""
        ours = {id_ for label in self.export.labels for id_ in self._ids_of[label]}
        silent_absent = self.export.own is not None and self.export.own.exhaustive
        for row, entry in enumerate(self._entries):
            federated = "neg_category_ids" in entry
            if not federated and UNKNOWN not in self.export.states[row]:
                continue
            absent = [
                id_ for label in self.export.names_of(row, ABSENT) for id_ in self._ids_of[label]
            ]
            if federated:
                absent += [id_ for id_ in entry["neg_category_ids"] if id_ not in ours]
            elif self._is_own[row] and silent_absent:
                # Of labels that the project does not use, silence has meant absence so far.
                absent += [
                    id_
                    for label, ids in self._ids_of.items()
                    for id_ in ids
                    if id_ not in ours and label not in self._seen[row]
                ]
            entry["neg_category_ids"] = absent

    def _add_categories(self) -> None:
        free = _free_id(self.content["categories"])
        for label in self.export.labels:
            if label not in self._ids_of:
                self._ids_of[label] = [free]
                self.content["categories"].append({"id": free, "name": label})
                free += 1

    def _images(self) -> tuple[list[dict[str, Any]], list[bool]]:
        """The entry of each exported image: its own, or a new one."""
        entries = self.content["images"]
        own: dict[str, dict[str, Any]] = {}
        for entry in entries:
            if isinstance(entry, dict) and "id" in entry:
                own.setdefault(str(entry["id"]), entry)
        free = _free_id(entries)
        found: list[dict[str, Any]] = []
        for image in self.export.images:
            entry = own.get(image.id)
            if entry is None:
                entry = {
                    "id": free,
                    "file_name": image.image,
                    "width": image.width,
                    "height": image.height,
                }
                free += 1
                entries.append(entry)
            found.append(entry)
        return found, [image.id in own for image in self.export.images]


def _own_content(own: OwnAnnotations | None) -> dict[str, Any]:
    """The files of the source as one, without what makes them no COCO file."""
    content: dict[str, Any] = {name: [] for name in _LISTS}
    categories: dict[str, Any] = {}
    for path in own.paths if own else ():
        given = read_json(path)
        content = {**given, **content}
        for name in ("images", "annotations"):
            content[name] = [*content[name], *(given.get(name) or [])]
        for category in given.get("categories") or []:
            key = str(category.get("id")) if isinstance(category, dict) else str(len(categories))
            categories.setdefault(key, category)
    content["categories"] = list(categories.values())
    return content


def _named(category: Any) -> bool:
    return (
        isinstance(category, dict)
        and "id" in category
        and bool(str(category.get("name") or "").strip())
    )


def _labels_by_id(categories: list[Any]) -> dict[str, str]:
    return {str(each["id"]): str(each["name"]).strip() for each in categories if _named(each)}


def _free_id(entries: list[Any]) -> int:
    """Above every number that is taken."""
    taken = [each["id"] for each in entries if isinstance(each, dict) and "id" in each]
    return 1 + max((int(each) for each in taken if str(each).isdecimal()), default=0)


def _whole_picture(image: ExportedImage) -> dict[str, Any]:
    """All of the picture as a crowd: the label is there, nobody says where."""
    area = image.width * image.height
    return {
        "bbox": [0, 0, image.width, image.height],
        "area": area,
        "iscrowd": 1,
        "segmentation": {"counts": [0, area], "size": [image.height, image.width]},
    }
