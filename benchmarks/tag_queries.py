"""Objects and attributes on the cards world: ``python -m benchmarks.tag_queries --json``.

A head is trained on captions with no tags, with objects, with attributes or with both,
five seeds each, and searched with what test captions say ("a photo of a red car").
Settings are those of the method ``tagalign``; the hold-out picks the epoch. The world
is the bench's (made if it is not there), or the finished project in EFUDA_CARDS.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from bench.protocols import CAPTIONS, label_task
from bench.world import Skipped, World, open_world
from benchmarks.figures import Figure, run_benchmark
from benchmarks.tag_kinds import KINDS, interval_of_mean, spread
from components.captions.rule_parser import RuleParser
from components.data.examples import read_examples
from components.encoders.catalog import build_encoder
from components.encoders.config_paths import anchored
from components.encoders.encoder import Encoder
from components.labels.states import PRESENT
from components.methods.catalog import METHODS
from components.methods.tagalign.analysis import score_queries
from components.methods.tagalign.settings import Kinds, TagAlignSettings
from components.metrics.ranking import average_precision
from components.models.heads.projected import ProjectedHead
from components.training.loop import fit
from components.training.settings import Schedule
from components.training.task import Task
from examples.cards.captions import NUMBERS, counted
from examples.cards.concepts import concepts
from examples.worlds.catalog import make_world
from project.layout import Layout
from project.settings import load_settings

OUT = Path("reports/bench")
SEEDS = range(5)
MIN_IMAGES = 3
"""Test images that make a query."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Queries of one kind, and the images that answer them."""

    vectors: np.ndarray
    truth: np.ndarray
    among: np.ndarray
    """The images that are ranked, query by query."""


def measure() -> Iterator[Figure]:
    """What objects and attributes teach, on the cards world."""
    given = os.environ.get("EFUDA_CARDS")
    folder = make_world("cards", OUT, Path(given) if given else None)
    if isinstance(folder, Skipped):
        raise SystemExit(folder.reason)
    world = open_world(folder)
    project = Path(given) if given else next((OUT / "worlds").glob("cards-project-*"))
    queries = asked(world, Layout(project))
    task = label_task(world, CAPTIONS, seed=0, holdout="observed").task
    untrained = head_of(task, "none", replace(world.schedule, epochs=0), 0)
    variants: dict[str, list[dict[str, float]]] = {"frozen": [scores(untrained, world, queries)]}
    for kinds in KINDS:
        heads = (head_of(task, kinds, world.schedule, seed) for seed in SEEDS)
        variants[kinds] = [scores(head, world, queries) for head in heads]
    for kind in queries:
        for name, runs in variants.items():
            yield spread(f"{name}_on_{kind}_queries_map", np.array([run[kind] for run in runs]))
        both, objects = (np.array([r[kind] for r in variants[n]]) for n in ("both", "objects"))
        yield interval_of_mean(f"both_above_objects_on_{kind}_queries", both - objects)


def head_of(task: Task, kinds: Kinds, schedule: Schedule, seed: int) -> ProjectedHead:
    """A head that learnt from captions and these kinds of tags."""
    recipe = METHODS["tagalign"].recipe(TagAlignSettings(kinds=kinds))
    return cast(ProjectedHead, fit(recipe, task, schedule, seed=seed).head)


def scores(head: ProjectedHead, world: World, queries: dict[str, Asked]) -> dict[str, float]:
    """Mean average precision by kind of query."""
    regions = world.parts["test"].regions[0]
    found: dict[str, float] = {}
    for kind, each in queries.items():
        similarity = score_queries(head, regions, each.vectors)
        found[kind] = float(np.nanmean(average_precision(similarity, each.truth, each.among)))
    return found


def asked(world: World, layout: Layout) -> dict[str, Asked]:
    """What test captions say, as queries."""
    part = world.parts["test"]
    encoder = build_encoder(anchored(load_settings(layout.params).encoder, layout.root))
    by_id = {row.id: row.captions for row in read_examples(layout.examples)}
    names = [name.replace("_", " ") for name in world.vocabulary.names]
    parser = RuleParser(names)
    links = [
        {pair for tags in parser.parse_all(by_id[i]) for pair in tags.link_names} for i in part.ids
    ]
    said = Counter(pair for found in links for pair in found)
    pairs = sorted(p for p, count in said.items() if count >= MIN_IMAGES and p[1] in names)
    counts = set(NUMBERS.values())
    coloured = [pair for pair in pairs if pair[0] not in counts]
    numbered = [pair for pair in pairs if pair[0] in counts]
    colours = sorted({colour for colour, _ in coloured})
    shown = part.states == PRESENT
    with_object = shown[:, [names.index(name) for _, name in coloured]]

    def everything(texts: list[str], truth: np.ndarray) -> Asked:
        return Asked(_encoded(encoder, texts), truth, np.ones_like(truth))

    truth = _carries(links, coloured)
    phrases = [f"a photo of {_phrase(*pair)}" for pair in coloured]
    return {
        "object": Asked(world.names.vectors, shown, np.ones_like(shown)),
        "colour": everything(
            [f"a photo of something {colour}" for colour in colours],
            np.array([[any(c == colour for c, _ in f) for colour in colours] for f in links]),
        ),
        "colour_and_object": everything(phrases, truth),
        "colour_among_images_with_the_object": Asked(
            _encoded(encoder, phrases), truth, with_object | truth
        ),
        "count_and_object": everything(
            [f"a photo of {_phrase(*pair)}" for pair in numbered], _carries(links, numbered)
        ),
    }


def _carries(links: list[set[tuple[str, str]]], pairs: list[tuple[str, str]]) -> np.ndarray:
    return np.array([[pair in found for pair in pairs] for found in links])


def _phrase(attribute: str, name: str) -> str:
    plural = concepts()[name].plural
    numbers = {word: number for number, word in NUMBERS.items()}
    if attribute in numbers:
        return counted(numbers[attribute], None, name, plural)
    return counted(1, attribute, name, plural)


def _encoded(encoder: Encoder, texts: list[str]) -> np.ndarray:
    return encoder.encode_texts(texts).numpy()


if __name__ == "__main__":
    run_benchmark(measure)
