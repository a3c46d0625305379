"""Numbers that were written down once: a change of code alone must not move them.

``tiny_fits.json``: loss and hold-out mAP of every attempt, epoch by epoch, on a world of a few
noisy vectors; ``python -m tests.traces.record`` writes it anew.

``bench_cards.jsonl``: rows of a bench on the cards world. Those of trm_ml and csa take long and
are not measured here.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.cell import measure_cell
from bench.protocols import holdout_of
from bench.rows import Cell
from bench.world import Skipped, World, open_world
from examples.worlds.catalog import make_world
from tests.traces.record import TINY_FITS, TRAINED, tiny_fits

BENCH_CARDS = Path(__file__).with_name("bench_cards.jsonl")
TOO_LONG = ("trm_ml", "csa")


@pytest.mark.parametrize("method", TRAINED)
def test_fits_on_the_tiny_world_are_those_that_were_recorded(method: str) -> None:
    recorded = json.loads(TINY_FITS.read_text(encoding="utf-8"))[method]
    found = tiny_fits(method)
    assert len(found) == len(recorded)
    for ours, theirs in zip(found, recorded, strict=True):
        for name in ("loss", "holdout_mAP"):
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-5, err_msg=name)


def _recorded_rows() -> list[dict[str, Any]]:
    rows = map(json.loads, BENCH_CARDS.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if row["seed"] == 0 and row["method"] not in TOO_LONG]


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Drawn and embedded here, or read from the finished project in EFUDA_CARDS."""
    given = os.environ.get("EFUDA_CARDS")
    made = make_world("cards", tmp_path_factory.mktemp("cards"), Path(given) if given else None)
    assert not isinstance(made, Skipped)
    return open_world(made)


@pytest.mark.slow
@pytest.mark.timeout(900)  # the first of them makes the world
@pytest.mark.parametrize("row", _recorded_rows(), ids="{0[protocol]}-{0[method]}".format)
def test_cells_on_cards_are_those_that_were_recorded(cards: World, row: dict[str, Any]) -> None:
    protocol = row["protocol"]
    cell = Cell(
        world="cards",
        protocol=protocol,
        method=row["method"],
        seed=0,
        holdout=holdout_of(protocol, "protocol"),
    )
    found = measure_cell(cell, cards, key="traced", code="traced").row
    assert found.status == "ok"
    assert found.mask_hash == row["mask_hash"]
    assert found.metrics["mAP"] == pytest.approx(row["mAP"], abs=5e-4)
