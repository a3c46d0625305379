"""Precision and recall of proposed labels, on real CLIP vectors of real photographs.

Run from the project root: ``python -m benchmarks.proposals [--json] [--plot FILE]``.
The data are looked for in EFUDA_REAL_DATA (default ../shared/real). Images of three
labels or more count. ``recall_at_equal_precision`` is the recall of a labeler where
it is as precise as the softmax at its threshold; the gain is the difference to the
softmax's own recall at that precision. Each repeat draws two halves and measures
both, each by what the other teaches; intervals draw images and repeats anew.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.proposals.candidates import DEFAULT
from bench.proposals.cross_fit import SELECTED
from bench.proposals.protocols import DESCRIPTIONS, Protocol
from bench.proposals.selection import THETAS
from bench.proposals.world import ProposalWorld
from benchmarks.figures import REAL, Figure, figure_line
from benchmarks.proposal_quality.contexts import context_gains
from benchmarks.proposal_quality.measure import Measured, Sample, measure
from benchmarks.proposal_quality.negatives import SHARES, wrongly_denied
from benchmarks.proposal_quality.weights import weight_errors
from examples.worlds.clip_vectors import load_world

HEADLINE: Protocol = "labelled_half"
GAIN_ASKED_FOR = 8.0
MARKS = {0.3: (0.878, 0.178), 0.2: (0.848, 0.216)}
"""Precision and recall of the softmax over the full set of 497 images."""


def figures(measured: Measured) -> Iterator[Figure]:
    """All figures of one protocol; the headline's carry no prefix."""
    prefix = "" if measured.protocol == HEADLINE else f"{measured.protocol}."
    for theta in THETAS:
        samples = measured.softmax_at(theta)
        for kind, sample, mark in zip(("precision", "recall"), samples, MARKS[theta], strict=True):
            against = f"{mark} on 497 images" if not prefix else None
            name = f"{prefix}softmax_{kind}.theta_{theta}"
            yield replace(_figure(name, sample), against=against)
    best = SELECTED if SELECTED in measured.rankings else DEFAULT
    for theta in THETAS:
        reference = measured.recall("softmax", theta)
        for name in measured.rankings:
            sample = measured.recall(name, theta)
            figure = _figure(f"{prefix}recall_at_equal_precision.{name}.theta_{theta}", sample)
            yield replace(figure, against=round(reference.value, 4))
        gain = measured.recall(best, theta) - reference
        suffix = "" if theta == THETAS[0] else f".theta_{theta}"
        yield replace(
            _figure("", gain, scale=100.0),
            name=f"{prefix}recall_gain_at_equal_precision{suffix}",
            unit="points",
            against=GAIN_ASKED_FOR if not prefix else None,
        )
    if best == SELECTED:
        yield from _transferred(measured, prefix)


def _transferred(measured: Measured, prefix: str) -> Iterator[Figure]:
    """What comes of thresholds chosen on one half, at the softmax's precision there."""
    right, proposed, positives = np.array(measured.at_transferred, float).T
    precision, recall = (sample.value for sample in measured.softmax_at(THETAS[0]))
    for kind, values, rival in (
        ("precision", right / np.maximum(proposed, 1), precision),
        ("recall", right / positives, recall),
    ):
        yield Figure(
            name=f"{prefix}selected_at_transferred_threshold.{kind}",
            value=float(values.mean()),
            unit="1",
            low=float(values.min()),
            high=float(values.max()),
            against=f"{rival:.4f} of the softmax at {THETAS[0]}",
        )


def _weights(world: ProposalWorld, repeats: int) -> Iterator[Figure]:
    errors = weight_errors(world, repeats=repeats)
    for name, values in errors.items():
        yield Figure(
            name=f"weight_brier.{name}",
            value=float(values.mean()),
            unit="1",
            low=float(values.min()),
            high=float(values.max()),
            against=round(float(errors["uniform"].mean()), 4),
        )


def _negatives(world: ProposalWorld) -> Iterator[Figure]:
    for share in SHARES:
        found = wrongly_denied(world, share)
        chance = found.pop("chance").value
        for name, sample in found.items():
            figure = _figure(f"denied_although_present.{name}.share_{share}", sample)
            yield replace(figure, against=f"{chance:.4f} at random")
        more = found["label_wise"] - found["image_wise"]
        yield _figure(f"denied_although_present.label_wise_minus_image_wise.share_{share}", more)


def _contexts(world: ProposalWorld, repeats: int) -> Iterator[Figure]:
    for name, (value, *draws) in context_gains(world, repeats=repeats).items():
        sample = Sample(value=float(value), draws=np.array(draws))
        yield replace(_figure(f"map_gain_by_contexts.{name}", sample), against=0.0)


def _figure(name: str, sample: Sample, *, scale: float = 1.0) -> Figure:
    low, high = np.quantile(sample.draws, [0.025, 0.975])
    return Figure(
        name=name,
        value=scale * sample.value,
        unit="1",
        low=scale * float(low),
        high=scale * float(high),
    )


def main() -> None:
    """Print each figure, and draw the curves where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--repeats", type=int, default=10, help="pairs of random halves (10)")
    parser.add_argument("--plot", type=Path, help="where to draw the curves, an .svg")
    arguments = parser.parse_args()
    if not (REAL / "clip_vitb16").is_dir():
        print(f"skipped: no CLIP vectors at {REAL}; set EFUDA_REAL_DATA", file=sys.stderr)
        return
    if arguments.repeats < 1:
        parser.error(f"--repeats must be at least 1, got {arguments.repeats}")
    if arguments.plot and arguments.plot.suffix != ".svg":
        parser.error(f"--plot must name an .svg, got {arguments.plot}")
    world = load_world(REAL)
    all_measured = []
    for protocol, description in DESCRIPTIONS.items():
        measured = measure(world, protocol, repeats=arguments.repeats)
        all_measured.append(measured)
        if not arguments.json:
            print(f"\n{protocol}: {description}; chosen {dict(measured.chosen)}")
        _print(figures(measured), as_json=arguments.json)
    _print(_weights(world, arguments.repeats), as_json=arguments.json)
    _print(_negatives(world), as_json=arguments.json)
    _print(_contexts(world, arguments.repeats), as_json=arguments.json)
    if arguments.plot:
        from benchmarks.proposal_quality.plot import plot

        plot(all_measured, arguments.plot)


def _print(found: Iterator[Figure], *, as_json: bool) -> None:
    for figure in found:
        text = f"{figure.name:58} {figure.value:8.4g}  [{figure.low:.4g}, {figure.high:.4g}]"
        print(figure_line(figure) if as_json else text, flush=True)


if __name__ == "__main__":
    main()
