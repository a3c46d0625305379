"""A property of every loss over cells."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor


def assert_label_order_does_not_matter(loss: Callable[[Tensor, Tensor], Tensor], seed: int) -> None:
    """The loss of drawn logits and states is that of the same columns in another order."""
    random = np.random.default_rng(seed)
    logits = torch.from_numpy(random.uniform(-8, 8, (4, 5)))
    states = torch.from_numpy(random.integers(-1, 2, (4, 5)).astype(np.int8))
    order = random.permutation(5)
    turned = loss(logits[:, order], states[:, order])
    assert float(loss(logits, states)) == pytest.approx(float(turned), abs=1e-12)
