"""CSA with prompts as tokens: the same start, the same kind of head, no tower kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from components.errors import InputError
from components.losses.asymmetric import AsymmetricLoss
from components.methods.csa.recipe import CSA
from components.models.heads.catalog import head_class
from components.models.images import images_of
from components.training.learner import Batch, Start
from components.training.loop import fit, head_logits
from components.training.state import FitState
from tests.components.encoders.toy_tower import WORDS, toy_prompter, turned
from tests.components.methods.region_world import EMBED, LABELS, SCHEDULE, region_problem
from tests.reference.finite_differences import assert_slopes

TOKENS = CSA(prompts="tokens", warm_up_epochs=1, num_groups=2)
QUIET = CSA(
    prompts="tokens",
    noise=0.0,
    region_dropout=0.0,
    weighting="uniform",
    warm_up_epochs=0,
    num_groups=2,
    asymmetric=AsymmetricLoss(gamma_positive=0.0, gamma_negative=2.0, clip=0.0),
)


@pytest.fixture
def problem():
    """Label vectors are those of the template's words."""
    data, holdout, names = region_problem(examples=120)
    prompter = toy_prompter(LABELS, EMBED)
    vectors = prompter.prompts()().detach().numpy()
    return data, holdout, replace(names, vectors=vectors, prompter=prompter)


def learner_of(recipe, data, names):
    torch.manual_seed(0)
    return recipe.build(Start(data, names))


def batch_of(data, dtype=torch.float32):
    images = images_of(data.views[0], data.regions[0])
    images = replace(images, vectors=images.vectors.to(dtype), regions=images.regions.to(dtype))
    rows = torch.arange(len(data.states))
    states, nothing = torch.from_numpy(data.states), torch.from_numpy(data.proposals)
    return Batch(images, states, nothing, torch.ones(states.shape), rows, 0)


def logits_of(head, data):
    return head_logits(head, data.views[0], data.regions[0])


