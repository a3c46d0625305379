"""The labelers and policies compared; each turns known states into scores.

A score says how early a cell is proposed when the one knob of its policy is
turned up: the threshold for probabilities, the part of the expected positives for
CAP, the quantile, and beta for F-beta thresholds. So one curve shows them all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit, softmax

from bench.proposals.platt_threshold import PlattThreshold
from bench.proposals.prototype_labeler import PrototypeLabeler
from bench.proposals.world import ProposalWorld
from components.labelers.class_proportions import places_among_unknown, positive_share
from components.labelers.evidence import DEFAULT_FEATURES, EvidenceLabeler
from components.labelers.evidence_features import ALL_FEATURES, FeatureName
from components.labelers.f_beta_threshold import FBetaThreshold
from components.labels.states import PRESENT, UNKNOWN
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold

SOFTMAX = "softmax"
"""VLPL's labeler, the one to beat."""
DEFAULT = "evidence"
"""The evidence labeler with its default settings."""
BETAS = np.geomspace(0.02, 4, 20)
PLAIN: tuple[FeatureName, ...] = ("similarity", "log_softmax", "prior")


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelingTask:
    """States known on some rows to learn from, and on rows to propose for."""

    world: ProposalWorld
    fit_rows: np.ndarray
    rows: np.ndarray
    states: np.ndarray
    """Of all examples of the world."""

    @property
    def vectors(self) -> np.ndarray:
        return self.world.vectors[self.rows]

    @property
    def known(self) -> np.ndarray:
        return self.states[self.rows]

    @property
    def logits(self) -> np.ndarray:
        """Cosine ÷ temperature of every example of the world."""
        return self.world.vectors @ self.world.label_vectors.T / np.float32(self.world.temperature)

    @property
    def has_negatives(self) -> bool:
        return bool((self.states[self.fit_rows] < 0).any())


Candidate = Callable[[LabelingTask], np.ndarray]
"""Scores of the rows to propose for, rows × labels."""


def softmax_scores(task: LabelingTask) -> np.ndarray:
    """VLPL's score."""
    return softmax(task.logits[task.rows], axis=1)


def platt(task: LabelingTask) -> np.ndarray:
    """Per-class calibrated cosine."""
    return _platt(task)[1]


def prototype(task: LabelingTask, text_weight: float) -> np.ndarray:
    """Prototypes of labelled images and names, calibrated per class."""
    fitted = PrototypeLabeler(text_weight=text_weight).fit(
        task.world.vectors[task.fit_rows], _fit_states(task), task.world.label_vectors
    )
    return fitted.probabilities(task.vectors)


def evidence(task: LabelingTask, labeler: EvidenceLabeler, *, outside: bool = True) -> np.ndarray:
    """Probabilities of the evidence labeler, with or without label sets of other images."""
    return _evidence(task, labeler, outside=outside)[1]


def cosine_f_beta(task: LabelingTask) -> np.ndarray:
    """MAT on calibrated cosines."""
    return _f_beta_entry(task, *_platt(task))


def cosine_cap(task: LabelingTask) -> np.ndarray:
    """CAP on cosines; per class, so calibration changes nothing."""
    return _cap_entry(task, task.logits[task.rows])


def cosine_quantile(task: LabelingTask) -> np.ndarray:
    """The same share of every class."""
    return -places_among_unknown(task.logits[task.rows], task.known) / len(task.rows)


def evidence_f_beta(task: LabelingTask, labeler: EvidenceLabeler) -> np.ndarray:
    """MAT on the evidence labeler."""
    return _f_beta_entry(task, *_evidence(task, labeler))


def evidence_cap(task: LabelingTask, labeler: EvidenceLabeler) -> np.ndarray:
    """CAP on the evidence labeler."""
    return _cap_entry(task, _evidence(task, labeler)[1])


