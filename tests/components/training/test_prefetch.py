import threading

import pytest

from components.training.prefetch import loaded_ahead


def test_items_come_in_order_each_with_what_was_loaded_for_it() -> None:
    assert list(loaded_ahead(range(5), lambda item: item * item)) == [(n, n * n) for n in range(5)]
    assert list(loaded_ahead(range(2), None)) == [(0, None), (1, None)]
    assert list(loaded_ahead([], str)) == []


def test_the_next_is_loaded_while_one_is_used_and_no_further() -> None:
    started: list[int] = []
    second = threading.Event()

    def load(item: int) -> int:
        started.append(item)
        if item == 1:
            second.set()
        return item

    items = loaded_ahead(range(4), load)
    assert next(items) == (0, 0)
    assert second.wait(timeout=10)
    assert started == [0, 1]
    assert [item for item, _ in items] == [1, 2, 3]


def test_a_fault_of_loading_reaches_who_uses_it() -> None:
    def load(item: int) -> int:
        return 1 // item

    items = loaded_ahead([1, 0], load)
    assert next(items) == (1, 1)
    with pytest.raises(ZeroDivisionError):
        next(items)
