"""Which tags belong to which example, as compressed rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32, Int64

from components.captions.tag_vocabulary import TagVocabulary, tag_columns
from components.captions.tags import CaptionTags
from components.errors import InputError


@dataclass(frozen=True, slots=True)
class TagMatrix:
    """Sets of tags: row r has the columns ``columns[starts[r] : starts[r + 1]]``, rising.

    Attributes:
        starts: One more than there are rows.
        columns: Each at most once a row.
        num_tags: Columns in all.

    Raises:
        InputError: If starts and columns do not fit.
    """

    starts: Int64[np.ndarray, " rows_and_one"]
    columns: Int32[np.ndarray, " tags_given"]
    num_tags: int

    def __post_init__(self) -> None:
        whole = len(self.starts) and self.starts[0] == 0 and self.starts[-1] == len(self.columns)
        if not whole or (np.diff(self.starts) < 0).any():
            raise InputError("The starts of the rows do not fit the columns.")
        if len(self.columns) and not 0 <= self.columns.min() <= self.columns.max() < self.num_tags:
            raise InputError(f"A column lies outside the {self.num_tags} tags.")

    @classmethod
    def of_pairs(
        cls, rows: np.ndarray, columns: np.ndarray, *, num_rows: int, num_tags: int
    ) -> "TagMatrix":
        """The matrix that has the tag ``columns[i]`` in row ``rows[i]``; twice counts once.

        Raises:
            InputError: If a row or a column is outside.
        """
        if len(rows) and not 0 <= rows.min() <= rows.max() < num_rows:
            raise InputError(f"A row lies outside the {num_rows} rows.")
        cells = np.unique(rows.astype(np.int64) * max(num_tags, 1) + columns)
        starts = np.zeros(num_rows + 1, np.int64)
        np.cumsum(np.bincount(cells // max(num_tags, 1), minlength=num_rows), out=starts[1:])
        return cls(starts, (cells % max(num_tags, 1)).astype(np.int32), num_tags)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def used(self, rows: Sequence[int] | np.ndarray) -> Int32[np.ndarray, " tags"]:
        """The tags that any of the rows has, each once, rising."""
        parts = [self.columns[self.starts[row] : self.starts[row + 1]] for row in rows]
        return np.unique(np.concatenate([np.zeros(0, np.int32), *parts]))

    def dense(
        self, rows: Sequence[int] | np.ndarray, columns: np.ndarray | None = None
    ) -> Float32[np.ndarray, "rows tags"]:
        """1 where a row has a tag, else 0; only for the rows asked for.

        ``columns``, rising, holds at least all that these rows have; None stands for all tags.
        """
        width = self.num_tags if columns is None else len(columns)
        result = np.zeros((len(rows), width), np.float32)
        for place, row in enumerate(rows):
            own = self.columns[self.starts[row] : self.starts[row + 1]]
            result[place, own if columns is None else np.searchsorted(columns, own)] = 1
        return result


def tag_matrix(
    captions_by_example: Sequence[Sequence[CaptionTags]], vocabulary: TagVocabulary
) -> TagMatrix:
    """The tags of each example: those of any of its captions.

    Raises:
        InputError: If a caption was read by another parser than the vocabulary.
    """
    columns = vocabulary.columns
    rows: list[list[int]] = []
    for captions in captions_by_example:
        for tags in captions:
            if tags.parser != vocabulary.parser:
                raise InputError(
                    f"A caption was read by {tags.parser}, the vocabulary by {vocabulary.parser}; "
                    "read both by one."
                )
        rows.append(
            sorted(set().union(*(tag_columns(t, vocabulary.kind, columns) for t in captions)))
        )
    starts = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=starts[1:])
    given = np.array([column for row in rows for column in row], np.int32)
    return TagMatrix(starts, given, len(vocabulary))