def candidates(*, observed: bool, negatives: bool) -> dict[str, Candidate]:
    """All that a protocol allows, by name; the first is the one to beat.

    Args:
        observed: Whether images to propose for carry an observed positive.
        negatives: Whether the images to learn from carry known negatives.
    """
    unknown = "ignore" if negatives else "absent"
    make = partial(EvidenceLabeler, unknown=unknown)
    with_context = (*DEFAULT_FEATURES, "context")
    found: dict[str, Candidate] = {
        SOFTMAX: softmax_scores,
        "platt": platt,
        "f_beta": cosine_f_beta,
        "quantile": cosine_quantile,
        "plain_logistic": partial(evidence, labeler=make(features=PLAIN)),
        "plain_context": partial(evidence, labeler=make(features=(*PLAIN, "context"))),
        DEFAULT: partial(evidence, labeler=make()),
        "evidence_context": partial(evidence, labeler=make(features=with_context)),
        "evidence_all": partial(evidence, labeler=make(features=_all_features(observed=False))),
        "evidence_f_beta": partial(evidence_f_beta, labeler=make()),
    }
    if negatives:
        found["evidence_own_statistics"] = partial(evidence, labeler=make(), outside=False)
        found["cap"] = cosine_cap
        found["evidence_cap"] = partial(evidence_cap, labeler=make())
    if observed and negatives:
        seen = (*DEFAULT_FEATURES, "observed_context")
        found["plain_observed"] = partial(
            evidence, labeler=make(features=(*PLAIN, "observed_context"))
        )
        for strength in (30.0, 300.0):
            labeler = make(features=seen, context_strength=strength)
            found[f"evidence_observed:{strength:g}"] = partial(evidence, labeler=labeler)
        found["evidence_all_observed"] = partial(
            evidence, labeler=make(features=_all_features(observed=True))
        )
    for text_weight in (5.0, 20.0, 80.0):
        found[f"prototype:{text_weight:g}"] = partial(prototype, text_weight=text_weight)
        for ridge in (1.0, 30.0):
            labeler = make(text_weight=text_weight, ridge=ridge)
            found[f"evidence:{text_weight:g},{ridge:g}"] = partial(evidence, labeler=labeler)
    return found


def _all_features(*, observed: bool) -> tuple[FeatureName, ...]:
    return tuple(name for name in ALL_FEATURES if observed or name != "observed_context")


def _fit_states(task: LabelingTask) -> np.ndarray:
    """States of the rows to learn from; without negatives, unknown counts as absent."""
    states = task.states[task.fit_rows]
    return states if task.has_negatives else np.where(states == PRESENT, 1, -1).astype(np.int8)


def _platt(task: LabelingTask) -> tuple[np.ndarray, np.ndarray]:
    states = _fit_states(task)
    logits = task.logits
    fitted = PlattThreshold.fit(
        CalibratedThreshold(), logits[task.fit_rows], states == PRESENT, states != UNKNOWN
    )
    return fitted.probabilities(logits[task.fit_rows]), fitted.probabilities(logits[task.rows])


def _evidence(
    task: LabelingTask, labeler: EvidenceLabeler, *, outside: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    vectors, states = task.world.vectors[task.fit_rows], task.states[task.fit_rows]
    fitted = labeler.fit(
        vectors,
        states,
        task.world.label_vectors,
        temperature=task.world.temperature,
        statistics=task.world.statistics if outside else None,
    )
    learned = fitted.log_odds(vectors, states, fitted_to=True)
    return expit(learned), expit(fitted.log_odds(task.vectors, task.known))


def _f_beta_entry(task: LabelingTask, fitted_on: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Minus the smallest beta whose thresholds propose the cell."""
    states = _fit_states(task)
    entry = np.full(scores.shape, -np.inf)
    for beta in BETAS[::-1]:
        thresholds = FBetaThreshold(beta=float(beta)).fit(
            fitted_on, states == PRESENT, states != UNKNOWN
        )
        entry[scores >= thresholds.thresholds] = -beta
    return entry


def _cap_entry(task: LabelingTask, scores: np.ndarray) -> np.ndarray:
    """Minus the part of the expected positives at which the cell is proposed."""
    share = np.maximum(positive_share(_fit_states(task)), 1e-9)
    places = places_among_unknown(scores, task.known)
    return -(places + 1) / (share * len(task.rows))
