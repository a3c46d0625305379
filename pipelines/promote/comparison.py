"""Two taggers on the same test photographs: which ranks better, and where."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from components.data.examples import Example
from components.errors import InputError
from components.labels.holdout import selection_rule, selection_truth
from components.labels.matrix import LabelMatrix
from components.labels.tables import read_matrix
from components.labels.vocabulary import Vocabulary
from components.metrics.bootstrap import (
    Interval,
    draw_images,
    drawn_average_precision,
    drawn_mean_average_precision,
    interval,
)
from components.metrics.ranking import average_precision
from components.models.tagger import Tagger
from project.layout import Layout
from project.report.table import OBSERVED
from project.report.words import comparison_sentence
from project.settings import EvaluateSettings
from project.taggers import stored_logits, vectors_of


class NotMeasurableError(InputError):
    """The labels of the test split cannot tell how good a tagger is."""


Scores = Float[np.ndarray, "examples labels"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Regression:
    """A label that the challenger ranks worse, with its average precisions."""

    label: str
    champion: float
    challenger: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Test mAP of both sides and of their difference (challenger − champion)."""

    metric: str
    """``mAP``, or ``observed_mAP`` where unknown cells counted as absent."""
    num_images: int
    num_labels: int
    champion: float
    challenger: float
    difference: Interval
    regressions: tuple[Regression, ...]

    def is_not_worse(self, tolerance: float) -> bool:
        """Whether even the lower bound of the difference is within the tolerance."""
        return self.difference.low >= -tolerance

    def sentence(self, ours: str, theirs: str, tolerance: float) -> str:
        """The comparison in the words of the report, with what the gate asks for."""
        said = comparison_sentence(ours, theirs, asdict(self.difference), self.metric)
        return (
            f"{said} They have {self.challenger:.3f} and {self.champion:.3f} on "
            f"{self.num_images} test photographs; the lower bound may be at most {tolerance:g} "
            "below zero."
        )

    def as_json(self) -> dict[str, Any]:
        """The comparison as plain values."""
        return asdict(self)


def scores_of(
    tagger: Tagger, photos: list[Example], names: tuple[str, ...], layout: Layout
) -> Scores:
    """Logits of the test photographs, columns in the order of ``names``."""
    columns = [tagger.vocabulary.index(name) for name in names]
    return stored_logits(tagger, [photo.content_hash for photo in photos], layout)[:, columns]


def photos_with_vectors(
    photos: list[Example], taggers: list[Tagger], layout: Layout
) -> list[Example]:
    """The photographs that every tagger's encoder has vectors of.

    Embed sets a few images aside, which its report names. An encoder without
    any vector is another matter: nothing can be said about its tagger.

    Raises:
        InputError: If the vectors of an encoder are not kept here any more.
    """
    for tagger in taggers:
        held = vectors_of(tagger, layout).hashes("original")
        kept = [photo for photo in photos if photo.content_hash in held]
        if photos and not kept:
            raise InputError(
                f"Vectors of encoder {tagger.encoder_id}, which one side reads, are not in "
                f"{layout.features} any more. Set `encoder` in params.yaml back and run "
                "`efuda run embed`; or decide yourself with `efuda promote --force --reason TEXT`."
            )
        photos = kept
    return photos


def shared_labels(champion: Tagger, challenger: Tagger, current: Vocabulary) -> tuple[str, ...]:
    """The labels that both sides know and that the project still has.

    Raises:
        InputError: If there is none.
    """
    names = tuple(
        name
        for name in current.names
        if name in champion.vocabulary and name in challenger.vocabulary
    )
    if not names:
        raise InputError(
            "Champion and challenger have no label in common, so there is nothing to compare; "
            "`efuda promote --force --reason TEXT` promotes without a comparison."
        )
    return names


def compare(
    champion: Tagger,
    challenger: Tagger,
    photos: list[Example],
    layout: Layout,
    settings: EvaluateSettings,
) -> Comparison:
    """Measure both taggers on today's labels of the test photographs.

    Raises:
        NotMeasurableError: If no label of the test split has a known positive.
    """
    names = shared_labels(champion, challenger, Vocabulary.load(layout.vocabulary))
    photos = photos_with_vectors(photos, [champion, challenger], layout)
    labels = read_matrix(layout.labels, [photo.id for photo in photos], Vocabulary(names))
    return compare_scores(
        scores_of(champion, photos, names, layout),
        scores_of(challenger, photos, names, layout),
        labels,
        settings,
    )


def compare_scores(
    champion: Scores, challenger: Scores, labels: LabelMatrix, settings: EvaluateSettings
) -> Comparison:
    """Compare two tables of scores with paired bootstrap draws of the images.

    Only known cells count or, where too few are known to be absent, all cells
    with unknown as absent, as in evaluate. Both sides see the same draws, so
    what is common to them cancels in the difference.

    Raises:
        NotMeasurableError: If no label has a known positive.
    """
    rule = selection_rule(labels.states)
    truth, known = selection_truth(labels.states, rule)
    ours, theirs = (average_precision(scores, truth, known) for scores in (challenger, champion))
    measured = ~np.isnan(ours)
    if not measured.any():
        raise NotMeasurableError(
            "No label has a known positive among the test photographs, so neither side can be "
            "measured. Label some of them, or promote with --force --reason TEXT."
        )
    weights = draw_images(len(truth), settings.num_bootstrap, seed=settings.seed)
    drawn = [_drawn_map(scores, truth, known, weights) for scores in (challenger, champion)]
    difference = float(ours[measured].mean() - theirs[measured].mean())
    return Comparison(
        metric="mAP" if rule == "verified" else f"{OBSERVED}mAP",
        num_images=len(truth),
        num_labels=int(measured.sum()),
        champion=float(theirs[measured].mean()),
        challenger=float(ours[measured].mean()),
        difference=interval(difference, drawn[0] - drawn[1], confidence=settings.confidence),
        regressions=_regressions(labels.vocabulary.names, theirs, ours),
    )


def _drawn_map(
    scores: Scores,
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
    weights: np.ndarray,
) -> Float[np.ndarray, " draws"]:
    return drawn_mean_average_precision(drawn_average_precision(scores, truth, known, weights))


def _regressions(
    names: tuple[str, ...],
    champion: Float[np.ndarray, " labels"],
    challenger: Float[np.ndarray, " labels"],
) -> tuple[Regression, ...]:
    """Labels that lost, the greatest loss first."""
    lost = np.nan_to_num(champion - challenger)
    return tuple(
        Regression(
            label=names[column],
            champion=float(champion[column]),
            challenger=float(challenger[column]),
        )
        for column in np.argsort(-lost, kind="stable")
        if lost[column] > 0
    )
