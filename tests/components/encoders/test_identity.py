"""An encoder's name depends on numbers, not on how they are kept."""

import torch

from components.encoders.identity import encoder_id

WEIGHTS = {"a": torch.arange(6, dtype=torch.float32).reshape(2, 3), "b": torch.ones(2)}
FACTS = {"size": 288, "mean": [0.5]}


def test_known_value():
    """Changing how the id is made would orphan every stored feature."""
    assert encoder_id("toy", WEIGHTS, FACTS) == "toy-ab0a41bebfdf"


def test_order_and_memory_layout_do_not_matter():
    transposed = WEIGHTS["a"].T.contiguous().T
    assert not transposed.is_contiguous()
    other = {"b": WEIGHTS["b"], "a": transposed}
    assert encoder_id("toy", other, FACTS) == encoder_id("toy", WEIGHTS, FACTS)


def test_anything_else_does():
    names = {
        encoder_id("toy", WEIGHTS, FACTS),
        encoder_id("other", WEIGHTS, FACTS),
        encoder_id("toy", WEIGHTS, FACTS | {"size": 287}),
        encoder_id("toy", WEIGHTS | {"b": torch.tensor([1.0, 1.0001])}, FACTS),
        encoder_id("toy", {"a": WEIGHTS["a"], "c": WEIGHTS["b"]}, FACTS),
        encoder_id("toy", WEIGHTS | {"a": WEIGHTS["a"].reshape(3, 2)}, FACTS),
        encoder_id("toy", WEIGHTS | {"b": WEIGHTS["b"].to(torch.bfloat16)}, FACTS),
    }
    assert len({name.split("-")[1] for name in names}) == 7
