"""The folder of what people decided: git tracks it, and prepare depends on it.

It lies outside ``data``, which git ignores, and it always exists, since DVC
refuses a dependency that does not.
"""

import pyarrow as pa
import pyarrow.parquet as pq

from components.atomic import atomic_path, write_text
from components.errors import ArtefactError, InputError
from components.labels.tables import LABEL_SCHEMA
from project.layout import Layout

REVIEWED_SCHEMA = pa.schema(
    [*LABEL_SCHEMA, ("reviewer", pa.string()), ("date", pa.string()), ("note", pa.string())]
)
"""One row a decided cell; who, when and why may be empty."""

README = """\
# What people decided

`labels.parquet`, where it is, holds one row a cell that a person decided:
`example_id`, `label`, `state` (1 present, -1 absent, 0 cannot be known),
`provenance` (`reviewed`), and, where they were given, `reviewer`, `date` and `note`.
`efuda labels import decisions.csv` writes it. These cells override what the source
says and are never hidden. Commit this folder: `efuda run` prepares anew when it changes.
"""


def make_reviewed_folder(layout: Layout) -> None:
    """Make the folder with its README, unless they are there."""
    readme = layout.reviewed / "README.md"
    if not readme.exists():
        write_text(readme, README)


def read_reviewed(layout: Layout) -> pa.Table:
    """What people decided, of :data:`REVIEWED_SCHEMA`; empty where there is no file.

    Raises:
        ArtefactError: If the file cannot be read or lacks a column of labels.
    """
    path = layout.reviewed_labels
    if not path.exists():
        return REVIEWED_SCHEMA.empty_table()
    try:
        table = pq.read_table(path)
        for field in REVIEWED_SCHEMA:
            # A file that a program of the user's wrote has the four columns of labels alone.
            if field.name not in table.column_names and field.name not in LABEL_SCHEMA.names:
                table = table.append_column(field, pa.nulls(table.num_rows, pa.string()))
        return table.select(REVIEWED_SCHEMA.names).cast(REVIEWED_SCHEMA)
    except (pa.ArrowInvalid, ValueError, KeyError) as fault:
        raise ArtefactError(f"{path} is not a table of reviewed labels: {fault}") from None


def write_reviewed(layout: Layout, table: pa.Table) -> None:
    """Replace what people decided, sorted so that equal decisions give equal bytes."""
    order = [("example_id", "ascending"), ("label", "ascending")]
    with atomic_path(layout.reviewed_labels) as temporary:
        pq.write_table(table.cast(REVIEWED_SCHEMA).sort_by(order), temporary, compression="zstd")


def refuse_unwatched_labels(layout: Layout) -> None:
    """Refuse reviewed labels where DVC does not see them: in the ignored ``data``.

    Raises:
        InputError: Saying where to move them.
    """
    unwatched = layout.root / "data" / "reviewed" / layout.reviewed_labels.name
    if unwatched.exists():
        place = layout.reviewed_labels.relative_to(layout.root)
        raise InputError(
            f"{unwatched.relative_to(layout.root)} is not read: reviewed labels belong in {place}, "
            f"which git tracks and DVC watches. Move the file there, or remove it."
        )
