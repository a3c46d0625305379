"""The prepared tables as data frames, with the columns that rules look at."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from components.data.examples import EXAMPLE_SCHEMA, QUARANTINE_SCHEMA, SPLITS
from components.data.quarantine_reasons import LOST_IMAGE
from components.errors import ArtefactError
from components.labels.states import PRESENT
from components.labels.tables import LABEL_SCHEMA
from components.labels.vocabulary import Vocabulary
from project.layout import Layout

_LOST = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What prepare wrote, as it lies on disk; nothing about it is taken for granted."""

    examples: pd.DataFrame
    labels: pd.DataFrame
    quarantine: pd.DataFrame
    columns: pd.DataFrame
    """Table, column, type and expected type of every column."""
    vocabulary: Vocabulary


def read_prepared(layout: Layout) -> Prepared:
    """Read the tables whatever their columns; missing ones are filled with nulls.

    Raises:
        ArtefactError: If a file is missing or is no Parquet table at all.
    """
    frames: list[pd.DataFrame] = []
    columns: list[dict[str, str]] = []
    for path, schema in (
        (layout.examples, EXAMPLE_SCHEMA),
        (layout.labels, LABEL_SCHEMA),
        (layout.quarantine, QUARANTINE_SCHEMA),
    ):
        table = _read(path)
        columns += _column_types(path.name, table.schema, schema)
        frames.append(table.to_pandas().reindex(columns=schema.names))
    examples, labels, quarantine = frames
    return Prepared(
        examples, labels, quarantine, pd.DataFrame(columns), Vocabulary.load(layout.vocabulary)
    )


def rule_frames(prepared: Prepared, root: Path) -> dict[str, pd.DataFrame]:
    """Every table that a rule may name."""
    examples = _examined(prepared.examples, root)
    # Great Expectations passes over nulls, so they become values that no rule allows.
    labels = prepared.labels.assign(
        state=prepared.labels["state"].fillna(0),
        provenance=prepared.labels["provenance"].fillna(""),
        in_vocabulary=prepared.labels["label"].isin(prepared.vocabulary.names),
        has_image=prepared.labels["example_id"].isin(examples["id"]),
    )
    costs_image = prepared.quarantine["reason"].isin(LOST_IMAGE)
    lost = prepared.quarantine[costs_image].drop_duplicates(["path", "example_id"])
    positives = positives_by_split(examples, labels, prepared.vocabulary.names)
    return {
        "columns": prepared.columns,
        "examples": examples,
        "labels": labels,
        "splits": _splits(examples, positives, is_labelled=bool(len(labels))),
        **{
            f"classes_{split}": pd.DataFrame(
                {"label": prepared.vocabulary.names, "positives": positives[split].to_numpy()}
            )
            for split in SPLITS
        },
        "quarantined_images": lost,
        "quarantined_annotations": prepared.quarantine[~costs_image],
        "quarantine_share": _share(len(lost), len(examples)),
    }


def positives_by_split(
    examples: pd.DataFrame, labels: pd.DataFrame, names: Sequence[str]
) -> pd.DataFrame:
    """Known positives of each class (rows) among the photographs of each split (columns)."""
    photos = examples.loc[examples["modality"] == "photo", ["id", "split"]]
    present = labels.loc[labels["state"] == PRESENT, ["example_id", "label"]]
    joined = present.merge(photos, left_on="example_id", right_on="id")
    counts = joined.groupby(["label", "split"]).size().unstack(fill_value=0)
    return counts.reindex(index=list(names), columns=list(SPLITS), fill_value=0)


def _read(path: Path) -> pa.Table:
    if not path.exists():
        raise ArtefactError(f"{path} does not exist; run `efuda run prepare` first.")
    try:
        return pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as fault:
        raise ArtefactError(
            f"{path} is not a Parquet table ({fault}); run `efuda run --force prepare`."
        ) from None


def _column_types(name: str, found: pa.Schema, expected: pa.Schema) -> list[dict[str, str]]:
    columns = dict.fromkeys([*expected.names, *found.names])
    return [
        {"table": name, "column": column, "type": _type(found, column)}
        | {"expected": _type(expected, column)}
        for column in columns
    ]


def _type(schema: pa.Schema, column: str) -> str:
    if column not in schema.names:
        return "no such column"
    # The name of a list's items differs between writers and means nothing.
    return str(schema.field(column).type).replace("item: ", "").replace("element: ", "")


def _examined(examples: pd.DataFrame, root: Path) -> pd.DataFrame:
    width = pd.to_numeric(examples["width"], errors="coerce")
    height = pd.to_numeric(examples["height"], errors="coerce")
    shorter, longer = width.combine(height, min), width.combine(height, max)
    return examples.assign(
        split=examples["split"].fillna(""),
        modality=examples["modality"].fillna(""),
        file_exists=[isinstance(p, str) and (root / p).is_file() for p in examples["path"]],
        captions_are_text=[_are_text(captions) for captions in examples["captions"]],
        shorter_side_px=shorter,
        aspect=longer / shorter.clip(lower=1),
    )


def _are_text(captions: Any) -> bool:
    if captions is None or isinstance(captions, float):
        return True
    return all(_is_text(caption) for caption in captions)


def _is_text(caption: object) -> bool:
    if not isinstance(caption, str) or not caption.strip() or _LOST in caption:
        return False
    return not any(unicodedata.category(sign) == "Cc" and not sign.isspace() for sign in caption)


def _splits(examples: pd.DataFrame, positives: pd.DataFrame, *, is_labelled: bool) -> pd.DataFrame:
    photos = examples.loc[examples["modality"] == "photo", "split"].value_counts()
    table = pd.DataFrame(
        {
            "split": list(SPLITS),
            "photos": [int(photos.get(split, 0)) for split in SPLITS],
            "known_positives": [int(positives[split].sum()) for split in SPLITS],
        }
    )
    # Where no label is known, nothing is learned, chosen or measured on any split.
    return table if is_labelled else table[table["photos"] > 0]


def _share(num_lost: int, num_kept: int) -> pd.DataFrame:
    total = num_lost + num_kept
    return pd.DataFrame(
        {"images": [num_lost], "of": [total], "share": [num_lost / total if total else 0.0]}
    )