@pytest.mark.parametrize("whole", ["absent", "fixed", "trained"])
def test_the_start_is_that_of_residual_prompts(problem, whole):
    data, _, names = problem
    tokens = learner_of(replace(TOKENS, whole=whole), data, names)
    residual = learner_of(replace(TOKENS, whole=whole, prompts="residual"), data, names)
    expected = logits_of(residual.head(), data)
    np.testing.assert_allclose(logits_of(tokens.head(), data), expected, atol=1e-4)
    where, what = tokens.prompts()
    torch.testing.assert_close(where, residual.student.pool.where.detach(), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(what, residual.student.pool.what.detach(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("keep", ["teacher", "student"])
@pytest.mark.parametrize("whole", ["absent", "fixed"])
def test_the_folded_head_gives_the_same_logits_without_a_tower(problem, keep, whole):
    data, _, names = problem
    learner = learner_of(replace(QUIET, keep=keep, whole=whole), data, names)
    batch = batch_of(data)
    with torch.no_grad():
        learner.prompts.where.context += torch.linspace(-0.3, 0.3, 8)
        learner.prompts.what_growth += 0.2
        read = learner.prompts.read(learner.student, learner.space(batch.images))
        for _ in range(1000 if keep == "teacher" else 1):
            learner.after_step()
    head = learner.head()
    np.testing.assert_allclose(logits_of(head, data), read.labels.numpy(), atol=2e-3)
    again = head_class(head.kind).empty(**head.settings())
    again.load_state_dict(head.state_dict())
    assert logits_of(again, data).tobytes() == logits_of(head, data).tobytes()


def test_gradients_reach_tokens_and_lengths_alone(problem):
    data, _, names = problem
    learner = learner_of(TOKENS, data, names)
    learner(batch_of(data)).backward()
    for prompts in (learner.prompts.where, learner.prompts.what):
        assert prompts.context.grad.abs().sum(dim=(1, 2)).min() > 0
        assert all(each.grad is None for each in prompts.tower.parameters())
    assert learner.prompts.where_growth.grad
    assert learner.prompts.what_growth.grad
    assert learner.student.pool.where.grad is None
    assert learner.student.pool.what.grad is None


def test_gradients_agree_with_finite_differences(problem):
    data, _, names = problem
    learner = learner_of(QUIET, data, names).double()
    batch = batch_of(data, torch.float64)
    learner(batch).backward()
    trained = dict(learner.prompts.named_parameters())
    assert all(each.grad is not None for each in trained.values())
    assert_slopes(trained.items(), lambda: learner(batch), tolerance=1e-7)


def test_a_checkpoint_holds_tokens_and_no_tower(problem):
    data, _, names = problem
    plain = learner_of(replace(TOKENS, prompts="residual"), data, names).state_dict()
    added = learner_of(TOKENS, data, names).state_dict().keys() - plain.keys()
    own = {"where.context", "what.context", "where_growth", "what_growth"}
    start = {"centre", "where_length", "what_length"}
    assert added == {f"prompts.{name}" for name in own | start}


@pytest.mark.parametrize(("keep", "shared"), [("teacher", False), ("student", True)])
def test_a_resumed_fit_gives_the_same_head(tmp_path, problem, keep, shared):
    data, holdout, names = problem
    recipe = replace(TOKENS, keep=keep, shared_tokens=shared)
    schedule = replace(SCHEDULE, epochs=3, checkpoint_every=1)
    states = []

    def keep_state(state):
        state.save(tmp_path / str(state.epoch), "f")
        states.append(state.epoch)

    whole = fit(recipe, data, holdout, names, schedule, seed=1, on_checkpoint=keep_state)
    for epoch in states[:-1]:
        kept = FitState.load(tmp_path / str(epoch), "f")
        again = fit(recipe, data, holdout, names, schedule, seed=1, state=kept)
        assert again.history == whole.history
        for name, value in whole.head.state_dict().items():
            assert torch.equal(value, again.head.state_dict()[name]), name


def test_it_learns_what_the_cells_say(problem):
    data, holdout, names = problem
    recipe = replace(TOKENS, whole="absent", token_rate=3.0)
    found = fit(recipe, data, holdout, names, replace(SCHEDULE, epochs=8), seed=0)
    assert found.best_score > found.history[0]["holdout_mAP"] + 0.02


def test_the_pull_holds_the_tokens_at_their_words(problem):
    data, holdout, names = problem
    learner = learner_of(TOKENS, data, names)
    assert learner.anchored()[:2] == [learner.prompts.where.context, learner.prompts.what.context]
    far = replace(SCHEDULE, epochs=2, weight_decay=1e6)
    found = fit(replace(TOKENS, keep="student"), data, holdout, names, far, seed=0)
    start = learner.student.pool.where.detach()
    moved = found.head.pool.where.detach() / start
    np.testing.assert_allclose(moved, moved.mean(), rtol=2e-2)


def test_the_order_of_labels_does_not_matter(problem):
    data, _, names = problem
    order = np.random.default_rng(1).permutation(LABELS)
    other = replace(
        names, vectors=names.vectors[order], prompter=turned(names.prompter, order.tolist())
    )
    changed = replace(data, states=data.states[:, order], proposals=data.proposals[:, order])
    a = logits_of(learner_of(TOKENS, data, names).head(), data)
    b = logits_of(learner_of(TOKENS, changed, other).head(), data)
    np.testing.assert_allclose(a[:, order], b, atol=1e-3)


def test_one_label_is_enough(problem):
    data, holdout, names = problem
    prompter = toy_prompter(1, EMBED)
    one = replace(names, vectors=prompter.prompts()().detach().numpy(), prompter=prompter)
    data = replace(data, states=data.states[:, :1], proposals=data.proposals[:, :1])
    holdout = replace(holdout, truth=holdout.truth[:, :1], known=holdout.known[:, :1])
    recipe = replace(TOKENS, num_groups=None)
    found = fit(recipe, data, holdout, one, replace(SCHEDULE, epochs=1), seed=0)
    assert np.isfinite(logits_of(found.head, data)).all()


def test_more_tokens_start_from_repeated_words(problem):
    data, _, names = problem
    learner = learner_of(replace(TOKENS, num_tokens=16), data, names)
    context = learner.prompts.where.context
    assert context.shape == (LABELS, 16, 8)
    torch.testing.assert_close(context[:, :-WORDS], context[:, WORDS:])


def test_without_a_tower_tokens_are_refused(problem):
    data, _, names = problem
    with pytest.raises(InputError, match="kind open_clip"):
        learner_of(TOKENS, data, replace(names, prompter=None))
    with pytest.raises(InputError, match="do not fit"):
        learner_of(replace(TOKENS, num_tokens=40), data, names)
