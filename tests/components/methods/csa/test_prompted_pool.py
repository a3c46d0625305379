"""CSA with prompts as tokens: the same start, the same kind of head, no tower kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from components.errors import InputError
from components.methods.catalog import METHODS
from components.methods.csa.prompted_pool import PromptedPool
from components.methods.csa.recipe import CSALearner
from components.methods.csa.settings import CSASettings
from components.models.heads.catalog import head_class
from components.models.heads.contextual import ContextualHead
from components.models.images import Images, images_of
from components.training.checkpoint import FitState
from components.training.learner import Batch
from components.training.loop import fit, head_logits
from tests.components.encoders.toy_tower import WORDS, toy_prompter, turned
from tests.components.methods.csa.csa_world import learner_of
from tests.components.methods.region_world import EMBED, LABELS, SCHEDULE, region_task
from tests.reference.finite_differences import assert_slopes, gradient_of

TOKENS = CSASettings(prompts="tokens", warm_up_epochs=1, num_groups=2)
QUIET = CSASettings(
    prompts="tokens",
    noise=0.0,
    region_dropout=0.0,
    weighting="uniform",
    warm_up_epochs=0,
    num_groups=2,
    gamma_negative=2.0,
)


@pytest.fixture
def problem():
    """Label vectors are those of the template's words."""
    task = region_task(examples=120)
    prompter = toy_prompter(LABELS, EMBED)
    vectors = prompter.prompts()().detach().numpy()
    return replace(task, names=replace(task.names, vectors=vectors, prompter=prompter))


def tokens_of(learner: CSALearner) -> PromptedPool:
    assert learner.prompts is not None
    return learner.prompts


def fitted(settings, task, schedule, **more):
    return fit(METHODS["csa"].recipe(settings), task, schedule, **more)


def batch_of(task, dtype=torch.float32):
    rows = torch.arange(len(task.states))
    images = images_of(task.views[0], task.regions[0][rows.numpy()])
    images = Images(images.vectors.to(dtype), images.required_regions().to(dtype))
    return Batch(images, torch.from_numpy(task.states), rows, 0, 1)


def logits_of(head, task):
    return head_logits(head, task.views[0], task.regions[0])


