"""A labeler that weighs all evidence for a cell and says what each part weighs.

Ours. One logistic model is shared by all labels, over the features of
:mod:`components.labelers.evidence_features`; it is fitted to known cells by ridge
regression, so a handful of labelled images is enough and a label without any
gets proposals too. Scores are probabilities, and every proposal keeps how far
each feature moved its log-odds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Int, Int8
from scipy.special import expit

from components.errors import InputError
from components.labelers.cooccurrence import LabelStatistics
from components.labelers.evidence_features import EvidenceFeatures, FeatureName
from components.labelers.proposals import Proposals, proposals_for_unknown
from components.labelers.ridge_logistic import Block, RidgeLogistic, fit_ridge_logistic
from components.labels.states import PRESENT, UNKNOWN

DEFAULT_FEATURES: tuple[FeatureName, ...] = ("similarity", "log_softmax", "prior", "prototype")
_FEATURE_VALUES_AT_ONCE = 1 << 22
"""About 16 MB of features a block, whatever the number of labels."""
_FEATURE_VALUES_KEPT = 1 << 24
"""Up to 64 MB of features are kept between the steps of the fit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceLabeler:
    """Settings; :meth:`fit` gives the labeler that proposes."""

    name: Literal["evidence"] = "evidence"
    theta: float = 0.5
    """Positive above this probability; in (0, 1)."""
    theta_negative: float = 0.0
    """Negative below this one; in [0, theta), 0 proposes no negative."""
    features: tuple[FeatureName, ...] = DEFAULT_FEATURES
    ridge: float = 10.0
    """Precision of the prior on standardised coefficients; above 0."""
    text_weight: float = 20.0
    """A name counts as this many images in its prototype."""
    context_strength: float = 100.0
    """Imagined images behind every pair of labels; above 0."""
    unknown: Literal["ignore", "absent"] = "ignore"
    """``absent`` fits unknown cells as absent, for labels without any negative.
    Scores are then chances of having been observed: they rank cells as well, but
    lie below the chance of presence."""

    def __post_init__(self) -> None:
        if not 0 < self.theta < 1:
            raise ValueError(f"theta must be in (0, 1), got {self.theta}")
        if not 0 <= self.theta_negative < self.theta:
            raise ValueError(f"theta_negative must be in [0, theta), got {self.theta_negative}")
        if not self.features or len(set(self.features)) != len(self.features):
            raise ValueError("features must be at least one name, each once")
        if self.ridge <= 0 or self.context_strength <= 0 or self.text_weight < 0:
            raise ValueError("ridge and context_strength must be above 0, text_weight at least 0")

    def fit(
        self,
        vectors: Float32[np.ndarray, "examples embed"],
        states: Int8[np.ndarray, "examples labels"],
        label_vectors: Float32[np.ndarray, "labels embed"],
        *,
        temperature: float,
        statistics: LabelStatistics | None = None,
        seed: int = 0,
    ) -> "FittedEvidence":
        """Fit to the known cells.

        For ``observed_context`` the labelled images play the images to come: one
        of their positives, drawn by ``seed``, is taken as observed and leaves the
        fit; its neighbours are fitted with the context that it gives.

        Args:
            vectors: Unit image vectors; all rows serve the means.
            states: Known cells are fitted.
            label_vectors: Unit vectors of the names.
            temperature: The encoder's softmax temperature; above 0.
            statistics: Counts over label sets of other images; by default they
                are taken from ``states``.
            seed: For the draw of observed cells.

        Raises:
            InputError: If there is no image, or known cells lack a sign.
        """
        if not len(vectors):
            raise InputError("There is no image to fit the evidence labeler to; label some first.")
        if self.unknown == "absent" and "observed_context" in self.features:
            raise InputError(
                "observed_context cannot be learned where unknown counts as absent: the only "
                "positive of an image has no neighbour to be seen with; leave the feature out."
            )
        features = EvidenceFeatures.fit(
            self.features,
            vectors,
            states,
            label_vectors,
            temperature=temperature,
            statistics=statistics or LabelStatistics.of(states),
            context_strength=self.context_strength,
            text_weight=self.text_weight,
        )
        observed = np.zeros(states.shape, bool)
        if "observed_context" in self.features:
            observed = _one_positive_a_row(states, seed)
        fitted_cells = (states != UNKNOWN) | (self.unknown == "absent")
        fitted_cells &= ~observed

        def blocks() -> Iterator[Block]:
            for rows in _row_blocks(states.shape, len(self.features)):
                cells = fitted_cells[rows]
                block = features.of(vectors[rows], observed[rows], states[rows])
                yield block[cells], (states[rows] == PRESENT)[cells]

        kept = list(blocks()) if states.size * len(self.features) <= _FEATURE_VALUES_KEPT else None
        model = fit_ridge_logistic(blocks if kept is None else lambda: iter(kept), ridge=self.ridge)
        return FittedEvidence(settings=self, features=features, model=model)


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceProposals:
    """Proposals, and for each proposed cell what every feature added.

    ``intercept`` plus a row of ``contributions`` is the log-odds of that cell.
    """

    proposals: Proposals
    rows: Int[np.ndarray, " proposals"]
    columns: Int[np.ndarray, " proposals"]
    feature_names: tuple[FeatureName, ...]
    intercept: float
    contributions: Float32[np.ndarray, "proposals features"]

    def evidence(self, position: int) -> dict[str, float]:
        """The log-odds each feature added to one proposal, the strongest first."""
        added = self.contributions[position]
        order = np.argsort(-np.abs(added), kind="stable")
        return {self.feature_names[i]: float(added[i]) for i in order}


