import numpy as np
import pytest

from components.models.heads.linear import LinearHead
from components.training.data import Holdout
from components.training.inference import head_logits, holdout_score
from components.training.loop import FitResult
from tuning.one_standard_error import MIN_JUDGED_IMAGES, cautious_choice

NUM_IMAGES = 40
TRUTH = np.arange(NUM_IMAGES) % 2 == 0
PERFECT = TRUTH * 100.0 + np.arange(NUM_IMAGES)
WRONG = -PERFECT


def almost_perfect():
    """One absent image comes before the last but one of the present ones."""
    scores = PERFECT.copy()
    scores[1] = 102.5
    return scores


def results_of(*columns, known=None):
    """Results that rank the hold-out as given, and that hold-out."""
    known = np.ones((NUM_IMAGES, 1), bool) if known is None else known
    vectors = np.stack(columns, axis=1).astype(np.float32)
    holdout = Holdout(vectors=vectors, truth=TRUTH[:, None], known=known)
    results = []
    for row in np.eye(len(columns), dtype=np.float32):
        head = LinearHead.of(row[None])
        score = holdout_score(head_logits(head, vectors, None), holdout)
        results.append(FitResult(head=head, best_epoch=0, best_score=score, history=[]))
    return results, holdout


def test_the_first_is_kept_where_it_is_best():
    assert cautious_choice(*results_of(PERFECT, WRONG)) == 0
    assert cautious_choice(*results_of(PERFECT, PERFECT)) == 0


def test_a_clearly_better_one_is_taken():
    assert cautious_choice(*results_of(WRONG, PERFECT, WRONG)) == 1


def test_a_barely_better_one_is_not_taken():
    results, holdout = results_of(almost_perfect(), PERFECT)
    assert 0 < results[1].best_score - results[0].best_score < 0.05
    assert cautious_choice(results, holdout) == 0


def test_the_first_of_those_that_come_close_is_taken():
    assert cautious_choice(*results_of(WRONG, almost_perfect(), PERFECT)) == 1


@pytest.mark.parametrize(("judged", "place"), [(MIN_JUDGED_IMAGES - 1, 0), (MIN_JUDGED_IMAGES, 1)])
def test_too_few_judged_images_choose_nothing(judged, place):
    known = np.arange(NUM_IMAGES)[:, None] < judged
    assert cautious_choice(*results_of(WRONG, PERFECT, known=known)) == place
