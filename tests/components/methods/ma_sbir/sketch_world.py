"""Sketches and photographs of a few classes, for tests of protocol and choices."""

import numpy as np

from components.methods.ma_sbir.query_expansion import unit
from components.methods.ma_sbir.world import SketchWorld

CLASSES, EACH, EMBED = 7, 5, 12
UNSEEN = (1, 4)


def world(seed=0, several=False):
    """Classes in the open, a gap between the modalities; with ``several``, two a photograph."""
    rng = np.random.default_rng(seed)
    names = rng.normal(size=(CLASSES, EMBED))
    classes = np.repeat(np.arange(CLASSES), EACH)
    shown = classes[:, None] == np.arange(CLASSES)
    if several:
        shown[::3, rng.integers(CLASSES)] = True
    gap = 2 * rng.normal(size=EMBED)

    def noise():
        return 0.5 * rng.normal(size=(len(classes), EMBED))

    return SketchWorld(
        photos=unit(shown @ names + noise()).astype(np.float32),
        shown=shown,
        sketches={
            "plain": unit(names[classes] + gap + noise()).astype(np.float32),
            "painted": unit(names[classes] + gap / 2 + noise()).astype(np.float32),
        },
        sketch_classes=classes,
        class_vectors=unit(names).astype(np.float32),
    )
