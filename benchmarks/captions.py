"""How well captions are read: ``python -m benchmarks.captions --json``.

Against hand-made tags, against COCO's boxes (in EFUDA_REAL_DATA), and against
the cards world, whose captions are made from a known truth.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.caption_gold import gold_captions, score
from benchmarks.figures import REAL, Figure, run_benchmark
from components.captions.class_words import ClassWords, coco_class_words
from components.captions.rule_parser import RuleParser
from components.captions.tags import CaptionTags
from components.labels.vocabulary import Vocabulary
from examples.cards.captions import NUMBERS, captions, groups
from examples.cards.concepts import concepts
from examples.cards.scenes import Scene, World, plan_scene

NUM_DRAWS = 1000
NUM_SCENES = 600


def measure() -> Iterator[Figure]:
    """How well captions are read."""
    yield from gold_figures()
    yield from cards_figures()
    if (REAL / "labels").is_dir():
        yield from coco_figures()


def gold_figures() -> Iterator[Figure]:
    """Exact matches with tags written by hand."""
    parser, gold = RuleParser(), gold_captions()
    parts = {"all": gold, "held": [g for g in gold if g.held]}
    for part, chosen in parts.items():
        read = score(parser, chosen)
        for field in ("objects", "links", "denied"):
            name = f"gold_{part}_{field}_f1"
            yield Figure(name=name, value=read.fields[field].f1, unit="1")
        yield Figure(name=f"gold_{part}_whole_captions", value=read.whole, unit="1")
        broken = float(len(read.violations))
        yield Figure(name=f"gold_{part}_denied_yet_given", value=broken, unit="tags")


def cards_figures() -> Iterator[Figure]:
    """Objects, colours and counts of sentences whose truth is known."""
    names = [name.replace("_", " ") for name in concepts()]
    scenes = [plan_scene(np.random.default_rng((7, i)), World()) for i in range(NUM_SCENES)]
    texts = [captions(scene, np.random.default_rng((8, i)))[0] for i, scene in enumerate(scenes)]
    for kind, parser in {"plain": RuleParser(), "with_names": RuleParser(names)}.items():
        parses = list(parser.parse_all(texts))
        objects = [frozenset(tags.object_names) & set(names) for tags in parses]
        links = [frozenset(pair for pair in tags.link_names if pair[1] in names) for tags in parses]
        truth = [scene_truth(scene) for scene in scenes]
        yield from agreement(f"cards_{kind}_objects", objects, [t[0] for t in truth])
        yield from agreement(f"cards_{kind}_links", links, [t[1] for t in truth])


def scene_truth(scene: Scene) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """The objects and the (attribute, object) pairs that a full caption names."""
    objects, links = set[str](), set[tuple[str, str]]()
    for concept, colour, count in groups(scene):
        name = concept.replace("_", " ")
        objects.add(name)
        links |= {(word, name) for word in (colour, NUMBERS.get(count)) if word}
    return frozenset(objects), frozenset(links)


def coco_figures() -> Iterator[Figure]:
    """Objects against COCO's boxes, over val2017."""
    names = tuple((REAL / "labels/coco_names.txt").read_text().splitlines())
    words = coco_class_words(Vocabulary(names))
    texts, truth = coco_captions(), coco_truth()
    ids = sorted(texts.keys() & truth.keys())
    right = [truth[i] for i in ids]
    parser = RuleParser(words.phrases)
    parser.parse("The first caption loads the model.")
    started_s = time.perf_counter()
    parses = _parsed(parser, texts, ids)
    rate = sum(map(len, parses.values())) / (time.perf_counter() - started_s)
    first = [words.labels_of(parses[i][0]) for i in ids]
    every = [frozenset[str]().union(*(words.labels_of(t) for t in parses[i])) for i in ids]
    yield from agreement("coco_first_caption", first, right)
    yield from agreement("coco_all_captions", every, right)
    yield from agreement("coco_all_captions_word_search", word_search(words, texts, ids), right)
    refused = sum(tags.fault is not None for i in ids for tags in parses[i])
    yield Figure(name="coco_captions_refused", value=float(refused), unit="captions")
    denied = [(i, label) for i in ids for tags in parses[i] for label in words.denied_by(tags)]
    there = sum(label in truth[i] for i, label in denied)
    yield Figure(name="coco_denied_labels", value=float(len(denied)), unit="labels")
    yield Figure(name="coco_denied_labels_in_boxes", value=float(there), unit="labels")
    yield Figure(name="parsing_rate", value=rate, unit="captions/s")


def _parsed(
    parser: RuleParser, texts: dict[int, list[str]], ids: Sequence[int]
) -> dict[int, list[CaptionTags]]:
    stream = parser.parse_all(text for i in ids for text in texts[i])
    return {i: [next(stream) for _ in texts[i]] for i in ids}


def word_search(
    words: ClassWords, texts: dict[int, list[str]], ids: Sequence[int]
) -> list[frozenset[str]]:
    """The rival: a label is there if one of its words is, the plural's s aside."""
    found: list[frozenset[str]] = []
    for i in ids:
        labels = set[str]()
        for text in texts[i]:
            plain = "".join(c if c.isalpha() else " " for c in text.lower()).split()
            for length in (1, 2, 3):
                for start in range(len(plain) - length + 1):
                    name = " ".join(plain[start : start + length])
                    label = words.label_of(name, name.removesuffix("s"))
                    labels.update([label] if label else [])
        found.append(frozenset(labels))
    return found


def agreement(
    name: str, found: Sequence[frozenset[object]], truth: Sequence[frozenset[object]]
) -> Iterator[Figure]:
    """Micro precision and recall, with intervals over draws of images."""
    hits = np.array([len(f & t) for f, t in zip(found, truth, strict=True)])
    rows = np.random.default_rng(0).integers(len(hits), size=(NUM_DRAWS, len(hits)))
    for figure, sets in {"precision": found, "recall": truth}.items():
        sizes = np.array([len(s) for s in sets])
        low, high = np.quantile(hits[rows].sum(1) / sizes[rows].sum(1), [0.025, 0.975])
        value = float(hits.sum() / sizes.sum())
        yield Figure(
            name=f"{name}_{figure}", value=value, unit="1", low=float(low), high=float(high)
        )


def per_class(
    found: Sequence[frozenset[str]], truth: Sequence[frozenset[str]]
) -> dict[str, tuple[float, float, int]]:
    """(precision, recall, images) of each class that occurs; NaN where never found."""
    hits, given, there = Counter[str](), Counter[str](), Counter[str]()
    for labels, right in zip(found, truth, strict=True):
        hits.update(labels & right)
        given.update(labels)
        there.update(right)
    nan = float("nan")
    return {
        n: (hits[n] / given[n] if given[n] else nan, hits[n] / count, count)
        for n, count in there.items()
    }


def coco_captions() -> dict[int, list[str]]:
    """Captions by image."""
    rows = json.loads((REAL / "labels/coco_val2017_captions.json").read_text())
    found: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row["image_id"]] += row["captions"]
    return dict(found)


def coco_truth() -> dict[int, frozenset[str]]:
    """The classes of COCO's boxes by image."""
    lines = (REAL / "labels/coco_val2014.tsv").read_text().splitlines()
    parts = (line.split("\t") for line in lines)
    return {int(p[0]): frozenset(p[1].split(",")) - {""} for p in parts}


if __name__ == "__main__":
    run_benchmark(measure)
