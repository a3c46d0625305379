"""What a caption says: objects, attributes and which belongs to which; and who reads it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

Kind = Literal["object", "attribute"]
FaultReason = Literal["empty", "not_english", "cut"]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a tag stands: characters ``start`` up to, not including, ``end``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """One tag at one place of a caption.

    Attributes:
        name: Lower case; objects in the singular.
        kind: What it is a name of.
        span: Its place in the caption; None where a foreign parse gives none.
        shorter: Names of the same thing with fewer words, longest first:
            "dining room table" can also be called "room table" and "table". A
            vocabulary that lacks the name falls back on them.
    """

    name: str
    kind: Kind
    span: Span | None = None
    shorter: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """An attribute together with the object that has it."""

    attribute: Mention
    object: Mention

    @property
    def names(self) -> tuple[str, str]:
        """(attribute, object)."""
        return self.attribute.name, self.object.name


@dataclass(frozen=True, slots=True)
class CaptionFault:
    """Why a caption gave no tags, or not all: a machine word and a sentence."""

    reason: FaultReason
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionTags:
    """The tags of one caption.

    Attributes:
        text: The caption as it came.
        parser: Version of the parser that read it.
        objects: In the order of the caption; a name can occur twice.
        attributes: Likewise.
        links: Each joins one of ``attributes`` to one of ``objects``.
        negated: What the caption says is *not* there; never among the others.
        fault: None when the whole caption could be read.
    """

    text: str
    parser: str
    objects: tuple[Mention, ...] = ()
    attributes: tuple[Mention, ...] = ()
    links: tuple[Link, ...] = ()
    negated: tuple[Mention, ...] = ()
    fault: CaptionFault | None = None

    @property
    def object_names(self) -> tuple[str, ...]:
        """Each name once, in the order of the caption."""
        return _once(mention.name for mention in self.objects)

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """Each name once, in the order of the caption."""
        return _once(mention.name for mention in self.attributes)

    @property
    def link_names(self) -> tuple[tuple[str, str], ...]:
        """Each (attribute, object) once, in the order of the caption."""
        return tuple(dict.fromkeys(link.names for link in self.links))

    def mentions(self, kind: Kind) -> tuple[Mention, ...]:
        """The positive mentions of one kind."""
        return self.objects if kind == "object" else self.attributes


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


@runtime_checkable
class CaptionParser(Protocol):
    """Reads captions; says nothing about pictures.

    Attributes:
        version: Changes whenever the same caption could give other tags.
    """

    @property
    def version(self) -> str: ...

    def parse(self, text: str) -> CaptionTags:
        """The tags of one caption; a caption that cannot be read has a fault and no tags."""
        ...

    def parse_all(self, texts: Iterable[str]) -> Iterator[CaptionTags]:
        """The tags of each caption, in order; the same as one by one, but faster."""
        ...
