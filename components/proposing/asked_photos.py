"""Images that something may be proposed for, in the order of their ids."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Float32, Int8, Int64
from scipy.special import expit

from components.data.examples import Split
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.models.images import Regions
from components.proposing.proposed_cells import CELL
from components.proposing.score_stream import ScoreStream
from components.proposing.scorers import AnyScorer

Capped = Callable[[Float[np.ndarray, "rows labels"]], Float[np.ndarray, "rows labels"]]


def as_they_are(
    probabilities: Float[np.ndarray, "rows labels"],
) -> Float[np.ndarray, "rows labels"]:
    """For names that imply nothing."""
    return probabilities


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedPhotos:
    """Images of one split."""

    split: Split
    ids: tuple[str, ...]
    vectors: Float32[np.ndarray, "examples embed"]
    regions: Regions | None
    states: Int8[np.ndarray, "examples labels"]
    """Only unknown cells are proposed for."""
    scorer: Int64[np.ndarray, " examples"]
    """By which of the scorers each image is scored."""
    fold: Int64[np.ndarray, " examples"] | None = None
    """The part that the scorer had not seen; None for images that no model is trained on."""
    undecidable: tuple[np.ndarray, np.ndarray] = field(
        default_factory=lambda: (np.zeros(0, np.int64), np.zeros(0, np.int64))
    )
    """Rows and columns of cells that a person called undecidable: nothing is proposed for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """All images of several splits, by id."""

    photos: tuple[AskedPhotos, ...]
    ids: tuple[str, ...]
    source: Int64[np.ndarray, " images"]
    """Which of the splits."""
    row: Int64[np.ndarray, " images"]
    """Which row there."""

    @classmethod
    def by_id(cls, photos: Sequence[AskedPhotos]) -> "Order":
        """Sorted as the table of proposals is."""
        source = np.repeat(np.arange(len(photos)), [len(each.ids) for each in photos])
        row = np.concatenate([np.arange(len(each.ids)) for each in photos])
        ids = [name for each in photos for name in each.ids]
        order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
        return cls(
            photos=tuple(photos),
            ids=tuple(ids[place] for place in order),
            source=source[order],
            row=row[order],
        )


def scored_cells(
    order: Order,
    scorers: Sequence[AnyScorer],
    names: Sequence[str],
    *,
    present_above: float,
    absent_below: float,
    at_once: int,
    capped: Capped = as_they_are,
) -> Iterator[np.ndarray]:
    """Cells worth a proposal, some images at a time, by image and then by name of the label.

    Args:
        order: The images.
        scorers: What :attr:`AskedPhotos.scorer` counts.
        names: The labels, in column order.
        present_above: Probability from which a cell is proposed present.
        absent_below: Probability below which it is proposed absent.
        capped: What the meaning of the names makes of probabilities, image by image.
        at_once: Images whose scores are in memory together; it changes no result.
    """
    by_name = np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)
    streams = _streams(order, scorers)
    for start in range(0, len(order.source), at_once):
        images = np.arange(start, min(start + at_once, len(order.source)))
        log_odds = np.empty((len(images), len(names)), np.float32)
        open_cells = np.empty(log_odds.shape, bool)
        for source, photos in enumerate(order.photos):
            here = np.flatnonzero(order.source[images] == source)
            rows = order.row[images[here]]
            open_cells[here] = _open(photos, rows)
            used = photos.scorer[rows]
            for number in np.unique(used):
                places = here[used == number]
                log_odds[places] = streams[source, int(number)].take(len(places))
        # Double precision, so that the surest are told apart; rounded once, at the end.
        scores = capped(expit(log_odds.astype(np.float64))).astype(np.float32)
        states = np.where(scores >= np.float32(present_above), PRESENT, UNKNOWN).astype(np.int8)
        states[scores < np.float32(absent_below)] = ABSENT
        states[~open_cells] = UNKNOWN
        found, place = np.nonzero(states[:, by_name])
        cells = np.empty(len(found), CELL)
        cells["image"], cells["label"] = images[found], by_name[place]
        cells["score"] = scores[found, cells["label"]]
        cells["state"] = states[found, cells["label"]]
        yield cells


def _open(photos: AskedPhotos, rows: np.ndarray) -> np.ndarray:
    """Which cells of some rows are unknown, and not undecidable."""
    found = photos.states[rows] == UNKNOWN
    closed_rows, closed_columns = photos.undecidable
    if len(closed_rows) and len(rows):
        place = np.full(len(photos.ids), -1, np.int64)
        place[rows] = np.arange(len(rows))
        at = place[closed_rows]
        found[at[at >= 0], closed_columns[at >= 0]] = False
    return found


def _streams(order: Order, scorers: Sequence[AnyScorer]) -> dict[tuple[int, int], ScoreStream]:
    streams: dict[tuple[int, int], ScoreStream] = {}
    for source, photos in enumerate(order.photos):
        rows = order.row[order.source == source]
        used = photos.scorer[rows]
        for number in np.unique(used):
            streams[source, int(number)] = ScoreStream(
                scorer=scorers[number],
                vectors=photos.vectors,
                regions=photos.regions,
                rows=rows[used == number],
            )
    return streams
