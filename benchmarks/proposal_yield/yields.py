"""How many hidden cells a set of proposals finds, where precision stays at least so high."""

from dataclasses import dataclass

import numpy as np

PRECISION = 0.90
AIM = 0.92
"""Mean probability that is asked for where the truth is not read: probabilities are themselves
estimates, from some dozens of cells so probable. Set on cards, on masks 0 and 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """Cells that were taken: how many, and how many of them are present."""

    proposed: int
    right: int

    @property
    def precision(self) -> float:
        """Share that is present; 1 where nothing was taken, which claims nothing."""
        return self.right / self.proposed if self.proposed else 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Yield:
    """What one labeling of the unknown cells finds.

    Attributes:
        by_probability: The largest set whose mean probability is at least :data:`AIM`: no truth is
            read.
        by_truth: The largest set, from the highest score down, whose precision is so high.
        hidden: Present cells that are unknown.
    """

    by_probability: Chosen
    by_truth: Chosen
    hidden: int


def yields(
    scores: np.ndarray, truth: np.ndarray, *, aim: float = AIM, precision: float = PRECISION
) -> Yield:
    """Of unknown cells, given as flat arrays.

    Args:
        scores: Probabilities; for :attr:`Yield.by_truth` any scores that rank.
        truth: Whether each is present.
        aim: Mean probability that :attr:`Yield.by_probability` keeps.
        precision: Precision that :attr:`Yield.by_truth` keeps.
    """
    order = np.argsort(-scores, kind="stable")
    values, present = scores[order].astype(np.float64), truth[order]
    count = np.arange(1, len(values) + 1)
    # Cells of one score are taken together or not at all.
    ends = np.append(values[1:] != values[:-1], True)[: len(values)]
    return Yield(
        by_probability=_largest(present, ends & (np.cumsum(values) / count >= aim)),
        by_truth=_largest(present, ends & (np.cumsum(present) / count >= precision)),
        hidden=int(truth.sum()),
    )


def taken(chosen: np.ndarray, truth: np.ndarray) -> Chosen:
    """Of a set that is given."""
    return Chosen(proposed=int(chosen.sum()), right=int((chosen & truth).sum()))


def _largest(present: np.ndarray, enough: np.ndarray) -> Chosen:
    places = np.flatnonzero(enough)
    count = int(places[-1]) + 1 if len(places) else 0
    return Chosen(proposed=count, right=int(present[:count].sum()))
