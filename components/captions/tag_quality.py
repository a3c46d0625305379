"""How good the tags of captions are, with and without a known truth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike

from components.captions.parser import CaptionParser
from components.captions.tag_matrix import TagMatrix
from components.captions.tag_vocabulary import TagVocabulary
from components.captions.tags import CaptionTags
from components.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class TagUse:
    """What can be said of tags without a truth.

    Attributes:
        coverage: Share of examples with at least one tag, in [0, 1].
        tags_per_example: Mean number.
        mentions_in_vocabulary: Share of the captions' mentions that the
            vocabulary can name; NaN where there is none.
        readable: Share of captions that the parser could read at all.
    """

    coverage: float
    tags_per_example: float
    mentions_in_vocabulary: float
    readable: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TagAgreement:
    """Tags against a truth.

    Attributes:
        precision: Share of the given tags that are true; NaN if none is given.
        recall: Share of the true tags that are given; NaN if none is true.
        per_tag_precision: Likewise for each tag.
        per_tag_recall: Likewise for each tag.
    """

    precision: float
    recall: float
    per_tag_precision: Float[np.ndarray, " tags"]
    per_tag_recall: Float[np.ndarray, " tags"]


def tag_use(
    captions_by_example: Sequence[Sequence[CaptionTags]],
    vocabulary: TagVocabulary,
    matrix: TagMatrix,
) -> TagUse:
    """Coverage and density of the tags of one kind.

    Raises:
        InputError: If there is no example, or not one row each.
    """
    if not captions_by_example or len(captions_by_example) != len(matrix):
        raise InputError(
            f"{len(captions_by_example)} examples for {len(matrix)} rows of tags: one row each, "
            "and at least one."
        )
    parses = [tags for captions in captions_by_example for tags in captions]
    columns = vocabulary.columns
    mentions = [(tags, m) for tags in parses for m in tags.mentions(vocabulary.kind)]
    known = sum(any(n in columns for n in (m.name, *m.shorter)) for _, m in mentions)
    each = np.diff(matrix.starts)
    lost = sum(tags.fault is not None and tags.fault.reason != "cut" for tags in parses)
    return TagUse(
        coverage=float((each > 0).mean()),
        tags_per_example=float(each.mean()),
        mentions_in_vocabulary=known / len(mentions) if mentions else float("nan"),
        readable=1 - lost / len(parses) if parses else float("nan"),
    )


def tag_agreement(
    given: Bool[np.ndarray, "examples tags"],
    truth: Bool[np.ndarray, "examples tags"],
    known: Bool[np.ndarray, "examples tags"] | None = None,
) -> TagAgreement:
    """Precision and recall of tags, over the known cells.

    Example:
        >>> both = np.array([[True, True]]), np.array([[True, False]])
        >>> result = tag_agreement(*both)
        >>> result.precision, result.recall
        (0.5, 1.0)
    """
    known = np.ones_like(truth) if known is None else known
    hits, chosen, there = given & truth & known, given & known, truth & known
    return TagAgreement(
        precision=float(_share(hits.sum(), chosen.sum())),
        recall=float(_share(hits.sum(), there.sum())),
        per_tag_precision=_share(hits.sum(axis=0), chosen.sum(axis=0)),
        per_tag_recall=_share(hits.sum(axis=0), there.sum(axis=0)),
    )


def negation_violations(
    parses: Sequence[CaptionTags], checker: CaptionParser
) -> list[tuple[str, str]]:
    """(caption, tag) wherever a parse gives a tag that ``checker`` finds denied.

    Meant for imported parses, with the rule parser as checker; a tag that the
    caption names twice, once denied and once not, is no violation.
    """
    violations: list[tuple[str, str]] = []
    for tags, checked in zip(parses, checker.parse_all(t.text for t in parses), strict=True):
        there = {*checked.object_names, *checked.attribute_names}
        denied = {mention.name for mention in checked.negated} - there
        given = (*tags.object_names, *tags.attribute_names)
        violations += [(tags.text, name) for name in given if name in denied]
    return violations


def _share(part: ArrayLike, whole: ArrayLike) -> np.ndarray:
    above, below = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
