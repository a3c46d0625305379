"""Which words of a sentence are said not to be there.

The scope errs on the safe side: a word that may be denied counts as denied,
since a missing tag costs little and a false one teaches a falsehood. Two kinds
of phrase stay outside: places with a definite article ("no one in *the room*"),
which the sentence takes for granted, and what follows "but" or "except".
"""

from collections.abc import Iterator

from spacy.tokens import Doc, Token

from components.captions.words import DEFINITE, LOCATIVE

_NOT = frozenset({"not", "n't", "never", "nt", "n’t", "hardly"})
_WITHOUT = frozenset({"without", "w/o", "w/out", "minus", "sans"})
_NOBODY = frozenset({"nothing", "nobody", "none", "noone", "nowhere"})
_NO = frozenset({"no", "neither", "nor", "zero"})
_FREE_OF = frozenset({"free", "devoid", "empty", "void", "lack", "absence", "instead"})
_BUT = frozenset({"but", "except", "besides", "yet", "although", "though", "while"})
_SUBJECTS = frozenset({"nsubj", "nsubjpass", "csubj", "expl"})
_OBJECTS = frozenset({"dobj", "pobj", "pcomp", "attr", "oprd", "obj"})
_OWN_CLAUSE = frozenset({"advcl", "parataxis"})
_NOUN_PHRASE = frozenset({"DET", "ADJ", "NOUN", "ADV", "NUM", "PROPN", "PART"})
_FORBIDDEN = frozenset({"entry", "turn", "trespassing", "turns", "u", "enter"})
_BOARDS = frozenset({"sign", "zone", "signs", "zones", "symbol"})


def negated_tokens(doc: Doc) -> frozenset[int]:
    """Positions of the words in the scope of a negation, the negating words aside."""
    found: set[int] = set()
    for token in doc:
        if _is_forbidding_sign(token):
            continue
        for start in _denied(token):
            found.update(word.i for word in _scope(start, token))
        found.update(_next_words(token))
    return frozenset(found)


def _denied(token: Token) -> Iterator[Token]:
    """The heads of what ``token`` denies, if it denies anything."""
    word = token.lower_
    if word in _NO or word == "no-one":
        yield from _by_determiner(token)
    elif word in _WITHOUT:
        yield from (child for child in token.children if child.dep_ in _OBJECTS)
    elif (word in _NOT or token.dep_ == "neg") and not _not_only(token):
        yield from _by_not(token)
    elif word in _NOBODY:
        yield token
        yield from _clause_of_subject(token)
    else:
        yield from _by_meaning(token)


def _by_determiner(token: Token) -> Iterator[Token]:
    head = token.head
    if head.i == token.i:
        return
    if head.pos_ in {"VERB", "AUX"}:
        yield from _by_not(token)
        return
    yield head
    yield from _clause_of_subject(head)


def _by_not(token: Token) -> Iterator[Token]:
    """A denied verb denies all that hangs on it, its subject aside."""
    head = token.head
    if head.i == token.i:
        return
    if head.pos_ in {"VERB", "AUX"} or head.i > token.i:
        yield head


def _clause_of_subject(noun: Token) -> Iterator[Token]:
    """The clause of a denied subject: "no one wears a hat" denies the hat as well."""
    if noun.dep_ in {"nsubj", "nsubjpass"} and noun.head.pos_ in {"VERB", "AUX"}:
        yield noun.head


def _by_meaning(token: Token) -> Iterator[Token]:
    """Words such as "missing", "lacks", "free of", "instead of", "absent"."""
    lemma, word = token.lemma_.lower(), token.lower_
    objects = [child for child in token.children if child.dep_ in _OBJECTS]
    if word == "missing" or (lemma == "lack" and token.pos_ == "VERB"):
        yield from objects or _owners(token)
    elif word == "absent":
        yield from _owners(token)
    elif lemma in _FREE_OF or word in {"lacking"}:
        for child in token.children:
            if child.dep_ == "prep" and child.lower_ in {"of", "from"}:
                yield from (deep for deep in child.children if deep.dep_ in _OBJECTS)
        if word == "lacking":
            yield from objects
    elif word == "of" and token.i and token.nbor(-1).lemma_.lower() in {"instead", "devoid"}:
        yield from objects
    elif word == "than" and token.i and token.nbor(-1).lower_ == "rather":
        yield token.head if token.head.i > token.i else token
        yield from objects


