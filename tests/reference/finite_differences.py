"""Gradients against what a small step does to a loss."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

STEP = 1e-5


def gradient_of(tensor: Tensor) -> Tensor:
    """The gradient of a tensor that must have one."""
    assert tensor.grad is not None
    return tensor.grad


def assert_slopes(
    named: Iterable[tuple[str, nn.Parameter]], loss: Callable[[], Tensor], *, tolerance: float
) -> None:
    """One number of each parameter that has a gradient, in double precision."""
    random = np.random.default_rng(0)
    looked_at = 0
    for name, parameter in named:
        if parameter.grad is None:
            continue
        place = tuple(int(random.integers(size)) for size in parameter.shape)
        values = []
        for step in (STEP, -STEP):
            with torch.no_grad():
                parameter[place] += step
                values.append(float(loss()))
                parameter[place] -= step
        slope = (values[0] - values[1]) / (2 * STEP)
        assert float(parameter.grad[place]) == pytest.approx(slope, rel=1e-3, abs=tolerance), name
        looked_at += 1
    assert looked_at
