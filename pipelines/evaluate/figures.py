"""Figures with intervals for each recipe, and their paired differences.

A recipe's figure is the mean over its seeds. Its interval comes from halves of
the test images, that of a difference from drawing them again; both times the draws are the
same for every tagger. It tells how far another sample of images might move the figure. How far
another seed moves it can be read off the figures of the seeds, which are listed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32
from rich.console import Console
from rich.progress import track

from components.methods.catalog import METHODS
from components.metrics.bootstrap import (
    Interval,
    draw_images,
    drawn_average_precision,
    drawn_decisions,
    drawn_mean_average_precision,
    interval,
)
from components.metrics.decisions import class_f1, overall_f1
from components.metrics.ranking import mean_average_precision
from components.metrics.single_figures import draw_halves, single_interval
from pipelines.evaluate.tagger_scores import ScoredTagger, TestSplit
from project.settings import EvaluateSettings

METRICS = ("mAP", "mAP_zero_convention", "CF1", "OF1")
PLAIN = next(iter(METHODS))
"""Zero-shot: what the other methods without training are read against."""
BASELINES = tuple(row.name for row in METHODS.values() if row.is_baseline and row.is_trained)
"""What trained methods are read against, beside the best without training."""
MOST_HALVES = 400
"""Their mean and spread are all that is asked of them."""
OBSERVED = "observed_"
"""Put before the name of a figure for which unknown cells counted as absent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SeedFigures:
    """One tagger: each metric on the images as they are, and in every half of them."""

    value: Mapping[str, float]
    halves: Mapping[str, Float[np.ndarray, " halves"]]
    mean_ap_draws: Float[np.ndarray, " draws"]
    """MAP in every draw with replacement, for differences."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecipeFigure:
    """One metric of one recipe."""

    interval: Interval
    seeds: tuple[float, ...]

    def to_dict(self) -> dict[str, object]:
        """As it stands in metrics.json."""
        return {**rounded(self.interval), "seeds": [round(value, 6) for value in self.seeds]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Every figure of a report.

    Attributes:
        recipes: Metric by recipe and name; a metric that cannot be computed is
            absent.
        differences: Paired mAP differences by ``"a - b"``.
        prefix: ``observed_`` when unknown cells counted as absent, else empty.
    """

    recipes: Mapping[str, Mapping[str, RecipeFigure]]
    differences: Mapping[str, Interval]
    prefix: str


def rounded(figure: Interval) -> dict[str, float]:
    """The interval as plain numbers."""
    return {
        "mean": round(figure.mean, 6),
        "low": round(figure.low, 6),
        "high": round(figure.high, 6),
    }


def all_figures(
    test: TestSplit,
    scored: Sequence[ScoredTagger],
    settings: EvaluateSettings,
    rival: str | None = None,
) -> Figures:
    """Compute every metric of every tagger on the same draws.

    Args:
        test: The split.
        scored: The taggers.
        settings: Of the draws.
        rival: The best recipe without training, which trained ones are compared with.
    """
    num_images = len(test.photos)
    weights = draw_images(num_images, settings.num_bootstrap, seed=settings.seed)
    halves = draw_halves(num_images, min(settings.num_bootstrap, MOST_HALVES), seed=settings.seed)
    console = Console(stderr=True)
    by_recipe: dict[str, list[SeedFigures]] = {}
    for one in track(scored, "measuring taggers", console=console, transient=True):
        by_recipe.setdefault(one.file.recipe, []).append(_seed_figures(test, one, weights, halves))
    recipes = {
        recipe: {
            metric: figure
            for metric in METRICS
            if (figure := _recipe_figure(seeds, metric, settings.confidence)) is not None
        }
        for recipe, seeds in by_recipe.items()
    }
    return Figures(
        recipes=recipes,
        differences=_differences(by_recipe, rival, settings.confidence),
        prefix="" if test.rule == "verified" else OBSERVED,
    )


def _seed_figures(
    test: TestSplit,
    one: ScoredTagger,
    weights: Float32[np.ndarray, "draws examples"],
    halves: Float32[np.ndarray, "halves examples"],
) -> SeedFigures:
    names, decided = test.vocabulary.names, one.decided
    skip = mean_average_precision(one.average_precision, names)
    zero = mean_average_precision(one.average_precision, names, empty="zero")
    counted = (decided & test.truth, decided, test.truth)
    sums = [(mask & test.known).sum(axis=0) for mask in counted]
    drawn = drawn_average_precision(one.logits, test.truth, test.known, weights)
    halved = drawn_average_precision(one.logits, test.truth, test.known, halves)
    cf1, of1 = drawn_decisions(decided, test.truth, test.known, halves)
    value = (skip.value, zero.value, float(class_f1(*sums)), float(overall_f1(*sums)))
    in_halves = (
        drawn_mean_average_precision(halved),
        drawn_mean_average_precision(halved, empty_as_zero=True),
        cf1,
        of1,
    )
    return SeedFigures(
        value=dict(zip(METRICS, value, strict=True)),
        halves=dict(zip(METRICS, in_halves, strict=True)),
        mean_ap_draws=drawn_mean_average_precision(drawn),
    )


def _recipe_figure(
    seeds: Sequence[SeedFigures], metric: str, confidence: float
) -> RecipeFigure | None:
    values = [seed.value[metric] for seed in seeds]
    # Without any known positive there is nothing to measure, whatever the convention.
    if np.isnan([seed.value["mAP"] for seed in seeds]).any():
        return None
    halves = np.mean([seed.halves[metric] for seed in seeds], axis=0)
    return RecipeFigure(
        interval=single_interval(float(np.mean(values)), halves, confidence=confidence),
        seeds=tuple(values),
    )


def _differences(
    by_recipe: Mapping[str, Sequence[SeedFigures]], rival: str | None, confidence: float
) -> dict[str, Interval]:
    """MAP of each recipe minus that of those that it is read against."""
    found: dict[str, Interval] = {}
    order = list(by_recipe)
    for place, recipe in enumerate(order):
        is_trained = recipe not in METHODS or METHODS[recipe].is_trained
        against = (rival, *BASELINES) if is_trained else (PLAIN,)
        for other in against:
            if other is None or other not in order[:place]:
                continue
            ours, theirs = by_recipe[recipe], by_recipe[other]
            value = _mean_map(ours) - _mean_map(theirs)
            if not np.isnan(value):
                draws = _mean_draws(ours) - _mean_draws(theirs)
                found[f"{recipe} - {other}"] = interval(value, draws, confidence=confidence)
    return found


def _mean_map(seeds: Sequence[SeedFigures]) -> float:
    return float(np.mean([seed.value["mAP"] for seed in seeds]))


def _mean_draws(seeds: Sequence[SeedFigures]) -> Float[np.ndarray, " draws"]:
    return np.mean([seed.mean_ap_draws for seed in seeds], axis=0)