def _owners(token: Token) -> Iterator[Token]:
    """The noun that "missing" is said of."""
    if token.dep_ in {"amod", "acl", "relcl"}:
        yield token.head
        return
    verb = token.head if token.dep_ in {"acomp", "attr"} else token
    found = [child for child in verb.children if child.dep_ in _SUBJECTS]
    yield from found
    # "with a slice missing": the tagger may hang the noun anywhere just before it.
    if not found and token.i and token.nbor(-1).pos_ == "NOUN":
        yield token.nbor(-1)


def _scope(start: Token, negator: Token) -> Iterator[Token]:
    yield start
    for child in start.children:
        if child.i != negator.i and not _stays_outside(child, start, negator):
            yield from _scope(child, negator)


def _stays_outside(child: Token, head: Token, negator: Token) -> bool:
    if child.dep_ in _SUBJECTS:
        return not (head.pos_ in {"VERB", "AUX"} and child.i == negator.i)
    if child.dep_ in _OWN_CLAUSE and child.i < negator.i:
        return True
    if child.dep_ == "prep":
        return child.lower_ in _BUT or (child.i < negator.i) or _is_given_place(child)
    if child.dep_ in {"conj", "appos"}:
        return _is_new_statement(child, head, negator)
    marks = (mark for mark in child.children if mark.dep_ in {"mark", "advmod"})
    return child.dep_ == "advcl" and any(mark.lower_ in {*_BUT, "as", "when"} for mark in marks)


def _is_given_place(preposition: Token) -> bool:
    """Whether a phrase is like "in the room", which the sentence takes for granted."""
    return preposition.lower_ in LOCATIVE and any(
        det.lower_ in DEFINITE
        for noun in preposition.children
        if noun.dep_ == "pobj"
        for det in noun.children
    )


def _is_new_statement(conj: Token, head: Token, negator: Token) -> bool:
    """Whether a coordinated part starts anew: "but", its own subject, "only", "no X and *a Y*"."""
    if any(child.dep_ in _SUBJECTS for child in conj.children):
        return True
    if any(child.lower_ == "only" for child in conj.children):
        return True
    joints = [child.lower_ for child in head.children if child.dep_ == "cc"]
    if any(joint in _BUT for joint in joints):
        return True
    own_article = any(
        c.dep_ == "det" and c.lower_ in {"a", "an", "the", "some"} for c in conj.children
    )
    return negator.lower_ == "no" and own_article and "or" not in joints and "nor" not in joints


def _next_words(token: Token) -> Iterator[int]:
    """The words right after a negation, whatever the parse says of them."""
    word = token.lower_
    denies = word in _NOT or word in _WITHOUT or word in {"no", "neither", "nor"}
    if not denies or _not_only(token):
        return
    for follower in token.doc[token.i + 1 :]:
        if follower.pos_ not in _NOUN_PHRASE or follower.lower_ in _BUT:
            return
        yield follower.i


def _not_only(token: Token) -> bool:
    following = token.doc[token.i + 1 : token.i + 2]
    return token.lower_ == "not" and following.text.lower() in {"only", "just", "merely"}


def _is_forbidding_sign(token: Token) -> bool:
    """Whether this is "a no parking sign", which is there; "no parking sign" alone may not be.

    Only an article or an adjective right before "no" makes it one.
    """
    if token.lower_ not in {"no", "not"} or not token.i or token.i + 1 >= len(token.doc):
        return False
    before, after = token.nbor(-1), token.nbor(1)
    named = after.lower_.endswith("ing") or after.lower_ in _FORBIDDEN
    opened = before.pos_ in {"DET", "ADJ"} or before.lower_ in {"'", '"', "do"}
    board = any(word.lower_ in _BOARDS for word in token.doc[token.i + 2 : token.i + 5])
    return named and opened and board
