"""Parses made elsewhere, by a language model or another tagger, checked row by row.

One JSON object a line: ``{"caption": str, "objects": [...], "attributes": [...],
"links": [[attribute, object], ...], "negated": [...]}``. A tag is a string, or
``{"name": str, "start": int, "end": int}`` with its place in the caption. Only
``caption`` and ``objects`` are required; attributes named in links need not be
listed again. A row that breaks a rule is set aside whole.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from blake3 import blake3

from components.captions.tags import CaptionFault, CaptionTags, Kind, Link, Mention, Span
from components.captions.words import STOP_OBJECTS
from components.data.examples import Quarantined
from components.errors import InputError

MAX_NAME_CHARACTERS = 60
MAX_TAGS = 100
_FIELDS = frozenset({"caption", "objects", "attributes", "links", "negated"})


class ImportedParser:
    """Looks captions up in a parse made elsewhere."""

    def __init__(self, rows: Mapping[str, CaptionTags], version: str) -> None:
        """Answer from ``rows``, keyed by the exact caption."""
        self._rows = dict(rows)
        self._version = version

    @property
    def version(self) -> str:
        """Changes with the file."""
        return self._version

    def parse(self, text: str) -> CaptionTags:
        """The imported tags; a fault where the file has none for this caption."""
        if text in self._rows:
            return self._rows[text]
        detail = (
            f"The imported parse has no row for the caption {text[:60]!r}; add one, or parse it "
            "by rules."
        )
        return CaptionTags(text=text, parser=self.version, fault=CaptionFault("not_parsed", detail))

    def parse_all(self, texts: Iterable[str]) -> Iterator[CaptionTags]:
        """The imported tags of each caption, in order."""
        return (self.parse(text) for text in texts)


def read_imported_parse(path: Path) -> tuple[ImportedParser, list[Quarantined]]:
    """Read a parse and what of it could not be used.

    Raises:
        InputError: If the file is missing or has no usable row.
    """
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise InputError(f"The parse {path} cannot be read ({fault}); check its path.") from None
    version = f"imported-{blake3(content).hexdigest()[:12]}"
    rows: dict[str, CaptionTags] = {}
    refused: list[Quarantined] = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            tags = _read_row(line, version)
            if tags.text in rows:
                raise _RowError("duplicate_caption", "An earlier row has the same caption.")
        except _RowError as fault:
            detail = f"Line {number}: {fault.detail}"
            refused.append(
                Quarantined(path=str(path), example_id="", reason=fault.reason, detail=detail)
            )
        else:
            rows[tags.text] = tags
    if not rows:
        first = f" The first fault: {refused[0].detail}" if refused else ""
        raise InputError(f"The parse {path} has no usable row.{first}")
    return ImportedParser(rows, version), refused


class _RowError(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def _read_row(line: bytes, version: str) -> CaptionTags:
    row = _object_of(line)
    text = row.get("caption")
    if not isinstance(text, str) or not text.strip():
        raise _RowError("empty_caption", "The row has no caption; give it as a string.")
    if "objects" not in row:
        raise _RowError("no_objects", "The row has no list of objects; write [] for none.")
    objects = [m for m in _tags(row, "objects", "object", text) if m.name not in STOP_OBJECTS]
    attributes = _tags(row, "attributes", "attribute", text)
    negated = _tags(row, "negated", "object", text)
    denied = {mention.name for mention in negated}
    for mention in (*objects, *attributes):
        if mention.name in denied:
            raise _RowError("denied_tag", f"{mention.name!r} is both a tag and negated.")
    links, new = _links(row, {m.name: m for m in objects}, {m.name: m for m in attributes}, text)
    return CaptionTags(
        text=text,
        parser=version,
        objects=tuple(objects),
        attributes=(*attributes, *new),
        links=links,
        negated=tuple(negated),
    )


def _object_of(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise _RowError("not_json", f"It is not JSON in UTF-8 ({fault}).") from None
    if not isinstance(row, dict):
        raise _RowError("not_an_object", f"It is a {type(row).__name__}, not a JSON object.")
    strange = sorted(row.keys() - _FIELDS)
    if strange:
        raise _RowError("unknown_field", f"It has the unknown field {strange[0]!r}.")
    return row


def _tags(row: dict[str, Any], field: str, kind: Kind, text: str) -> list[Mention]:
    values = row.get(field, [])
    if not isinstance(values, list) or len(values) > MAX_TAGS:
        raise _RowError("bad_list", f"{field!r} is no list of at most {MAX_TAGS} tags.")
    return [_mention(value, field, kind, text) for value in values]


def _mention(value: object, field: str, kind: Kind, text: str) -> Mention:
    if isinstance(value, dict):
        return Mention(_name(value.get("name"), field), kind, _span(value, field, len(text)))
    return Mention(_name(value, field), kind)


def _span(value: Mapping[str, object], field: str, length: int) -> Span:
    start, end = value.get("start"), value.get("end")
    if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= length:
        return Span(int(start), int(end))
    raise _RowError("bad_span", f"A tag of {field!r} has no place inside the caption.")


def _name(value: object, field: str) -> str:
    name = " ".join(value.lower().split()) if isinstance(value, str) else ""
    if not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        raise _RowError(
            "bad_name",
            f"{field!r} holds {str(value)[:60]!r}; a tag is 1 to {MAX_NAME_CHARACTERS} characters.",
        )
    return name


def _links(
    row: dict[str, Any], objects: dict[str, Mention], attributes: dict[str, Mention], text: str
) -> tuple[tuple[Link, ...], list[Mention]]:
    """The links, and the attributes that only they name."""
    pairs = row.get("links", [])
    if not isinstance(pairs, list) or len(pairs) > MAX_TAGS:
        raise _RowError("bad_list", f"'links' is no list of at most {MAX_TAGS} pairs.")
    links: list[Link] = []
    new: dict[str, Mention] = {}
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise _RowError("bad_link", "A link is [attribute, object].")
        attribute = _mention(pair[0], "links", "attribute", text)
        thing = _mention(pair[1], "links", "object", text).name
        if thing in STOP_OBJECTS:
            continue
        if thing not in objects:
            raise _RowError("bad_link", f"A link names {thing!r}, which is not among the objects.")
        known = attributes.get(attribute.name) or new.setdefault(attribute.name, attribute)
        links.append(Link(known, objects[thing]))
    return tuple(links), list(new.values())
