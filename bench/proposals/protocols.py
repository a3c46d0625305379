"""What is known of the images when proposals are made."""

from typing import Literal

import numpy as np

from components.labels.states import ABSENT, PRESENT, UNKNOWN

Protocol = Literal["labelled_half", "half_and_one", "one_each"]
DESCRIPTIONS: dict[Protocol, str] = {
    "labelled_half": "half of the images fully labelled, nothing known of the measured half",
    "half_and_one": "as above, and one observed positive on each image of the measured half",
    "one_each": "one observed positive on every image, nothing else (single positive)",
}


def halves(num_examples: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two random halves; each is measured once with what the other teaches."""
    order = np.random.default_rng(seed).permutation(num_examples)
    return order[: num_examples // 2], order[num_examples // 2 :]


def known_states(
    truth: np.ndarray, labelled: np.ndarray, protocol: Protocol, *, seed: int
) -> np.ndarray:
    """int8 states of all examples under a protocol, with ``labelled`` rows given."""
    states = np.full(truth.shape, UNKNOWN, np.int8)
    if protocol != "labelled_half":
        states[one_positive(truth, seed=seed)] = PRESENT
    if protocol != "one_each":
        states[labelled] = np.where(truth[labelled], PRESENT, ABSENT)
    return states


def one_positive(truth: np.ndarray, *, seed: int) -> np.ndarray:
    """One positive an image, drawn uniformly; bool examples × labels."""
    lots = np.random.default_rng([seed, 1]).random(truth.shape)
    winner = np.where(truth, lots, -1.0).argmax(axis=1)
    drawn = np.zeros_like(truth)
    drawn[np.arange(len(truth)), winner] = True
    return drawn & truth