@pytest.mark.parametrize("whole", ["absent", "fixed", "trained"])
def test_the_start_is_that_of_residual_prompts(problem, whole):
    task = problem
    tokens = learner_of(replace(TOKENS, whole=whole), task)
    residual = learner_of(replace(TOKENS, whole=whole, prompts="residual"), task)
    expected = logits_of(residual.head(), task)
    np.testing.assert_allclose(logits_of(tokens.head(), task), expected, atol=1e-4)
    where, what = tokens_of(tokens)()
    torch.testing.assert_close(where, residual.student.pool.where.detach(), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(what, residual.student.pool.what.detach(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("keep", ["teacher", "student"])
@pytest.mark.parametrize("whole", ["absent", "fixed"])
def test_the_folded_head_gives_the_same_logits_without_a_tower(problem, keep, whole):
    task = problem
    learner = learner_of(replace(QUIET, keep=keep, whole=whole), task)
    batch = batch_of(task)
    with torch.no_grad():
        prompts = tokens_of(learner)
        prompts.where.context.add_(torch.linspace(-0.3, 0.3, 8))
        prompts.what_growth.add_(0.2)
        read = prompts.read(learner.student, learner.space(batch.images))
        for _ in range(1000 if keep == "teacher" else 1):
            learner.after_step()
    head = learner.head()
    np.testing.assert_allclose(logits_of(head, task), read.labels.numpy(), atol=2e-3)
    again = head_class(head.kind).empty(**head.settings())
    again.load_state_dict(head.state_dict())
    assert logits_of(again, task).tobytes() == logits_of(head, task).tobytes()


def test_gradients_reach_tokens_and_lengths_alone(problem):
    task = problem
    learner = learner_of(TOKENS, task)
    learner(batch_of(task)).backward()
    prompts = tokens_of(learner)
    for tokens in (prompts.where, prompts.what):
        assert gradient_of(tokens.context).abs().sum(dim=(1, 2)).min() > 0
        assert all(each.grad is None for each in tokens.tower.parameters())
    assert prompts.where_growth.grad
    assert prompts.what_growth.grad
    assert learner.student.pool.where.grad is None
    assert learner.student.pool.what.grad is None


def test_gradients_agree_with_finite_differences(problem):
    task = problem
    learner = learner_of(QUIET, task).double()
    batch = batch_of(task, torch.float64)
    learner(batch).backward()
    trained = dict(tokens_of(learner).named_parameters())
    assert all(each.grad is not None for each in trained.values())
    assert_slopes(trained.items(), lambda: learner(batch), tolerance=1e-7)


def test_a_checkpoint_holds_tokens_and_no_tower(problem):
    task = problem
    plain = learner_of(replace(TOKENS, prompts="residual"), task).state_dict()
    added = learner_of(TOKENS, task).state_dict().keys() - plain.keys()
    own = {"where.context", "what.context", "where_growth", "what_growth"}
    start = {"centre", "where_length", "what_length"}
    assert added == {f"prompts.{name}" for name in own | start}


@pytest.mark.parametrize(("keep", "shared"), [("teacher", False), ("student", True)])
def test_a_resumed_fit_gives_the_same_head(tmp_path, problem, keep, shared):
    task = problem
    recipe = replace(TOKENS, keep=keep, shared_tokens=shared)
    schedule = replace(SCHEDULE, epochs=3, checkpoint_every=1)
    states = []

    def keep_state(state):
        state.save(tmp_path / str(state.epoch), "f")
        states.append(state.epoch)

    whole = fitted(recipe, task, schedule, seed=1, on_checkpoint=keep_state)
    for epoch in states[:-1]:
        kept = FitState.load(tmp_path / str(epoch), "f")
        again = fitted(recipe, task, schedule, seed=1, state=kept)
        assert again.history == whole.history
        for name, value in whole.head.state_dict().items():
            assert torch.equal(value, again.head.state_dict()[name]), name


def test_it_learns_what_the_cells_say(problem):
    task = problem
    recipe = replace(TOKENS, whole="absent", token_rate=3.0)
    found = fitted(recipe, task, replace(SCHEDULE, epochs=8), seed=0)
    assert found.best_score > found.history[0]["holdout_mAP"] + 0.02


def test_the_pull_holds_the_tokens_at_their_words(problem):
    task = problem
    learner = learner_of(TOKENS, task)
    prompts = tokens_of(learner)
    assert learner.anchored()[:2] == [prompts.where.context, prompts.what.context]
    short = replace(SCHEDULE, epochs=2)
    found = fitted(replace(TOKENS, keep="student", pull=1e6), task, short, seed=0)
    assert isinstance(found.head, ContextualHead)
    start = learner.student.pool.where.detach()
    moved = found.head.pool.where.detach() / start
    np.testing.assert_allclose(moved, moved.mean(), rtol=2e-2)


def test_the_order_of_labels_does_not_matter(problem):
    task = problem
    order = np.random.default_rng(1).permutation(LABELS)
    prompter = turned(task.names.prompter, order.tolist())
    names = replace(task.names, vectors=task.names.vectors[order], prompter=prompter)
    changed = replace(task, states=task.states[:, order], names=names)
    a = logits_of(learner_of(TOKENS, task).head(), task)
    b = logits_of(learner_of(TOKENS, changed).head(), task)
    np.testing.assert_allclose(a[:, order], b, atol=1e-3)


def test_one_label_is_enough(problem):
    prompter = toy_prompter(1, EMBED)
    vectors = prompter.prompts()().detach().numpy()
    task = replace(
        problem,
        states=problem.states[:, :1],
        names=replace(problem.names, vectors=vectors, prompter=prompter),
        holdout=replace(problem.holdout, states=problem.holdout.states[:, :1]),
    )
    found = fitted(replace(TOKENS, num_groups=None), task, replace(SCHEDULE, epochs=1), seed=0)
    assert np.isfinite(logits_of(found.head, task)).all()


def test_more_tokens_start_from_repeated_words(problem):
    task = problem
    learner = learner_of(replace(TOKENS, num_tokens=16), task)
    context = tokens_of(learner).where.context
    assert context.shape == (LABELS, 16, 8)
    torch.testing.assert_close(context[:, :-WORDS], context[:, WORDS:])


def test_without_a_tower_tokens_are_refused(problem):
    task = problem
    with pytest.raises(InputError, match="kind open_clip"):
        learner_of(TOKENS, replace(task, names=replace(task.names, prompter=None)))
    with pytest.raises(InputError, match="do not fit"):
        learner_of(replace(TOKENS, num_tokens=40), task)
