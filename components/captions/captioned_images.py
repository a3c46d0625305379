"""What TagAlign reads beside images: their captions, and the tags found in these."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int8, Int64

from components.captions.tag_matrix import TagMatrix
from components.errors import InputError
from components.labels.states import PRESENT

SAME_TEXT = 1 - 1e-5
"""Cosine from which two texts are one tag."""


@dataclass(frozen=True, slots=True)
class TagList:
    """Texts of one kind: which image has which, and their vectors.

    Raises:
        InputError: If there is not one vector a text.
    """

    matrix: TagMatrix
    vectors: Float[np.ndarray, "tags embed"]

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != self.matrix.num_tags:
            raise InputError(
                f"{self.matrix.num_tags} tags and vectors of shape {self.vectors.shape}; give one "
                "vector a tag."
            )

    def of_rows(self, rows: Int64[np.ndarray, " rows"]) -> "TagList":
        """The same texts on some of the images, in the order given."""
        matrix = self.matrix
        parts = [matrix.columns[matrix.starts[row] : matrix.starts[row + 1]] for row in rows]
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=starts[1:])
        columns = np.concatenate([np.zeros(0, np.int32), *parts])
        return TagList(TagMatrix(starts, columns, matrix.num_tags), self.vectors)


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionedImages:
    """The captions of a training set, row by row.

    Attributes:
        captions: Distinct captions; two images with the same one share its column.
        objects: Tags of things.
        attributes: Tags of how things are.

    Raises:
        InputError: If rows or lengths differ.
    """

    captions: TagList
    objects: TagList
    attributes: TagList

    def __post_init__(self) -> None:
        lists = {
            "captions": self.captions,
            "objects": self.objects,
            "attributes": self.attributes,
        }
        rows = {name: len(each.matrix) for name, each in lists.items()}
        lengths = {name: each.vectors.shape[1] for name, each in lists.items()}
        if len(set(rows.values())) > 1 or len(set(lengths.values())) > 1:
            raise InputError(
                f"Captions and tags do not belong together: rows {rows}, lengths of vectors "
                f"{lengths}. Read both from one training set and encode both by one encoder."
            )

    @property
    def num_images(self) -> int:
        """Of the training set."""
        return len(self.captions.matrix)

    def of_rows(self, rows: Int64[np.ndarray, " rows"]) -> "CaptionedImages":
        """Of some of the images, in the order given."""
        return CaptionedImages(
            captions=self.captions.of_rows(rows),
            objects=self.objects.of_rows(rows),
            attributes=self.attributes.of_rows(rows),
        )


def captioned_images(
    num_images: int,
    captions: tuple[Int64[np.ndarray, " captions"], Float[np.ndarray, "captions embed"]],
    objects: tuple[np.ndarray, Float[np.ndarray, "objects embed"]],
    attributes: tuple[np.ndarray, Float[np.ndarray, "attributes embed"]],
) -> CaptionedImages:
    """From plain arrays.

    Args:
        num_images: Images of the training set; some may have no caption.
        captions: Whose caption each is, and its text vector; equal vectors are one caption.
        objects: Image by object, not 0 where a caption names it, and text vectors.
        attributes: Likewise.

    Raises:
        InputError: If shapes do not fit.
    """
    rows, vectors = captions
    if len(rows) != len(vectors):
        raise InputError(f"{len(rows)} images of captions for {len(vectors)} captions: one each.")
    distinct, column = np.unique(np.asarray(vectors, np.float32), axis=0, return_inverse=True)
    matrix = TagMatrix.of_pairs(
        rows, column.reshape(-1), num_rows=num_images, num_tags=len(distinct)
    )
    return CaptionedImages(
        captions=TagList(matrix, distinct),
        objects=tag_list(*objects),
        attributes=tag_list(*attributes),
    )


def tag_list(tags: np.ndarray, vectors: Float[np.ndarray, "tags embed"]) -> TagList:
    """From a whole array, image by tag."""
    rows, columns = np.nonzero(tags)
    matrix = TagMatrix.of_pairs(rows, columns, num_rows=tags.shape[0], num_tags=tags.shape[1])
    return TagList(matrix, vectors)


def with_labels(
    objects: TagList,
    label_vectors: Float[np.ndarray, "labels embed"],
    states: Int8[np.ndarray, "examples labels"],
) -> TagList:
    """Labels first, then the objects that are called otherwise.

    An image has a label where its state is present, or where it has the object of the
    same text.
    """
    num_labels = len(label_vectors)
    place = np.empty(len(objects.vectors), np.int64)
    kept: list[int] = []
    for column, vector in enumerate(objects.vectors):
        cosines = label_vectors @ vector
        same = int(cosines.argmax())
        if cosines[same] > SAME_TEXT:
            place[column] = same
        else:
            place[column] = num_labels + len(kept)
            kept.append(column)
    matrix = objects.matrix
    object_rows = np.repeat(np.arange(len(matrix)), np.diff(matrix.starts))
    label_rows, labels = np.nonzero(states == PRESENT)
    joined = TagMatrix.of_pairs(
        np.concatenate([label_rows, object_rows]),
        np.concatenate([labels, place[matrix.columns]]),
        num_rows=len(matrix),
        num_tags=num_labels + len(kept),
    )
    return TagList(joined, np.concatenate([label_vectors, objects.vectors[kept]]))
