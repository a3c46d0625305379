import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from components.atomic import read_json
from components.encoders.image_tower import ImageTower
from examples.cards import pool as pool_module
from examples.cards.encoder_model import (
    GRID,
    MERGES_FILE,
    WEIGHTS_FILE,
    new_model,
    write_merges,
)
from examples.cards.fast_towers import encode_images
from examples.cards.pool import Pool, draw_pool
from examples.cards.train_encoder import rate_share, record, state_path, train
from examples.cards.training_state import Training, new_training, save_state

ENCODER = Path(__file__).parents[3] / "examples" / "cards" / "encoder"


def test_training_encodes_as_the_encoder_does() -> None:
    model = new_model(0).eval()
    # Fresh blocks end in zeros, which would hide what they do.
    tower: Any = model.visual
    torch.nn.init.normal_(tower.layer4[0].bn3.weight)
    pixels = torch.randn(3, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = ImageTower(tower)(pixels)
        images, regions = encode_images(model, pixels)
        smaller = encode_images(model, pixels[:, :, :96, :96])[1]
    assert torch.allclose(images, expected.global_vectors, atol=1e-5)
    assert torch.allclose(regions, expected.region_vectors, atol=1e-5)
    assert regions.shape[1] == GRID**2
    assert smaller.shape[1] == (GRID - 1) ** 2


def test_the_rate_rises_then_falls_to_almost_nothing() -> None:
    shares = [rate_share(done) for done in np.linspace(0, 1, 101)]
    top = int(np.argmax(shares))
    assert 0 < top < 10
    assert shares[0] == 0
    assert shares[-1] < 0.01
    assert np.diff(shares[top:]).max() <= 0


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    merges = tmp_path_factory.mktemp("merges")
    write_merges(merges / MERGES_FILE)
    cache = tmp_path_factory.mktemp("pool")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool_module, "CHUNK", 12)
        folder = cache / pool_module.pool_word()
        folder.mkdir()
        pool_module._draw_chunk(0, folder, merges)
        # What lies there is read and not drawn again.
        return draw_pool(12, cache, merges, num_workers=0)


def _arguments(work: Path, **changed: object) -> argparse.Namespace:
    usual = {
        "out": ENCODER,
        "work": work,
        "state": work / "state.pt",
        "start": None,
        "steps": 4,
        "minutes": 0.0,
        "pool": 12,
        "batch": 4,
        "rate": 1e-3,
        "seed": 3,
        "save_every_s": 1e9,
    }
    return argparse.Namespace(**(usual | changed))


def _training(args: argparse.Namespace) -> Training:
    return new_training(args.seed, args.rate, args.start, args.state)


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(few: Pool, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    args = _arguments(tmp_path / "whole")
    whole = _training(args)
    train(whole, few, args)

    args = _arguments(tmp_path / "parts")
    first = _training(args)
    train(first, few, args, until_step=2)
    save_state(first, args.state)
    second = _training(args)
    assert second.step == 2
    train(second, few, args)

    assert second.step == whole.step == 4
    for name, weights in whole.model.state_dict().items():
        assert torch.allclose(second.model.state_dict()[name], weights, atol=1e-5), name


def test_a_run_from_given_weights_has_their_runs_in_its_record(tmp_path: Path) -> None:
    fresh, further = _arguments(tmp_path), _arguments(tmp_path, start=ENCODER)
    assert state_path(fresh) == state_path(_arguments(tmp_path))
    others = [further, _arguments(tmp_path, seed=4), _arguments(tmp_path, rate=2e-3)]
    assert len({state_path(args) for args in [fresh, *others]}) == 4
    training = _training(further)
    weights = load_file(ENCODER / WEIGHTS_FILE)
    taken = training.model.state_dict()
    assert all(torch.equal(taken[name].half(), value.half()) for name, value in weights.items())
    runs = record(training, further)["runs"]
    known = read_json(ENCODER / "training.json")["runs"]
    assert isinstance(runs, list)
    assert runs[:-1] == known
    assert len(runs) == len(known) + 1


def test_examples_carry_owners_subjects_and_captions(few: Pool) -> None:
    assert few.pixels.shape == (12, 128, 128, 3)
    assert few.owners.shape == (12, 32, 32)
    for subjects, owners in zip(few.subjects, few.owners, strict=True):
        assert (subjects >= 0).any()
        assert owners.max() <= np.flatnonzero(subjects >= -1).max() + 1
    assert few.captions.any(axis=2).all()
