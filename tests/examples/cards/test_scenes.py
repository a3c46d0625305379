from dataclasses import replace

import numpy as np

from examples.cards.draw import draw_scene, draw_sketch
from examples.cards.painting import paint
from examples.cards.scenes import SCENE_PX, World, plan_scene


def test_a_scene_depends_on_seed_and_number_alone() -> None:
    assert draw_scene(7, 3) == draw_scene(7, 3)
    assert draw_scene(7, 3)[1] != draw_scene(7, 4)[1]
    assert draw_scene(7, 3)[1] != draw_scene(8, 3)[1]
    assert draw_sketch(7, "cat", 1) == draw_sketch(7, "cat", 1)


def test_boxes_lie_inside_the_picture_and_hold_their_area() -> None:
    for number in range(30):
        scene, _ = draw_scene(7, number)
        assert scene.things
        for _, _, box in scene.things:
            assert 0 <= box.left < box.left + box.width <= SCENE_PX
            assert 0 <= box.top < box.top + box.height <= SCENE_PX
            assert 0 < box.area <= box.width * box.height


def test_boxes_lie_where_the_pixels_change() -> None:
    plan = plan_scene(np.random.default_rng(5), World())
    with_all, outlines = paint(plan)
    without, _ = paint(replace(plan, things=plan.things[:-1]))
    changed = (with_all != without).any(axis=2)
    box = outlines[-1]
    assert box is not None
    inside = changed[box.top : box.top + box.height, box.left : box.left + box.width]
    assert inside.sum() > 0.95 * changed.sum()
