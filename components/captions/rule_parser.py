"""Captions read by rules over a dependency parse.

TagAlign (arXiv 2312.14149) tags captions offline and releases no parser; this
one is ours: head nouns are objects, adjectives, participles, colours,
materials and small counts are attributes, and what a caption denies is kept
apart. See methods.md, section 4, and docs/results/captions.md for how well it does.
"""

from collections.abc import Collection, Iterable, Iterator

from blake3 import blake3
from spacy.tokens import Doc

from components.captions.adjectives import attributes
from components.captions.english import english
from components.captions.language import why_not_english
from components.captions.negation import negated_tokens
from components.captions.nouns import nouns
from components.captions.tags import CaptionFault, CaptionTags, Link, Mention
from components.captions.words import PHRASES
from components.errors import InputError

RULES = 1
"""Raised with every change of the rules that can change a tag."""

MAX_CHARACTERS = 2_000
"""What stands beyond it is not read: it is no caption, and parsing takes time."""

_BATCH = 256


class RuleParser:
    """Reads English captions; anything else comes back with a fault and no tags.

    Example:
        >>> tags = RuleParser().parse("Two red cars without any driver.")
        >>> tags.object_names, tags.link_names
        (('car',), (('two', 'car'), ('red', 'car')))
        >>> [mention.name for mention in tags.negated]
        ['driver']
    """

    def __init__(self, phrases: Collection[str] = ()) -> None:
        """Read with the names in ``phrases``, in the singular, kept whole beside our own."""
        self._english = english()
        self._phrases = PHRASES | {name.lower() for name in phrases if " " in name}
        own = "" if self._phrases == PHRASES else f"-phrases-{_short_hash(self._phrases)}"
        self._version = f"rules-{RULES}-{self._english.version}{own}"

    @property
    def version(self) -> str:
        """Of the rules, the library, the model and the added phrases."""
        return self._version

    def parse(self, text: str) -> CaptionTags:
        """The tags of one caption.

        Raises:
            InputError: If ``text`` is not a string.
        """
        return next(self.parse_all([text]))

    def parse_all(self, texts: Iterable[str]) -> Iterator[CaptionTags]:
        """The tags of each caption, in order.

        Raises:
            InputError: If one of ``texts`` is not a string.
        """
        prepared = (_prepare(text) for text in texts)
        pairs = self._english.pipeline.pipe(prepared, as_tuples=True, batch_size=_BATCH)
        for doc, text in pairs:
            yield self._read(doc, text)

    def _read(self, doc: Doc, text: str) -> CaptionTags:
        fault = self._fault(doc, text)
        if fault and fault.reason != "cut":
            return CaptionTags(text=text, parser=self.version, fault=fault)
        dictionary = self._english.dictionary
        found = nouns(doc, self._phrases, dictionary)
        denied = negated_tokens(doc)
        positive: dict[int, Mention] = {}
        negated: list[Mention] = []
        for noun in found.values():
            if not noun.is_object:
                continue
            if noun.head in denied:
                negated.append(noun.mention)
            else:
                positive[noun.head] = noun.mention
        links: list[Link] = []
        for word, mention, place in attributes(doc, found):
            if word.i in denied:
                negated.append(mention)
            elif place in positive:
                links.append(Link(mention, positive[place]))
        # A noun used as an attribute ("made of wood") names no object of its own.
        used = {link.attribute.span for link in links}
        objects = tuple(mention for mention in positive.values() if mention.span not in used)
        kept = tuple(link for link in links if link.object.span not in used)
        return CaptionTags(
            text=text,
            parser=self.version,
            objects=objects,
            attributes=tuple(dict.fromkeys(link.attribute for link in kept)),
            links=kept,
            negated=tuple(dict.fromkeys(negated)),
            fault=fault,
        )

    def _fault(self, doc: Doc, text: str) -> CaptionFault | None:
        if not text.strip():
            return CaptionFault("empty", "The caption is empty; it gives no tags.")
        why = why_not_english(doc.text, self._english.dictionary)
        if why:
            return CaptionFault(
                "not_english",
                f"The caption {_start(text)!r} does not pass for English ({why}); only English is "
                "read: translate it, or import a parse of it.",
            )
        if len(text) > MAX_CHARACTERS:
            return CaptionFault(
                "cut",
                f"The caption {_start(text)!r} has {len(text)} characters; only the first "
                f"{MAX_CHARACTERS} are read: shorten it.",
            )
        return None


def _prepare(text: object) -> tuple[str, str]:
    """(what the model reads, the caption as it came), of the same places up to the cut."""
    if not isinstance(text, str):
        raise InputError(f"A caption is {type(text).__name__} {text!r}; pass a string.")
    cut = text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS].rsplit(" ", 1)[0]
    clean = "".join(letter if letter.isprintable() else " " for letter in cut)
    return (_small_letters(clean) if _is_shouted(clean) else clean), text


def _is_shouted(text: str) -> bool:
    """Capitals that mean nothing, on every letter or on Every Word: no name shows by them."""
    words = [word for word in text.split() if word[0].isalpha()]
    capitals = sum(word[0].isupper() for word in words)
    return len(words) > 2 and capitals >= 0.7 * len(words)


def _small_letters(text: str) -> str:
    """Lower case, letter by letter, so that places stay the same."""
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def _start(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"


def _short_hash(names: Collection[str]) -> str:
    return blake3("\n".join(sorted(names)).encode()).hexdigest()[:8]
