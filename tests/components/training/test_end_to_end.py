from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from components.encoders.config import OpenClipConfig
from components.encoders.open_clip import OpenClipEncoder
from components.models.heads.contextual import ContextualHead
from components.models.heads.end_to_end import EndToEndHead
from components.training.checkpoint import FitState
from components.training.end_to_end import EndToEndLearner, TowerTraining, end_to_end
from components.training.inference import head_logits
from components.training.loop import fit
from components.training.settings import Schedule
from components.training.task import Holdout, Names, Task
from tests.components.encoders.tiny_checkpoint import write_checkpoint
from tests.components.methods.making import recipe_of

SCHEDULE = Schedule(epochs=4, batch_size=16, learning_rate=0.01, checkpoint_every=2, min_steps=4)
NUM_LABELS = 3


class Drawn:
    """Pictures in memory; the second view is mirrored."""

    def __init__(self, pixels):
        self.all = pixels

    def pixels(self, rows, views=None):
        chosen = self.all[rows]
        if views is None:
            return chosen
        mirrored = torch.from_numpy(views == 1)[:, None, None, None]
        return torch.where(mirrored, chosen.flip(-1), chosen)


@pytest.fixture(scope="module", params=["vit", "resnet", "timm"])
def encoder(request, tmp_path_factory):
    directory = write_checkpoint(tmp_path_factory.mktemp("tower"), request.param)
    return OpenClipEncoder(OpenClipConfig(model=f"local-dir:{directory}"))


