"""The formats of labels that prepare reads; apart, since the command line imports them lightly."""

from typing import Literal

SourceKind = Literal[
    "coco",
    "voc",
    "yolo",
    "csv",
    "parquet",
    "folder",
    "jsonl",
    "images",
    "nuswide",
    "cub",
    "formatted",
]
