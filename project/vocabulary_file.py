"""A vocabulary file: label names as YAML, and what each means.

Every scalar is taken as text: ``no`` and ``1`` are names like others. Faults are told with their
lines, all at once.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from components.errors import InputError
from components.labels.meaning import Meaning, meaning_faults
from components.labels.spelling import loose
from components.labels.vocabulary import Vocabulary
from project.settings.source import SourceSettings
from project.settings.suggestions import did_you_mean

MAX_LENGTH = 200
"""Characters of a name; the service takes no longer one as a filter."""
SUFFIXES = (".yaml", ".yml")
_ONE = ("description", "display")
_SEVERAL = ("prompts", "synonyms", "parents")
_KEYS = (*_SEVERAL, *_ONE)
_MOST_TOLD = 20
_FORM = (
    "write a name a line with a colon behind it, and below it prompts, synonyms, description, "
    "display or parents"
)

Fault = tuple[int, str]
"""A line, from 1, and a sentence."""


def read_vocabulary(path: Path) -> Vocabulary:
    """Read the names in their order, and their meanings.

    Args:
        path: A mapping of names to ``prompts``, ``synonyms``, ``description``, ``display`` and
            ``parents``, all optional; or a plain list of names.

    Raises:
        InputError: If it cannot be read, or naming every line that cannot be used.
    """
    faults: list[Fault] = []
    lines: dict[str, int] = {}
    meanings: dict[str, Meaning] = {}
    for key, value in _entries(_root(path), faults):
        name, line = _text(key, "a name", faults), _line(key)
        if not name:
            continue
        if name in lines:
            faults.append((line, f"{name!r} is in line {lines[name]} already; keep one"))
            continue
        faults += [(line, told) for told in _unusable(name)]
        lines[name] = line
        meaning = _meaning(name, value, faults)
        if meaning != Meaning():
            meanings[name] = meaning
    faults += _twins(lines)
    if not faults and not lines:
        raise InputError(f"{path} names no label; {_FORM}.")
    faults += [(lines.get(name, 1), told) for name, told in meaning_faults([*lines], meanings)]
    if faults:
        raise InputError(_told(path, faults))
    return Vocabulary(tuple(lines), meanings)


def with_names(source: SourceSettings, root: Path) -> tuple[SourceSettings, Mapping[str, Meaning]]:
    """The settings with the names of the vocabulary file in ``vocabulary``, and their meanings.

    Raises:
        InputError: If the file cannot be used.
    """
    if source.vocabulary_file is None:
        return source, {}
    read = read_vocabulary(root / source.vocabulary_file)
    listed = source.model_copy(update={"vocabulary": read.names, "vocabulary_file": None})
    return listed, read.meanings


def _root(path: Path) -> yaml.Node:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.BaseLoader)
    except FileNotFoundError:
        raise InputError(f"The vocabulary file {path} does not exist; check the path.") from None
    except OSError as fault:
        raise InputError(
            f"The vocabulary file {path} cannot be read: {fault.strerror or fault}."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise InputError(f"The vocabulary file {path} is not valid YAML: {fault}") from None
    if node is None:
        raise InputError(f"{path} names no label; {_FORM}.")
    if not isinstance(node, yaml.MappingNode | yaml.SequenceNode):
        raise InputError(f"{path} is neither a mapping nor a list of names; {_FORM}.")
    return node


def _entries(root: yaml.Node, faults: list[Fault]) -> Iterator[tuple[yaml.Node, yaml.Node | None]]:
    if isinstance(root, yaml.MappingNode):
        yield from root.value
        return
    for item in root.value:
        if isinstance(item, yaml.ScalarNode):
            yield item, None
        else:
            faults.append((_line(item), f"is no name; in place of a list, {_FORM}"))


def _meaning(name: str, node: yaml.Node | None, faults: list[Fault]) -> Meaning:
    if node is None or _is_nothing(node):
        return Meaning()
    if not isinstance(node, yaml.MappingNode):
        faults.append((_line(node), f"{name!r} needs keys below it: {', '.join(_KEYS)}"))
        return Meaning()
    said: dict[str, str | tuple[str, ...]] = {}
    for key_node, value in node.value:
        key = _text(key_node, "a key", faults)
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or f" Allowed here: {', '.join(_KEYS)}."
            faults.append((_line(key_node), f"{name!r} has the unknown key {key!r}.{hint}"))
        elif key in said:
            faults.append((_line(key_node), f"{name!r} has {key} twice; keep one"))
        elif key in _ONE:
            said[key] = "" if _is_nothing(value) else _text(value, f"{key} of {name!r}", faults)
        else:
            said[key] = _texts(value, f"{key} of {name!r}", faults)
    return Meaning.from_json(said)


def _texts(node: yaml.Node, what: str, faults: list[Fault]) -> tuple[str, ...]:
    """Several texts, or one that stands alone."""
    if _is_nothing(node):
        return ()
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    texts = [_text(item, what, faults) for item in items]
    return tuple(dict.fromkeys(text for text in texts if text))


def _text(node: yaml.Node, what: str, faults: list[Fault]) -> str:
    """A text with single spaces; empty, with a fault, if it is none."""
    if not isinstance(node, yaml.ScalarNode):
        faults.append((_line(node), f"{what} must be text"))
        return ""
    text = " ".join(str(node.value).split())
    if not text:
        faults.append((_line(node), f"{what} is empty; write it, or take the line out"))
    elif not text.isprintable():
        faults.append((_line(node), f"{what} holds characters that cannot be shown: {text!r}"))
    return text


def _is_nothing(node: yaml.Node) -> bool:
    """Whether nothing, ``~`` or ``null`` stands behind a colon."""
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return plain and node.value in ("", "~", "null")


def _unusable(name: str) -> Iterator[str]:
    if len(name) > MAX_LENGTH:
        yield f"a name has {len(name)} characters, {MAX_LENGTH} are allowed ({name[:40]!r}…)"


def _twins(lines: dict[str, int]) -> Iterator[Fault]:
    """Names are asked for in any case and spelling, so two must differ in more."""
    first: dict[str, str] = {}
    for name, line in lines.items():
        other = first.setdefault(loose(name), name)
        if other != name:
            yield (
                line,
                f"{name!r} differs from {other!r} in line {lines[other]} in its spelling alone; "
                "keep one, or make it a synonym",
            )


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _told(path: Path, faults: list[Fault]) -> str:
    ordered = sorted(faults)
    lines = [f"{path} has {len(faults)} fault(s):"]
    lines += [f"  line {line}: {told}" for line, told in ordered[:_MOST_TOLD]]
    if len(ordered) > _MOST_TOLD:
        lines.append(f"  … and {len(ordered) - _MOST_TOLD} more")
    return "\n".join([*lines, "Correct these lines and run again."])
