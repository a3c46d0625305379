"""The path from pictures to batches of vectors."""

import threading
from collections.abc import Generator

import pytest
import torch

from components.encoders.batches import Fault, loaded_batches


def load(item: int) -> torch.Tensor | Fault:
    return Fault("odd", f"{item} is bad") if item % 5 == 3 else torch.full((3, 2, 2), item)


@pytest.mark.parametrize("num_items", [0, 1, 4, 5, 23])
@pytest.mark.parametrize("num_threads", [1, 3])
def test_order_and_composition_do_not_depend_on_threads(num_items, num_threads):
    items = list(range(num_items))
    batches = list(loaded_batches(items, load, batch_size=4, num_threads=num_threads))
    assert [len(batch.items) + len(batch.faults) for batch in batches] == [
        len(items[start : start + 4]) for start in range(0, num_items, 4)
    ]
    assert [item for batch in batches for item in batch.items] == [i for i in items if i % 5 != 3]
    assert [item for batch in batches for item, _ in batch.faults] == [3, 8, 13, 18][
        : (num_items + 1) // 5
    ]
    for batch in batches:
        if batch.items:
            assert batch.pixels is not None
            assert batch.pixels[:, 0, 0, 0].tolist() == list(batch.items)


def test_a_batch_of_nothing_but_faults_has_no_pixels():
    (batch,) = loaded_batches([3, 8], load, batch_size=4, num_threads=1)
    assert batch.pixels is None
    assert [fault.reason for _, fault in batch.faults] == ["odd", "odd"]


def test_loading_stays_a_bounded_number_of_batches_ahead():
    started = threading.Semaphore(0)
    seen = []

    def note(item: int) -> torch.Tensor:
        seen.append(item)
        started.release()
        return torch.zeros(3, 1, 1)

    batches = loaded_batches(list(range(100)), note, batch_size=4, num_threads=2)
    next(batches)
    for _ in range(12):
        assert started.acquire(timeout=10)
    assert sorted(seen) == list(range(12))
    assert isinstance(batches, Generator)
    batches.close()
    assert len(seen) == 12
