"""Which words of a parsed caption name objects, and by what name."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from components.captions.tags import Mention, Span
from components.captions.words import (
    COLOURS,
    MATERIALS,
    OPAQUE,
    SAME_OBJECT,
    STOP_OBJECTS,
)

_FRUIT_AND_METAL = frozenset({"orange", "gold", "silver", "cream"})
_NO_OBJECTS = STOP_OBJECTS | (COLOURS - _FRUIT_AND_METAL)
MAX_WORDS = 3
"""Longer compounds keep their last words."""


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun with the words before it that belong to its name.

    ``is_object`` is false for words such as "photo" and "group": attributes
    said of them are dropped with them.
    """

    head: int
    first: int
    mention: Mention
    is_object: bool


def nouns(doc: Doc, phrases: Collection[str], dictionary: Collection[str]) -> dict[int, Noun]:
    """The nouns by the position of their head; parts of a longer name are not listed."""
    found: dict[int, Noun] = {}
    taken: set[int] = set()
    for token in reversed(doc):
        if token.i in taken:
            continue
        first = _start_of_phrase(token, phrases, dictionary)
        if first is None:
            if not _is_noun(token) or _modifies_noun(token):
                continue
            first = _start_of_compound(token)
        found[token.i] = _noun(token, first, dictionary)
        taken.update(range(first, token.i + 1))
    return dict(sorted(found.items()))


def singular(token: Token, dictionary: Collection[str]) -> str:
    """The name of one such thing, lower case."""
    word = token.lower_
    lemma = token.lemma_.lower() if token.pos_ == "NOUN" else word
    if lemma == word and word not in dictionary and word.endswith("s"):
        lemma = next((w for w in (word[:-1], word[:-2]) if w in dictionary), word)
    return SAME_OBJECT.get(lemma, lemma)


def is_material(token: Token) -> bool:
    """Whether the word, before a noun, is an attribute and not a part of the name."""
    return token.lower_ in COLOURS or token.lower_ in MATERIALS


def is_colour_before_noun(token: Token) -> bool:
    """Whether it is the "orange" of "an orange tulip", which the tagger takes for a fruit."""
    following = token.doc[token.i + 1 : token.i + 2]
    return token.lower_ in COLOURS and any(word.pos_ == "NOUN" for word in following)


def _is_noun(token: Token) -> bool:
    if token.pos_ == "NOUN":
        return any(letter.isalpha() for letter in token.text)
    # A proper noun in small letters is a slip of the tagger; with a capital it is a name.
    return token.pos_ == "PROPN" and token.text.isalpha() and token.text.islower()


def _modifies_noun(token: Token) -> bool:
    modifies = token.dep_ in {"compound", "nmod"} and token.head.i > token.i
    return modifies or is_colour_before_noun(token)


def _start_of_compound(head: Token) -> int:
    first = head.i
    while first and head.i - first + 1 < MAX_WORDS:
        before = head.doc[first - 1]
        own = before.dep_ in {"compound", "nmod"} and head.i >= before.head.i >= first
        if not own or not _is_noun(before) or is_material(before) or _is_forbidden(before):
            break
        first -= 1
    return first


def _is_forbidden(word: Token) -> bool:
    """Whether a word is what "a no smoking sign" forbids: no part of the name."""
    return word.i > 0 and word.nbor(-1).lower_ in {"no", "not"}


def _start_of_phrase(
    last: Token, phrases: Collection[str], dictionary: Collection[str]
) -> int | None:
    """First word of the longest phrase that ends here, in the singular or as written."""
    for length in range(MAX_WORDS, 1, -1):
        first = last.i - length + 1
        if first < 0:
            continue
        opening = " ".join(word.lower_ for word in last.doc[first : last.i])
        for ending in (singular(last, dictionary), last.lower_, last.lower_.removesuffix("s")):
            if f"{opening} {ending}" in phrases:
                return first
    return None


def _noun(token: Token, first: int, dictionary: Collection[str]) -> Noun:
    words = [word.lower_ for word in token.doc[first : token.i]]
    words.append(singular(token, dictionary))
    name = " ".join(words)
    shorter = () if name.replace(" ", "_") in OPAQUE else tuple(_endings(words))
    start = token.doc[first].idx
    span = Span(start, token.idx + len(token.text))
    mention = Mention(name, "object", span, shorter)
    is_object = name not in _NO_OBJECTS and not _is_photographer(token, name)
    return Noun(token.i, first, mention, is_object)


def _is_photographer(token: Token, name: str) -> bool:
    """Whether it is the camera that someone "looks at", which is not in the picture."""
    before = token.doc[max(token.i - 2, 0) : token.i].text.lower()
    return name == "camera" and before in {
        "at the",
        "for the",
        "to the",
        "toward the",
        "towards the",
    }


def _endings(words: list[str]) -> Iterator[str]:
    for start in range(1, len(words)):
        yield " ".join(words[start:])
