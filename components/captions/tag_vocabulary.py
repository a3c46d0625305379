"""The tags that are learnt from: the most frequent objects and attributes."""

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from blake3 import blake3

from components.atomic import read_json, write_json
from components.captions.tags import CaptionTags, Kind, Mention
from components.errors import ArtefactError, InputError
from components.labels.vocabulary import Vocabulary

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class TagLimits:
    """What enters a vocabulary.

    Attributes:
        max_tags: At most so many, the most frequent first; TagAlign uses 10,000 objects.
        min_count: At least in so many captions.
    """

    max_tags: int = 10_000
    min_count: int = 2

    def __post_init__(self) -> None:
        if self.max_tags < 1 or self.min_count < 1:
            raise InputError(
                f"max_tags is {self.max_tags} and min_count {self.min_count}: both are at least 1."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class TagVocabulary:
    """Tags of one kind, the most frequent first.

    Attributes:
        kind: Objects or attributes.
        names: In column order.
        counts: In how many captions each was found.
        parser: Version of the parser that found them.

    Raises:
        InputError: If there is no name, an empty one, one twice, or not one count a name.
    """

    kind: Kind
    names: tuple[str, ...]
    counts: tuple[int, ...]
    parser: str

    def __post_init__(self) -> None:
        Vocabulary(self.names)
        if len(self.counts) != len(self.names):
            raise InputError(f"{len(self.counts)} counts for {len(self.names)} tags: one each.")

    def __len__(self) -> int:
        return len(self.names)

    @property
    def columns(self) -> dict[str, int]:
        """The column of each name."""
        return {name: column for column, name in enumerate(self.names)}

    @property
    def version(self) -> str:
        """Sixteen hex digits that change with kind, names, their order, counts or parser."""
        parts = [self.kind, self.parser, *self.names, *map(str, self.counts)]
        return blake3("\n".join(parts).encode()).hexdigest()[:16]

    def save(self, path: Path) -> None:
        """Write names, counts and versions as JSON."""
        value = {
            "schema_version": SCHEMA_VERSION,
            "version": self.version,
            "kind": self.kind,
            "parser": self.parser,
            "names": list(self.names),
            "counts": list(self.counts),
        }
        write_json(path, value)

    @classmethod
    def load(cls, path: Path) -> "TagVocabulary":
        """Read what :meth:`save` wrote; ArtefactError if it is something else or was changed."""
        value = read_json(path)
        if not isinstance(value, dict) or value.get("schema_version") != SCHEMA_VERSION:
            raise ArtefactError(f"{path} is no tag vocabulary of schema version {SCHEMA_VERSION}.")
        if value.get("kind") not in get_args(Kind):
            raise ArtefactError(f"{path} has tags of kind {value.get('kind')!r}; write it anew.")
        found = cls(
            kind=value["kind"],
            names=tuple(value["names"]),
            counts=tuple(value["counts"]),
            parser=value["parser"],
        )
        if found.version != value["version"]:
            raise ArtefactError(f"{path} was changed since it was written; write it anew.")
        return found


def build_tag_vocabulary(
    parses: Sequence[CaptionTags], kind: Kind, limits: TagLimits
) -> TagVocabulary:
    """Rank the tags of one kind by the number of captions that name them.

    Names of several words that are rarer than ``min_count`` count as the
    longest of their shorter names that is not. Ties are broken by the alphabet.

    Raises:
        InputError: If no tag is frequent enough, or the parses are of several parsers.
    """
    parser = _one_parser(parses)
    whole = Counter(name for tags in parses for name in _chain_names(tags, kind))
    frequent = {name for name, count in whole.items() if count >= limits.min_count}
    found: Counter[str] = Counter()
    for tags in parses:
        found.update({_resolve(m, frequent) or m.name for m in tags.mentions(kind)})
    kept = [(name, count) for name, count in found.items() if count >= limits.min_count]
    ranked = sorted(kept, key=lambda item: (-item[1], item[0]))[: limits.max_tags]
    if not ranked:
        raise InputError(
            f"No {kind} is named by {limits.min_count} of {len(parses)} captions; lower min_count "
            "or bring more captions."
        )
    names, counts = zip(*ranked, strict=True)
    return TagVocabulary(kind=kind, names=names, counts=counts, parser=parser)


def tag_columns(tags: CaptionTags, kind: Kind, columns: dict[str, int]) -> set[int]:
    """The columns of a caption's tags; tags outside the vocabulary give none."""
    found = (_resolve(mention, columns.keys()) for mention in tags.mentions(kind))
    return {columns[name] for name in found if name is not None}


def _resolve(mention: Mention, known: Container[str]) -> str | None:
    names = (mention.name, *mention.shorter)
    return next((name for name in names if name in known), None)


def _chain_names(tags: CaptionTags, kind: Kind) -> set[str]:
    return {name for m in tags.mentions(kind) for name in (m.name, *m.shorter)}


def _one_parser(parses: Sequence[CaptionTags]) -> str:
    versions = sorted({tags.parser for tags in parses})
    if len(versions) > 1:
        raise InputError(
            f"The captions were read by {len(versions)} parsers ({', '.join(versions)}); "
            "read them all by one."
        )
    return versions[0] if versions else "none"
