import torch
from torch import nn

from components.training.learner import Learner
from components.training.steps import pull_back


class Rows(Learner):
    """Two labels, and how strongly each is pulled."""

    def __init__(self, factors):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[2.0, 4.0], [2.0, 4.0]]))
        self.factors = factors

    def forward(self, batch):
        raise NotImplementedError

    def head(self):
        raise NotImplementedError

    def anchored(self):
        return [self.weight]

    def pull_factors(self):
        return self.factors


def pulled(factors, strength):
    learner = Rows(factors)
    pull_back(learner, [torch.zeros(2, 2)], strength)
    return learner.weight.tolist()


def test_a_pull_without_factors_moves_all_labels_alike():
    assert pulled(None, 0.5) == [[1.0, 2.0], [1.0, 2.0]]


def test_a_pull_goes_label_by_label_and_never_past_the_start():
    assert pulled(torch.tensor([0.5, 40.0]), 0.5) == [[1.5, 3.0], [0.0, 0.0]]
