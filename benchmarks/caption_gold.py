"""Captions with the tags that a careful reader gives them, and how a parser compares."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.captions.tags import CaptionParser, CaptionTags

GOLD = Path(__file__).parent / "caption_gold.txt"


@dataclass(frozen=True)
class Gold:
    text: str
    objects: frozenset[str]
    links: frozenset[str]
    denied: frozenset[str]
    held: bool


@dataclass(frozen=True)
class FieldScore:
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Reading:
    fields: dict[str, FieldScore]
    whole: float
    violations: list[tuple[str, str]]


def _items(field: str) -> frozenset[str]:
    return frozenset(item.strip() for item in field.split(",") if item.strip())


def gold_captions() -> list[Gold]:
    lines = [line for line in GOLD.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    rows = [[part.strip() for part in line.split("|")] for line in lines]
    return [
        Gold(row[0], _items(row[1]), _items(row[2]), _items("".join(row[3:])), i % 4 == 3)
        for i, row in enumerate(rows)
    ]


def found_tags(tags: CaptionTags) -> dict[str, frozenset[str]]:
    """Objects, links and what is denied, as sets of words."""
    return {
        "objects": frozenset(tags.object_names),
        "links": frozenset(f"{a}>{o}" for a, o in tags.link_names),
        "denied": frozenset(mention.name for mention in tags.negated),
    }


def score(parser: CaptionParser, golds: Sequence[Gold]) -> Reading:
    """Exact-match precision, recall and F1 by field, and denied words given as positives."""
    counts = {field: Counter[str]() for field in ("objects", "links", "denied")}
    violations: list[tuple[str, str]] = []
    whole = 0
    for gold, tags in zip(golds, parser.parse_all([g.text for g in golds]), strict=True):
        found = found_tags(tags)
        for field, count in counts.items():
            wanted = getattr(gold, field)
            count["hit"] += len(wanted & found[field])
            count["found"] += len(found[field])
            count["wanted"] += len(wanted)
        whole += all(getattr(gold, field) == found[field] for field in ("objects", "links"))
        given = {*tags.object_names, *tags.attribute_names}
        violations += [(gold.text, word) for word in gold.denied & given]
    scores: dict[str, FieldScore] = {}
    for field, count in counts.items():
        precision = count["hit"] / max(count["found"], 1)
        recall = count["hit"] / max(count["wanted"], 1)
        f1 = 2 * count["hit"] / max(count["found"] + count["wanted"], 1)
        scores[field] = FieldScore(precision, recall, f1)
    return Reading(scores, whole / max(len(golds), 1), violations)