@dataclass(frozen=True, kw_only=True, slots=True)
class FittedEvidence:
    """Proposes for new images, or for the images it was fitted to."""

    settings: EvidenceLabeler
    features: EvidenceFeatures
    model: RidgeLogistic

    def log_odds(
        self,
        vectors: Float32[np.ndarray, "examples embed"],
        known: Int8[np.ndarray, "examples labels"],
        *,
        fitted_to: bool = False,
    ) -> Float32[np.ndarray, "examples labels"]:
        """Log-odds of presence of every cell.

        Args:
            vectors: Unit image vectors.
            known: Cell states; known positives give context to their neighbours.
            fitted_to: Whether these are the images and states of the fit: each
                image is then left out of the prototypes of its own labels.
        """
        result = np.empty(known.shape, np.float32)
        for rows, block in self._blocks(vectors, known, fitted_to):
            result[rows] = self.model.log_odds(block)
        return result

    def propose(
        self,
        vectors: Float32[np.ndarray, "examples embed"],
        known: Int8[np.ndarray, "examples labels"],
        *,
        fitted_to: bool = False,
    ) -> EvidenceProposals:
        """Proposals for unknown cells, with their evidence; arguments as above."""
        log_odds = self.log_odds(vectors, known, fitted_to=fitted_to)
        scores = expit(log_odds)
        proposals = proposals_for_unknown(
            known, scores > self.settings.theta, scores < self.settings.theta_negative, scores
        )
        rows, columns = np.nonzero(proposals.states)
        contributions = np.empty((len(rows), len(self.features.names)), np.float32)
        for block_rows, block in self._blocks(vectors, known, fitted_to):
            inside = (rows >= block_rows.start) & (rows < block_rows.stop)
            chosen = block[rows[inside] - block_rows.start, columns[inside]]
            contributions[inside] = self.model.contributions(chosen)
        return EvidenceProposals(
            proposals=proposals,
            rows=rows,
            columns=columns,
            feature_names=self.features.names,
            intercept=self.model.intercept,
            contributions=contributions,
        )

    def _blocks(
        self,
        vectors: Float32[np.ndarray, "examples embed"],
        known: Int8[np.ndarray, "examples labels"],
        fitted_to: bool,
    ) -> Iterator[tuple[slice, Float32[np.ndarray, "examples labels features"]]]:
        for rows in _row_blocks(known.shape, len(self.features.names)):
            own = known[rows] if fitted_to else None
            yield rows, self.features.of(vectors[rows], known[rows] == PRESENT, own)


def _row_blocks(shape: tuple[int, ...], num_features: int) -> Iterator[slice]:
    num_rows, num_labels = shape
    step = max(1, _FEATURE_VALUES_AT_ONCE // (num_labels * num_features))
    for start in range(0, num_rows, step):
        yield slice(start, min(start + step, num_rows))


def _one_positive_a_row(
    states: Int8[np.ndarray, "examples labels"], seed: int
) -> Bool[np.ndarray, "examples labels"]:
    """One known positive of each row, drawn uniformly; rows without any keep none.

    None at all where that would leave no positive to fit, as with a single label.
    """
    rng = np.random.default_rng(seed)
    drawn = np.zeros(states.shape, bool)
    for row, values in enumerate(states):
        positives = np.flatnonzero(values == PRESENT)
        if len(positives):
            drawn[row, rng.choice(positives)] = True
    return drawn if drawn.sum() < (states == PRESENT).sum() else np.zeros_like(drawn)
