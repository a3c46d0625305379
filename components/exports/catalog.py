"""Every format that labels are exported to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from components.exports import coco, json_lines, tables, voc, yolo
from components.exports.label_export import LabelExport, Written

FormatName = Literal["coco", "voc", "yolo", "csv", "parquet", "jsonl"]


@dataclass(frozen=True, slots=True)
class Format:
    """One format; the kind of source of the same name reads it again."""

    name: FormatName
    write: Callable[[LabelExport, Path], Written]
    provenance: Literal["csv", "parquet"] = "csv"


FORMATS: Mapping[str, Format] = {
    row.name: row
    for row in (
        Format("coco", coco.write),
        Format("voc", voc.write),
        Format("yolo", yolo.write),
        Format("csv", tables.write_csv),
        Format("parquet", tables.write_parquet, provenance="parquet"),
        Format("jsonl", json_lines.write),
    )
}
