"""How many missing labels the proposals find, against VLPL's labeler and a judge who knows.

Run from the project root: ``python -m benchmarks.proposals_yield [--json] [--quick]``. Real
photographs are looked for in EFUDA_REAL_DATA (default ../shared/real). EFUDA_CARDS names a
finished project of the cards world; without it one is drawn and embedded.

Labels of the training images are hidden by a protocol, and proposals are made by the steps of
the stage pseudo_label: the method that the hold-out likes best, cross-fitted, with evidence
where that helps, calibrated. The unknown cells are then taken from the highest probability
down, as long as their *mean probability* is at least 0.92: no truth is read. ``precision`` is
the share of them that is present, ``hidden_found`` the share of the hidden positives that they
are. ``share_of_oracle_yield`` divides what they find by what the same scores find where the
truth sets the threshold, at a precision of at least 0.90; ``yield_vs_vlpl`` by what VLPL's
labeler finds at that precision on the same vectors, by its softmax or calibrated label by
label, whichever finds more, the truth setting its threshold as well.

Hold-outs are hidden as training is, but for single-positive, where they keep their labels, as in
the demo. On cards each seed draws a mask. On photographs each split deals them anew into 60 of the
hold-out and the others. Values are those of all draws together; intervals are the range from
5 to 95 % of single draws.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.project_world import SCHEDULE
from bench.protocols import CAPTIONS
from bench.world import Skipped, open_world
from benchmarks.figures import Figure, run_benchmark_or_part
from benchmarks.proposal_yield.draws import NAMES_ONLY, draw_of, protocols_of, split_anew
from benchmarks.proposal_yield.measured import Measured, measured
from benchmarks.proposal_yield.proposing import RECIPES
from examples.worlds.catalog import make_world

OUT = Path("reports/bench")
HEADLINE = ("cards", "single-positive")
PROTOCOLS = ("single-positive", "partial:0.1", "partial:0.5", "few:0.05", CAPTIONS, NAMES_ONLY)
SEEDS = range(10, 15)
"""Of masks. The steps were found on those of seeds 0 to 2."""
PHOTOGRAPHS = ("coco256", "clip_vitb16")
PHOTO_PROTOCOLS = ("single-positive", "partial:0.5")
SPLITS = range(20)


def measure(quick: bool) -> Iterator[Figure]:
    """Yield of proposals at precision 0.90, on cards and on photographs."""
    given = os.environ.get("EFUDA_CARDS")
    made = make_world("cards", OUT, Path(given) if given else None)
    if not isinstance(made, Skipped):
        world = open_world(made)
        for protocol in protocols_of(world, PROTOCOLS[:1] if quick else PROTOCOLS):
            recipes = (*RECIPES, "tagalign") if protocol == CAPTIONS else RECIPES
            found = [
                measured(draw_of(world, protocol, seed=seed), SCHEDULE, seed=seed, recipes=recipes)
                for seed in (SEEDS[:1] if quick else SEEDS)
            ]
            yield from figures("cards", protocol, found)
    for name in PHOTOGRAPHS:
        made = make_world(name, OUT)
        if isinstance(made, Skipped):
            continue
        photographs = open_world(made)
        for protocol in PHOTO_PROTOCOLS[:1] if quick else PHOTO_PROTOCOLS:
            found = []
            for seed in SPLITS[:3] if quick else SPLITS:
                draw = draw_of(split_anew(photographs, seed=seed), protocol, seed=seed)
                found.append(measured(draw, SCHEDULE, seed=seed))
            yield from figures(name, protocol, found)


def figures(world: str, protocol: str, found: Sequence[Measured]) -> Iterator[Figure]:
    """Of all draws together, with the range of single ones."""
    prefix = "" if (world, protocol) == HEADLINE else f"{world}.{protocol}."
    ours = np.array([_counts(each) for each in found], float)
    taken, right, oracle, hidden, rival = ours.T
    words = ", ".join(sorted({each.method for each in found}))
    if all(each.calibrated for each in found):
        yield _ratio(f"{prefix}share_of_oracle_yield", right, oracle, against=words)
        yield _ratio(f"{prefix}precision", right, taken, against=0.90)
        yield _ratio(f"{prefix}yield_vs_vlpl", right, rival, against=5.0)
        yield _ratio(f"{prefix}hidden_found", right, hidden)
        yield _ratio(f"{prefix}proposed", taken, np.ones_like(taken))
    yield _ratio(f"{prefix}hidden_found.by_truth", oracle, hidden)
    yield _ratio(f"{prefix}hidden_found.vlpl_by_truth", rival, hidden)
    published = np.array([(each.published.right, each.published.proposed) for each in found], float)
    yield _ratio(f"{prefix}precision.vlpl_as_published", *published.T)
    yield _ratio(f"{prefix}hidden_found.vlpl_as_published", published[:, 0], hidden)
    read, total = np.array([(each.reading_evidence, each.scorers) for each in found], float).T
    yield _ratio(f"{prefix}scorers_that_read_evidence", read, total)


def _counts(each: Measured) -> tuple[int, int, int, int, int]:
    chosen = each.ours.by_probability
    return (
        chosen.proposed,
        chosen.right,
        each.ours.by_truth.right,
        each.ours.hidden,
        each.vlpl.right,
    )


def _ratio(
    name: str, above: np.ndarray, below: np.ndarray, *, against: float | str | None = None
) -> Figure:
    """Sums divided; NaN where there is nothing to divide by."""
    each = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    low, high = np.nanquantile(each, [0.05, 0.95]) if np.isfinite(each).any() else (np.nan, np.nan)
    value = above.sum() / below.sum() if below.sum() else float("nan")
    return Figure(
        name=name, value=float(value), unit="1", low=float(low), high=float(high), against=against
    )


if __name__ == "__main__":
    run_benchmark_or_part(measure)
