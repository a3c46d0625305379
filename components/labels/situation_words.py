"""The situation of the labels in plain sentences: what was found, what follows, what stays unknown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from components.labels.situation import Kind, Situation

FEW_HOLDOUT = 30
"""Labelled hold-out photographs below which methods are not compared by them."""
SHOWN = 5

_FOUND: dict[Kind, str] = {
    "names only": "No label of a training photograph is known: there are names alone.",
    "captions": (
        "The labels were read from captions: present where a caption names one, unknown elsewhere."
    ),
    "single-positive": (
        "Single-positive: a labelled training photograph has one label that is present, and nothing "
        "is said of the others."
    ),
    "positives only": (
        "Positives only: labels are said to be present, and of none is it said that it is absent."
    ),
    "few": "Few: a part of the training photographs is labelled in full, the rest not at all.",
    "partial": "Partial: of a training photograph some labels are known, present or absent.",
    "complete": "Complete: every training photograph says yes or no to every label.",
}
_METHODS: dict[Kind, str] = {
    "names only": "Zero-shot works alone; nothing is trained.",
    "captions": (
        "Unknown must not count as absent, since a caption tells a few things of many. tagalign "
        "learns from the captions themselves."
    ),
    "single-positive": (
        "Methods for missing labels make sense. assume_negative takes every unknown cell for absent"
    ),
    "positives only": (
        "Methods for missing labels make sense. assume_negative takes every unknown cell for "
        "absent, and ignore_unknown sees no absent cell to learn from."
    ),
    "few": (
        "Every method learns from the labelled photographs; what it can gain from the others is "
        "their vectors and the proposals for them."
    ),
    "partial": (
        "ignore_unknown learns from known cells alone and assumes nothing; methods for missing "
        "labels may gain from the unknown ones."
    ),
    "complete": "Nothing is missing: any method is plain training, and there is nothing to propose.",
}


@dataclass(frozen=True, slots=True)
class SituationWords:
    """Sentences, in the order in which they matter."""

    found: tuple[str, ...]
    follows: tuple[str, ...]
    unknown: tuple[str, ...]


def situation_words(situation: Situation, *, min_positives: int, verified: bool) -> SituationWords:
    """The situation for a person.

    Args:
        situation: As it was found.
        min_positives: Present cells in the hold-out from which a label is calibrated by itself.
        verified: Whether the hold-out's known cells are enough to be measured alone.
    """
    return SituationWords(
        found=(_FOUND[situation.kind], *_counts(situation), _silence(situation), *_kept(situation)),
        follows=(_methods(situation), *_calibration(situation, min_positives, verified)),
        unknown=tuple(_unknown(situation)),
    )


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"


def _counts(situation: Situation) -> list[str]:
    told = [
        f"{name}: {each.num_labelled:,} of {each.num_photos:,} photographs labelled, "
        f"{each.num_present:,} cells present, {each.num_absent:,} absent"
        for name, each in situation.splits.items()
    ]
    sentences = ["; ".join(told) + "."]
    if situation.num_implied:
        sentences.append(
            f"{situation.num_implied:,} cells follow from others by the names' parents."
        )
    return sentences


def _silence(situation: Situation) -> str:
    number, total = situation.num_complete, len(situation.names)
    if situation.kind == "names only":
        return "Silence means nothing: no label was looked for anywhere."
    if number == total:
        return "Silence means absence: every labelled photograph says yes or no to every label."
    if situation.num_with_absences == 0:
        return "Silence means unknown: no absence is known of any label."
    if number:
        return f"Silence means absence for {number} of {total} labels, and unknown for the others."
    return (
        f"Silence means unknown: absences are said one by one, of {situation.num_with_absences} of "
        f"{total} labels."
    )


def _kept(situation: Situation) -> list[str]:
    kept = situation.kept
    if kept is None or kept.place is None:
        return []
    against = (
        f"0 is a fair draw, 1 the most frequent label each time: {kept.place:.2f} "
        f"[{kept.low:.2f}, {kept.high:.2f}], by {kept.num_photos:,} photographs with several labels"
    )
    if kept.verdict == "fair":
        return [f"Which of its labels a photograph has is not told from a fair draw ({against})."]
    word = "more" if kept.verdict == "frequent" else "less"
    return [
        f"Class-biased: the {word} frequent of a photograph's labels is the one given ({against})."
    ]


def _methods(situation: Situation) -> str:
    sentence = _METHODS[situation.kind]
    if situation.kind != "single-positive":
        return sentence
    missed = None if situation.mean_present is None else situation.mean_present - 1
    wrong = f", which is wrong for about {missed:.1f} cells a photograph" if missed else ""
    return f"{sentence}{wrong}."


def _calibration(situation: Situation, min_positives: int, verified: bool) -> list[str]:
    holdout = situation.splits["val"]
    if not holdout.num_present:
        return [
            "Nothing can be calibrated, since no label is known to be present in the hold-out: "
            "numbers beside tags are scores, not probabilities."
        ]
    own = int((holdout.present >= min_positives).sum())
    sentences = [
        f"Probabilities are fitted to {holdout.num_labelled:,} labelled hold-out photographs: "
        f"{own} of {len(situation.names)} labels have {min_positives} present cells there or more, "
        "the others share what is fitted."
    ]
    if not verified:
        sentences.append(
            "Too few absences are known in the hold-out, so unknown cells count as absent there: "
            "probabilities and figures come out too low, and serve to compare."
        )
    if holdout.num_labelled < FEW_HOLDOUT:
        sentences.append(
            f"{holdout.num_labelled} labelled hold-out photographs are too few to choose by "
            f"({FEW_HOLDOUT} would do): the most cautious method is taken."
        )
    return sentences


def _unknown(situation: Situation) -> list[str]:
    test, train = situation.splits["test"], situation.splits["train"]
    found: list[str] = []
    if not test.num_present:
        found.append("How good any tagger is: no label is known to be present in the test split.")
    elif without := _names(situation, test.present == 0):
        found.append(
            f"How well these labels are found, of which the test split shows none: {listed(without)}."
        )
    if not any(each.num_absent for each in situation.splits.values()):
        found.append("How often a given tag is wrong: no absence is known anywhere.")
    elif test.num_present and not test.num_absent:
        found.append("How often a given tag is wrong: no absence is known in the test split.")
    if situation.kind != "names only" and (bare := _names(situation, train.present == 0)):
        found.append(f"What these labels look like in your pictures: {listed(bare)} (no positive).")
    if situation.kind == "single-positive":
        if situation.kept is None or situation.kept.place is None:
            found.append(
                "Whether people gave the most frequent label of a photograph or any: too few "
                "photographs with several labels are known to compare with."
            )
        found.append(
            "Whether people gave the largest thing in the photograph: labels without boxes of the others do not tell."
        )
    return found


def _names(situation: Situation, mask: Bool[np.ndarray, " labels"]) -> list[str]:
    return [name for name, chosen in zip(situation.names, mask, strict=True) if chosen]
