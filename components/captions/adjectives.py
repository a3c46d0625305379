"""Which words of a parsed caption say what an object is like."""

from collections.abc import Iterator, Mapping

from spacy.tokens import Doc, Token

from components.captions.nouns import Noun, is_colour_before_noun, is_material
from components.captions.tags import Mention, Span
from components.captions.words import (
    COPULAS,
    COUNTS,
    MATERIALS,
    SAME_ATTRIBUTE,
    STOP_ATTRIBUTES,
    STOP_PARTICIPLES,
)

_PARTICIPLES = frozenset({"VBG", "VBN"})
_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_RELATIVE = frozenset({"that", "which", "who"})


def attributes(doc: Doc, nouns: Mapping[int, Noun]) -> Iterator[tuple[Token, Mention, int]]:
    """(word, its mention, position of the noun it is said of), in the order of the caption."""
    owner = {i: noun.head for noun in nouns.values() for i in range(noun.first, noun.head + 1)}
    for token in doc:
        if token.i in owner and token.i not in nouns:
            continue
        mention = _mention(token)
        if mention:
            for place in _bearers(token):
                bearer = owner.get(place, token.i)
                if bearer != token.i:
                    yield token, mention, bearer


def _mention(token: Token) -> Mention | None:
    name = _name(token)
    if not name:
        return None
    first = _hyphenated_start(token)
    start = token.doc[first].idx
    if first < token.i:
        name = token.doc.text[start : token.idx + len(token.text)].lower()
    span = Span(start, token.idx + len(token.text))
    return Mention(SAME_ATTRIBUTE.get(name, name), "attribute", span)


def _name(token: Token) -> str | None:
    word = token.lower_
    if token.dep_ == "nummod":
        return COUNTS.get(word) or (word if word in COUNTS.values() else None)
    if not word.isalpha():
        return None
    roles = frozenset[str]() if is_colour_before_noun(token) else _NOUN_ROLES
    if is_material(token) and (token.pos_ != "NOUN" or token.dep_ not in roles):
        return word
    if token.tag_ in _PARTICIPLES:
        return None if word in STOP_PARTICIPLES else word
    if token.pos_ != "ADJ":
        return None
    lemma = token.lemma_.lower()
    return None if lemma in STOP_ATTRIBUTES or word in STOP_ATTRIBUTES else lemma


_NOUN_ROLES = frozenset({"nsubj", "nsubjpass", "dobj", "ROOT", "attr", "appos"})


def _hyphenated_start(token: Token) -> int:
    """Where an attribute such as "red-haired" starts, which the tokenizer parts."""
    first, doc = token.i, token.doc
    while first >= 2 and doc[first - 1].text == "-" and not doc[first - 1].whitespace_:
        if doc[first - 2].whitespace_ or not doc[first - 2].is_alpha:
            break
        first -= 2
    return first


def _bearers(token: Token) -> list[int]:
    """Positions of the nouns that the word is said of."""
    if token.pos_ == "NOUN" and is_colour_before_noun(token):
        return [token.i + 1]
    if token.dep_ == "conj" and token.head.i != token.i:
        return _bearers(token.head) if _is_adjectival(token.head) else []
    if token.dep_ in {"amod", "nummod", "compound", "nmod"}:
        return _before_noun(token)
    if token.dep_ == "acomp" and token.head.lemma_.lower() in COPULAS:
        return _subjects(token.head)
    if token.tag_ in _PARTICIPLES:
        return _by_participle(token)
    if token.dep_ == "pobj" and token.lower_ in MATERIALS:
        return _made_of(token)
    return []


def _is_adjectival(token: Token) -> bool:
    return token.pos_ in {"ADJ", "VERB"} or is_material(token)


def _before_noun(token: Token) -> list[int]:
    """Its head, or the noun whose name its head is a part of."""
    head = token.head
    while head.dep_ in {"compound", "nmod"} and head.head.i > head.i:
        head = head.head
    return [head.i]


def _by_participle(token: Token) -> list[int]:
    if any(child.dep_ in {"dobj", "attr", "xcomp", "ccomp"} for child in token.children):
        return []  # "holding a racket" tells of the racket, not what the man is like
    if token.dep_ == "acl":
        return [token.head.i]
    helped = any(c.dep_ in {"aux", "auxpass"} and c.lemma_ == "be" for c in token.children)
    return _subjects(token) if helped else []


def _subjects(verb: Token) -> list[int]:
    """The subject of a verb and what is coordinated with it."""
    found: list[int] = []
    for child in verb.children:
        if child.dep_ in _SUBJECTS:
            if child.lower_ in _RELATIVE and verb.dep_ == "relcl":
                found.append(verb.head.i)
            else:
                found += [child.i, *(noun.i for noun in child.conjuncts)]
    return found


def _made_of(token: Token) -> list[int]:
    """What is "made of wood" has an attribute by it."""
    made = token.head.head
    if token.head.lower_ in {"of", "from"} and made.lower_ == "made":
        return [made.head.i] if made.dep_ == "acl" else _subjects(made)
    return []
