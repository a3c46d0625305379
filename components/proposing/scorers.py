"""What scores cells: a head, the evidence beside it, and the model that makes both log-odds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int64

from components.calibration.calibration import Calibration
from components.calibration.unlabelled import standardised
from components.models.heads.head import Head
from components.models.images import Regions, images_of
from components.proposing.cell_evidence import CellEvidence
from components.proposing.cell_model import MOST_CELLS, CellModel, JudgedCells
from components.proposing.score_stream import ROWS

_SPREAD_IMAGES = 4096
"""Photographs over which scores are standardised where nothing calibrates them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibratedScorer:
    """A head that did not learn from the images asked for, calibrated on others."""

    head: Head
    evidence: CellEvidence
    cells: CellModel

    def log_odds(
        self,
        vectors: Float32[np.ndarray, "rows embed"],
        regions: Float32[np.ndarray, "rows regions embed"] | None,
    ) -> Float32[np.ndarray, "rows labels"]:
        """Of presence, of cells that are unknown."""
        found = self.evidence.of(vectors, regions) if self.cells.reads_evidence else None
        return self.cells.log_odds(logits_of(self.head, vectors, regions), found)


@dataclass(frozen=True, kw_only=True, slots=True)
class StandingOutScorer:
    """Where no label calibrates: above 0 where a picture stands out among the user's own."""

    head: Head
    standard: Calibration

    @classmethod
    def over(
        cls,
        head: Head,
        vectors: Float32[np.ndarray, "examples embed"],
        regions: Regions | None,
        names: Sequence[str],
    ) -> "StandingOutScorer":
        """Standardised over photographs like those asked for; of many, a part evenly taken."""
        some = np.linspace(0, len(vectors) - 1, min(len(vectors), _SPREAD_IMAGES)).astype(np.int64)
        parts = [
            logits_of(head, vectors[rows], None if regions is None else regions[rows])
            for rows in np.split(some, range(ROWS, len(some), ROWS))
        ]
        return cls(head=head, standard=standardised(np.concatenate(parts).astype(float), names))

    def log_odds(
        self,
        vectors: Float32[np.ndarray, "rows embed"],
        regions: Float32[np.ndarray, "rows regions embed"] | None,
    ) -> Float32[np.ndarray, "rows labels"]:
        """Not of presence: they rank the pictures of a label, and no more."""
        logits = logits_of(self.head, vectors, regions)
        return (self.standard.slope * logits + self.standard.intercept).astype(np.float32)


AnyScorer = CalibratedScorer | StandingOutScorer


def logits_of(
    head: Head,
    vectors: Float32[np.ndarray, "rows embed"],
    regions: Float[np.ndarray, "rows regions embed"] | None,
) -> Float32[np.ndarray, "rows labels"]:
    """Of few images, all at once."""
    with torch.inference_mode():
        read = images_of(vectors, regions if head.needs_regions else None)
        return head.eval()(read).float().numpy()


def judged(
    head: Head,
    evidence: CellEvidence,
    vectors: Float32[np.ndarray, "examples embed"],
    regions: Regions | None,
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
    part: Int64[np.ndarray, " examples"],
) -> JudgedCells:
    """The cells of images of known truth, as a head and the evidence describe them.

    Images without any known cell are left out; of very many a part is taken, evenly.
    """
    rows = np.flatnonzero(known.any(axis=1))
    most = max(MOST_CELLS // truth.shape[1], 1)
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
    logits: list[np.ndarray] = [np.zeros((0, truth.shape[1]), np.float32)]
    found: list[np.ndarray] = []
    for some in np.split(rows, range(ROWS, len(rows), ROWS)):
        read = None if regions is None else regions[some].astype(np.float32)
        logits.append(logits_of(head, vectors[some], read))
        found.append(evidence.of(vectors[some], read))
    return JudgedCells(
        logits=np.concatenate(logits),
        evidence=np.concatenate(found),
        truth=truth[rows],
        known=known[rows],
        part=part[rows],
    )


def joined(first: JudgedCells, second: JudgedCells) -> JudgedCells:
    """The cells of both."""
    evidence = None
    if first.evidence is not None and second.evidence is not None:
        evidence = np.concatenate([first.evidence, second.evidence])
    return JudgedCells(
        logits=np.concatenate([first.logits, second.logits]),
        evidence=evidence,
        truth=np.concatenate([first.truth, second.truth]),
        known=np.concatenate([first.known, second.known]),
        part=np.concatenate([first.part, second.part]),
    )
