import numpy as np
import pytest

from components.methods.efuda.settings import EfudaSettings
from components.methods.vlpl.settings import VLPLSettings
from components.models.heads.linear import LinearHead
from components.training.inference import head_logits, holdout_score
from components.training.task import Holdout
from tuning.choice import MIN_JUDGED_IMAGES, choose
from tuning.trial import Outcome, Trial, drawn_scores

NUM_IMAGES = 40
TRUTH = np.arange(NUM_IMAGES) % 2 == 0
PERFECT = TRUTH * 100.0 + np.arange(NUM_IMAGES)
WRONG = -PERFECT


def almost_perfect():
    """One absent image comes before the last but one of the present ones."""
    scores = PERFECT.copy()
    scores[1] = 102.5
    return scores


def outcomes_of(*columns, known=None, cautious=True):
    """Outcomes of attempts that rank the hold-out as given, and that hold-out."""
    known = np.ones((NUM_IMAGES, 1), bool) if known is None else known
    vectors = np.stack(columns, axis=1).astype(np.float32)
    states = np.where(known, np.where(TRUTH[:, None], 1, -1), 0).astype(np.int8)
    holdout = Holdout(vectors=vectors, states=states, rule="verified")
    trial = Trial("efuda", EfudaSettings()) if cautious else Trial("vlpl", VLPLSettings())
    outcomes = []
    for row in np.eye(len(columns), dtype=np.float32):
        head = LinearHead.of(row[None])
        score = holdout_score(head_logits(head, vectors, None), holdout)
        draws = drawn_scores(head, holdout)
        outcomes.append(Outcome(trial=trial, score=score, best_epoch=0, draws=draws))
    return outcomes, holdout


def test_the_first_is_kept_where_it_is_best():
    assert choose(*outcomes_of(PERFECT, WRONG)) == 0
    assert choose(*outcomes_of(PERFECT, PERFECT)) == 0


def test_a_clearly_better_one_is_taken():
    assert choose(*outcomes_of(WRONG, PERFECT, WRONG)) == 1


def test_a_barely_better_one_is_not_taken_by_a_cautious_method_alone():
    outcomes, holdout = outcomes_of(almost_perfect(), PERFECT)
    assert 0 < outcomes[1].score - outcomes[0].score < 0.05
    assert choose(outcomes, holdout) == 0
    assert choose(*outcomes_of(almost_perfect(), PERFECT, cautious=False)) == 1


def test_the_first_of_those_that_come_close_is_taken():
    assert choose(*outcomes_of(WRONG, almost_perfect(), PERFECT)) == 1


@pytest.mark.parametrize(("judged", "place"), [(MIN_JUDGED_IMAGES - 1, 0), (MIN_JUDGED_IMAGES, 1)])
def test_too_few_judged_images_choose_nothing(judged, place):
    known = np.arange(NUM_IMAGES)[:, None] < judged
    assert choose(*outcomes_of(WRONG, PERFECT, known=known)) == place
