"""Whether a caption is English, judged by its words and said honestly."""

import re
from collections.abc import Container

from components.captions.words import word_set

_ENGLISH = word_set(
    """
    a an the and or of in on at to with by for from is are was were be being been it its his her
    their there this that these those some two three next near over under up down out off into
    while as who which has have not no very his he she they front top other one several many
    """
)
_FOREIGN = word_set(
    """
    der die das und ein eine einer einem einen mit auf im ist sind neben vor zwei von zu dem den
    le la les un une des du et est sont avec dans sur deux pour qui aux au
    el los las una unos con en dos de del por es hay junto al
    il lo gli uno di che sono nel nella sulla su due della
    os um uma em na com dois da ao
    het een met op van zijn naast twee voor
    och ett med på två av som är
    dwa przed jest
    """
) - word_set("die")

LEAST_FOREIGN_SHARE = 1 / 6
"""Fewer small words of other languages than this share may be names."""

LEAST_SHARE = 0.5
"""Captions with a smaller share of English words are left alone."""


_WORD = re.compile(r"(?<!['’\w])[^\W\d_]+")


def why_not_english(text: str, known: Container[str]) -> str | None:
    """The reason for which a caption does not pass for English; None if it does.

    Args:
        text: The caption.
        known: Words of an English dictionary, in the form in which it lists them.

    Returns:
        A sentence, or None.
    """
    words = _WORD.findall(text.lower())
    if not words:
        return "it has no words"
    english = sum(word in _ENGLISH for word in words)
    foreign = sum(word in _FOREIGN for word in words)
    familiar = sum(word in _ENGLISH or _in_dictionary(word, known) for word in words)
    count = f"{familiar} of its {len(words)} words are English"
    if familiar / len(words) < LEAST_SHARE:
        return count
    accented = sum(not word.isascii() for word in words)
    if not english and accented > 1:
        return f"{accented} of its {len(words)} words have letters that English lacks"
    if foreign > english and foreign / len(words) >= LEAST_FOREIGN_SHARE:
        return f"{foreign} of its {len(words)} words are small words of other languages"
    return None


def _in_dictionary(word: str, known: Container[str]) -> bool:
    if not word.isascii():
        return False
    endings = ("s", "es", "ed", "ing", "er", "d", "ies")
    stems = [word[: -len(end)] for end in endings if word.endswith(end) and len(word) > 3]
    forms = [word, *stems, *(stem + "e" for stem in stems), *(stem[:-1] for stem in stems)]
    return any(form in known for form in forms)
