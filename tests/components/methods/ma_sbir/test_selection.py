from dataclasses import replace

from components.methods.ma_sbir.conversion import CENTRED, RAW, Fitter
from components.methods.ma_sbir.query_expansion import unit
from components.methods.ma_sbir.selection import hold_outs_of, inner_score
from tests.components.methods.ma_sbir.sketch_world import CLASSES, world


def test_preferring_photographs_of_classes_held_out_does_not_pay():
    """Queries that hate fitted classes' photographs: held-out ones profit, the score falls."""
    data = world()
    fitter, seen, held_out = Fitter(data), tuple(range(CLASSES)), (5, 6)
    fair = inner_score(CENTRED, fitter, seen, held_out)
    fitted = data.photos[~data.shown[:, held_out].any(axis=1)].mean(axis=0)
    biased = {k: unit(v - 3 * fitted) for k, v in data.sketches.items()}
    plain = replace(data, sketches=biased)
    assert inner_score(RAW, Fitter(plain), seen, held_out) < fair


def test_hold_outs_are_all_sets_or_a_few_disjoint_ones():
    assert len(hold_outs_of((0, 2, 3, 5, 6), 2, 0)) == 10
    many = hold_outs_of(tuple(range(88)), 22, 0)
    assert len(set(sum(many, ()))) == len(many) * 22
    assert many == hold_outs_of(tuple(range(88)), 22, 0) != hold_outs_of(tuple(range(88)), 22, 1)
