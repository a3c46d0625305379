"""How often a proposed absence is wrong: lowest labels of an image, lowest images of a label."""

import numpy as np

from bench.proposals.candidates import LabelingTask, softmax_scores
from bench.proposals.world import ProposalWorld
from benchmarks.proposal_quality.measure import NUM_DRAWS, Sample
from components.labelers.proposals import Proposals
from components.labelers.softmax_threshold import lowest
from components.labels.states import ABSENT
from components.methods.gpr.labelwise_negatives import LabelwiseNegatives
from components.metrics.bootstrap import draw_images

SHARES = (0.3, 0.5, 0.8)


def wrongly_denied(world: ProposalWorld, share: float) -> dict[str, Sample]:
    """Share of present cells among those denied by softmax scores, by policy.

    ``chance`` denies at random; ``label_wise_by_frequency`` knows how often each label
    occurs in other images. Nothing is known; images of three labels or more count.
    """
    rows = np.arange(len(world.truth))
    known = np.zeros(world.truth.shape, np.int8)
    scores = softmax_scores(LabelingTask(world=world, fit_rows=rows, rows=rows, states=known))
    nothing = Proposals(known, scores.astype(np.float32))
    by_label, frequency = LabelwiseNegatives(share=share), world.statistics.share
    policies = {
        "chance": np.ones(world.truth.shape, bool),
        "image_wise": lowest(nothing.scores, share),
        "label_wise": by_label.beside(nothing, known).states == ABSENT,
        "label_wise_by_frequency": by_label.beside(nothing, known, frequency).states == ABSENT,
    }
    return {name: _wrong(denied, world) for name, denied in policies.items()}


def _wrong(denied: np.ndarray, world: ProposalWorld) -> Sample:
    denied, truth = denied[world.measured], world.truth[world.measured]
    drawn = draw_images(len(denied), NUM_DRAWS, seed=11)
    weights = np.concatenate([np.ones((1, len(denied)), np.float32), drawn])
    shares = weights @ (denied & truth).sum(axis=1) / (weights @ denied.sum(axis=1))
    return Sample(value=float(shares[0]), draws=shares[1:])
