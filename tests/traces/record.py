"""Every attempt of every method on the tiny world, epoch by epoch.

``python -m tests.traces.record`` writes ``tiny_fits.json`` anew, from the code as it is.
"""

import json
from dataclasses import replace
from pathlib import Path

from bench.protocols import CAPTIONS, label_task
from components.methods.catalog import METHODS
from components.training.loop import fit
from tests.bench.tiny_world import tiny_world
from tuning.search import trials_of

TINY_FITS = Path(__file__).with_name("tiny_fits.json")
EPOCHS = 5
"""Past the warm-up of methods that have one."""
TRAINED = tuple(name for name, row in METHODS.items() if row.is_trained)

Curve = dict[str, list[float]]
"""Loss and hold-out mAP, from the start on."""


def tiny_fits(method: str) -> list[Curve]:
    """A curve for each attempt of a method, in their order.

    Half of the cells are known; a method that reads captions learns from captions alone.
    """
    world = tiny_world()
    protocol = CAPTIONS if METHODS[method].reads.captions else "partial:0.5"
    task = label_task(world, protocol, seed=0, holdout="observed").task
    shared = replace(world.schedule, epochs=EPOCHS)
    recipes = [METHODS[method].recipe(each.settings) for each in trials_of(method, task)]
    histories = [fit(recipe, task, shared, seed=0).history for recipe in recipes]
    return [
        {name: [float(epoch[name]) for epoch in history] for name in ("loss", "holdout_mAP")}
        for history in histories
    ]


def main() -> None:
    """Write the curves of all methods."""
    curves = {method: tiny_fits(method) for method in TRAINED}
    TINY_FITS.write_text(json.dumps(curves, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