def pictures(encoder, count=96, seed=0):
    """Each label is a colour in a corner of its own, faint in noise."""
    random = np.random.default_rng(seed)
    side = encoder.preprocess(Image.new("RGB", (40, 40))).shape[-1]
    truth = random.random((count, NUM_LABELS)) < 0.4
    pixels = random.normal(size=(count, 3, side, side)).astype(np.float32)
    for label in range(NUM_LABELS):
        corner = np.s_[:, label, side // 2 :, : side // 2]
        pixels[corner] += 1.5 * truth[:, label, None, None]
    return torch.from_numpy(pixels), truth


def problem(encoder):
    pixels, truth = pictures(encoder)
    views, regions = [], []
    for view in (pixels, pixels.flip(-1)):
        found = encoder.encode_images(view)
        views.append(found.global_vectors.numpy())
        regions.append(found.region_vectors.numpy())
    half = len(truth) // 2
    states = np.where(truth, 1, -1).astype(np.int8)
    with_regions = encoder.num_regions > 0
    holdout = Holdout.of(
        views[0][half:], states[half:], regions[0][half:] if with_regions else None
    )
    text = encoder.encode_texts(["a cat", "a dog", "a cat dog"]).numpy()
    return Task(
        views=np.stack([view[:half] for view in views]),
        states=states[:half],
        names=Names(vectors=text, temperature=0.1),
        holdout=replace(holdout, pictures=Drawn(pixels[half:])),
        regions=tuple(each[:half] for each in regions) if with_regions else (),
        pictures=Drawn(pixels[:half]),
    )


def tower_of(encoder, tuning):
    return TowerTraining(tower=encoder.image_tower(), tuning=tuning, rate=0.1, rank=2, alpha=4.0)


def wrapped(recipe, encoder, tuning):
    return end_to_end(recipe, tower_of(encoder, tuning))


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_the_start_is_that_of_frozen_vectors_and_learning_moves_the_tower(encoder, tuning):
    task = problem(encoder)
    training = tower_of(encoder, tuning)
    recipe = end_to_end(recipe_of("ignore_unknown"), training)
    before = {name: each.clone() for name, each in training.tower.state_dict().items()}
    frozen = fit(recipe_of("ignore_unknown"), task, SCHEDULE, seed=0)
    found = fit(recipe, task, SCHEDULE, seed=0)
    assert found.history[0]["holdout_mAP"] == pytest.approx(
        frozen.history[0]["holdout_mAP"], abs=1e-6
    )
    assert found.history[-1]["loss"] != pytest.approx(frozen.history[-1]["loss"], abs=1e-5)
    after = training.tower.state_dict()
    assert all(torch.equal(after[name], each) for name, each in before.items())
    assert isinstance(found.head, EndToEndHead)
    moved = found.head.tower.state_dict()
    assert moved.keys() == before.keys()
    if found.best_epoch:
        assert any(not torch.equal(moved[name], each) for name, each in before.items())


def test_training_the_tower_fits_what_frozen_vectors_cannot(tmp_path):
    encoder = OpenClipEncoder(OpenClipConfig(model=f"local-dir:{write_checkpoint(tmp_path)}"))
    task = problem(encoder)
    schedule = Schedule(epochs=12, batch_size=16, learning_rate=0.01)
    frozen = fit(recipe_of("ignore_unknown"), task, schedule, seed=0)
    found = fit(wrapped(recipe_of("ignore_unknown"), encoder, "full"), task, schedule, seed=0)
    assert found.history[-1]["loss"] < 0.7 * frozen.history[-1]["loss"]
    assert found.best_score > frozen.best_score


@pytest.mark.parametrize(
    "recipe",
    [
        recipe_of("efuda"),
        recipe_of("gpr"),
        recipe_of("csa", warm_up_epochs=1),
        recipe_of("trm_ml", warm_up_epochs=1),
    ],
)
@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_recipes_with_memory_learn_end_to_end_and_resume_the_same(tmp_path, recipe, tuning):
    encoder = OpenClipEncoder(OpenClipConfig(model=f"local-dir:{write_checkpoint(tmp_path / 'e')}"))
    task = problem(encoder)
    both = wrapped(recipe, encoder, tuning)
    whole = fit(both, task, SCHEDULE, seed=3)

    class KilledError(Exception):
        pass

    def keep_and_die(state):
        state.save(tmp_path / "kept", "this fit")
        raise KilledError

    with pytest.raises(KilledError):
        fit(both, task, SCHEDULE, seed=3, on_checkpoint=keep_and_die)
    kept = FitState.load(tmp_path / "kept", "this fit")
    assert kept is not None
    assert kept.epoch == 2
    resumed = fit(both, task, SCHEDULE, seed=3, state=kept)
    assert resumed.history == whole.history
    one, other = whole.head.state_dict(), resumed.head.state_dict()
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_head_on_vectors_of_the_trained_tower_gives_the_same_logits(tmp_path):
    encoder = OpenClipEncoder(OpenClipConfig(model=f"local-dir:{write_checkpoint(tmp_path)}"))
    task = problem(encoder)
    found = fit(wrapped(recipe_of("efuda"), encoder, "lora"), task, SCHEDULE, seed=0)
    live = head_logits(found.head, task.holdout.vectors, None, pictures=task.holdout.pictures)
    assert isinstance(found.head, EndToEndHead)
    assert isinstance(task.holdout.pictures, Drawn)
    with torch.inference_mode():
        seen = found.head.tower(task.holdout.pictures.all)
    cached = head_logits(found.head.head, seen.global_vectors.numpy(), seen.region_vectors.numpy())
    np.testing.assert_allclose(live, cached, atol=1e-4)


@pytest.mark.parametrize(
    "recipe",
    [recipe_of("efuda"), recipe_of("csa"), recipe_of("trm_ml"), recipe_of("ignore_unknown")],
)
def test_the_pull_and_the_rates_are_the_recipes_own(tmp_path, recipe):
    encoder = OpenClipEncoder(OpenClipConfig(model=f"local-dir:{write_checkpoint(tmp_path)}"))
    task = problem(encoder)
    learner = wrapped(recipe, encoder, "lora").build(task)
    inner = recipe.build(task)
    assert [each.shape for each in learner.anchored()] == [each.shape for each in inner.anchored()]
    ours, theirs = learner.pull_factors(), inner.pull_factors()
    assert (ours is None) == (theirs is None)
    if ours is not None:
        assert torch.equal(ours, theirs)
    rates = learner.rate_factors()
    assert rates.pop("tower.") == 0.1
    assert rates == {f"inner.{name}": rate for name, rate in inner.rate_factors().items()}


def test_csa_measures_its_feedback_with_the_tower_that_moved(tmp_path):
    encoder = OpenClipEncoder(OpenClipConfig(model=f"local-dir:{write_checkpoint(tmp_path)}"))
    task = problem(encoder)
    learner = wrapped(recipe_of("csa", warm_up_epochs=0), encoder, "full").build(task)
    assert isinstance(learner, EndToEndLearner)
    with torch.no_grad():
        for parameter in learner.tower.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    score = lambda head: head_logits(  # noqa: E731
        head, task.views[0], task.regions[0], pictures=task.pictures
    )
    seen = []

    def remembering(head):
        logits = score(head)
        seen.append((float(head.head.feedback), logits))
        return logits

    learner.start_epoch(0, remembering)
    assert [strength for strength, _ in seen] == [0.0, 1.0]
    head = learner.inner.head()
    assert isinstance(head, ContextualHead)
    found = float(head.feedback)
    expected = seen[0][1] + found * (seen[1][1] - seen[0][1])
    np.testing.assert_allclose(score(learner.head()), expected, atol=1e-3)


@pytest.mark.parametrize(
    "recipe",
    [recipe_of("efuda"), recipe_of("csa", warm_up_epochs=1), recipe_of("trm_ml", warm_up_epochs=1)],
)
def test_mixed_precision_learns_about_the_same(tmp_path, recipe):
    encoder = OpenClipEncoder(OpenClipConfig(model=f"local-dir:{write_checkpoint(tmp_path)}"))
    task = problem(encoder)
    both = wrapped(recipe, encoder, "lora")
    full, mixed = (
        fit(both, task, replace(SCHEDULE, precision=precision), seed=0)
        for precision in ("float32", "bfloat16")
    )
    assert mixed.history[-1]["loss"] == pytest.approx(full.history[-1]["loss"], rel=0.1)
    assert all(each.dtype == torch.float32 for each in mixed.head.parameters())
