"""How well captions are read: precision and recall against COCO's boxes, speed, languages.

Run from the project root: ``python -m benchmarks.captions [--json FILE]``. The data are
looked for in EFUDA_REAL_DATA (default ../shared/real).
"""

import argparse
import json
import os
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from components.atomic import write_json
from components.captions.class_words import ClassWords, coco_class_words
from components.captions.rule_parser import RuleParser
from components.captions.tags import CaptionTags
from components.labels.vocabulary import Vocabulary

REAL = Path(os.environ.get("EFUDA_REAL_DATA", "../shared/real"))


def read_captions() -> dict[int, list[str]]:
    """Captions by image."""
    rows = json.loads((REAL / "labels/coco_val2017_captions.json").read_text())
    captions: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        captions[row["image_id"]] += row["captions"]
    return dict(captions)


def read_truth() -> dict[int, frozenset[str]]:
    """The classes of COCO's boxes by image."""
    lines = (REAL / "labels/coco_val2014.tsv").read_text().splitlines()
    parts = (line.split("\t") for line in lines)
    return {int(p[0]): frozenset(p[1].split(",")) - {""} for p in parts}


def agreement(
    found: list[frozenset[str]], truth: list[frozenset[str]], names: tuple[str, ...]
) -> dict[str, object]:
    """Micro and per-class precision and recall."""
    hits, given, there = Counter(), Counter(), Counter()
    for labels, right in zip(found, truth, strict=True):
        hits.update(labels & right)
        given.update(labels)
        there.update(right)
    per_class = {
        name: {
            "precision": hits[name] / given[name] if given[name] else None,
            "recall": hits[name] / there[name] if there[name] else None,
            "found": given[name],
            "images": there[name],
        }
        for name in names
    }
    means = {
        f"{key}_mean_over_classes": float(np.mean([r[key] for r in per_class.values() if r[key]]))
        for key in ("precision", "recall")
    }
    return {
        "precision": sum(hits.values()) / sum(given.values()),
        "recall": sum(hits.values()) / sum(there.values()),
        **means,
        "per_class": per_class,
    }


def image_interval(
    found: list[frozenset[str]], truth: list[frozenset[str]], draws: int = 1000
) -> dict[str, list[float]]:
    """95 % intervals of micro precision and recall, drawing images again."""
    hits = np.array([len(f & t) for f, t in zip(found, truth, strict=True)])
    given = np.array([len(f) for f in found])
    there = np.array([len(t) for t in truth])
    rng = np.random.default_rng(0)
    rows = rng.integers(len(hits), size=(draws, len(hits)))
    ratios = {"precision": (hits, given), "recall": (hits, there)}
    return {
        key: np.quantile(above[rows].sum(1) / below[rows].sum(1), [0.025, 0.975]).tolist()
        for key, (above, below) in ratios.items()
    }


def measure() -> dict[str, object]:
    """All figures."""
    names = tuple((REAL / "labels/coco_names.txt").read_text().splitlines())
    words = coco_class_words(Vocabulary(names))
    captions, truth = read_captions(), read_truth()
    ids = sorted(captions.keys() & truth.keys())
    parser = RuleParser(words.phrases)
    parser.parse("A warm-up.")
    texts = [text for i in ids for text in captions[i]]
    start = time.perf_counter()
    parsed = list(parser.parse_all(texts))
    seconds = time.perf_counter() - start
    by_text = dict(zip(texts, parsed, strict=True))
    single = [words.labels_of(by_text[captions[i][0]]) for i in ids]
    union = [frozenset().union(*(words.labels_of(by_text[t]) for t in captions[i])) for i in ids]
    right = [truth[i] for i in ids]
    faults = Counter(tags.fault.reason for tags in parsed if tags.fault)
    return {
        "parser": parser.version,
        "images": len(ids),
        "captions": len(texts),
        "captions_per_second": len(texts) / seconds,
        "first_caption": {
            **agreement(single, right, names),
            "interval": image_interval(single, right),
        },
        "all_captions": {
            **agreement(union, right, names),
            "interval": image_interval(union, right),
        },
        "faults": dict(faults),
        "negation": denied_labels(parsed, by_text, words, captions, truth, ids),
    }


def denied_labels(
    parsed: list[CaptionTags],
    by_text: dict[str, CaptionTags],
    words: ClassWords,
    captions: dict[int, list[str]],
    truth: dict[int, frozenset[str]],
    ids: list[int],
) -> dict[str, object]:
    """How often COCO's boxes show a class that a caption denies."""
    denied = [(i, label) for i in ids for t in captions[i] for label in words.denied_by(by_text[t])]
    present = sum(label in truth[i] for i, label in denied)
    return {
        "captions_with_denial": sum(bool(tags.negated) for tags in parsed),
        "denied_labels": len(denied),
        "of_them_in_the_boxes": present,
    }


def main() -> None:
    """Print the figures, and write them where asked."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", type=Path)
    target = arguments.parse_args().json
    figures = measure()
    if target:
        write_json(target, figures)
    for key in ("first_caption", "all_captions"):
        part = figures[key]
        print(key, {k: v for k, v in part.items() if k != "per_class"})  # type: ignore[union-attr]
    print({k: v for k, v in figures.items() if k not in {"first_caption", "all_captions"}})


if __name__ == "__main__":
    main()
