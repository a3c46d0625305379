"""The guide's page of settings, written from their classes: ``python -m tests.docs.settings_reference``."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

from components.methods.catalog import METHODS
from components.training.settings import MethodSettings
from project.settings import Settings
from project.settings.section import SettingsSection

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "settings.md"
HEAD = """\
<!-- written by `python -m tests.docs.settings_reference` -->
# Settings

Every key of `params.yaml`: what it means, what it may be, and what it is if you leave it out.
`efuda init` writes them all, but those of `train.methods`, which are searched unless you set
them. An unknown key, or a value out of range, is refused with the path to it before any work
is done; `efuda doctor` checks the file alone.
"""
METHODS_HEAD = """\
## train.methods

One section a method: what is written there is used as it stands, all else is tuned
([train](train.md), [tune](tune.md)). Every method takes these:
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One key as the page shows it."""

    key: str
    meaning: str
    values: str
    default: str


def page() -> str:
    """The whole page."""
    schema = Settings.model_json_schema()
    parts = [HEAD]
    for section, field in Settings.model_fields.items():
        parts.append(f"## {section}\n")
        for model in _models(field.annotation):
            kind = f" (`kind: {_default_of(model, 'kind')}`)" if is_dataclass(model) else ""
            parts.append(f"{(inspect.getdoc(model) or '').splitlines()[0]}{kind}\n")
            parts.append(_table(rows(model, schema)))
    parts += [METHODS_HEAD, _table(rows(MethodSettings, schema))]
    shared = {each.name for each in fields(MethodSettings)}
    for name, method in METHODS.items():
        own = [row for row in rows(method.settings, schema) if row.key not in shared]
        parts += [f"### {name}\n", _table(own) if own else "Nothing else.\n"]
    return "\n".join(parts)


def rows(model: type[Any], schema: Mapping[str, Any]) -> list[Row]:
    """The keys of one section, in the order of its class."""
    told = meanings(model)
    found = schema["$defs"].get(model.__name__, {}).get("properties", {})
    shown: list[Row] = []
    for name, hint, default in _keys(model):
        if name == "methods":  # shown method by method
            continue
        inside = _nested(model, name, schema)
        is_section = bool(inside) and hint in ("a section", "a section or null")
        values = hint if is_section or name not in found else _allowed(found[name], schema)
        shown += [Row(name, told.get(name, ""), values, default), *inside]
    return shown


def _nested(model: type[Any], name: str, schema: Mapping[str, Any]) -> list[Row]:
    """The keys of a setting that is a section itself, or one of several."""
    if not is_dataclass(model):
        return []
    kinds = [each for each in _models(get_type_hints(model)[name]) if is_dataclass(each)]
    shown: list[Row] = []
    for kind in kinds:
        of = f"{name}.{_default_of(kind, 'name')}" if len(kinds) > 1 else name
        shown += [
            Row(f"{of}.{row.key}", row.meaning, row.values, row.default)
            for row in rows(kind, schema)
            if row.key != "name"
        ]
    return shown


def _default_of(model: type[Any], name: str) -> str:
    return str(next(each.default for each in fields(model) if each.name == name))


def meanings(model: type[Any]) -> dict[str, str]:
    """What the strings below a class's attributes say, its bases' included."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if each in (object, BaseModel, SettingsSection):
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(each))).body[0]
        assert isinstance(tree, ast.ClassDef)
        for key, below in zip(tree.body, tree.body[1:], strict=False):
            match key, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                    value=ast.Constant(str(text))
                ):
                    found[name] = re.sub(r"\bNone\b", "null", " ".join(text.split()))
                case _:
                    pass
    return found


def _models(annotation: Any) -> Iterator[type[Any]]:
    if isinstance(annotation, type) and (
        issubclass(annotation, BaseModel) or is_dataclass(annotation)
    ):
        yield annotation
        return
    for each in get_args(annotation):
        yield from _models(each)


def _keys(model: type[Any]) -> Iterator[tuple[str, str, str]]:
    """Name, type and default of each key."""
    if issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            default = field.get_default(call_default_factory=True)
            yield name, "", "required" if field.is_required() else _written(default)
        return
    hints = get_type_hints(model)
    for each in fields(model):
        default = each.default if each.default_factory is MISSING else each.default_factory()
        shown = "required" if default is MISSING else _written(default)
        yield each.name, _type_name(hints[each.name]), shown


def _written(value: object) -> str:
    match value:
        case None:
            return "`null`"
        case bool():
            return f"`{str(value).lower()}`"
        case _ if is_dataclass(value):
            return f"`{getattr(value, 'name', 'the keys below')}`"
        case tuple() | list():
            return f"`[{', '.join(map(str, value))}]`"
        case _:
            return f"`{value}`" if value != "" else '`""`'


def _type_name(hint: Any) -> str:
    if hint is type(None):
        return "null"
    if isinstance(hint, type):
        names = {"float": "number", "int": "whole number", "bool": "true, false", "str": "text"}
        name = _default_of(hint, "name") if _has_name(hint) else "a section"
        return names.get(hint.__name__, name)
    words = [f"`{each}`" if isinstance(each, str) else _type_name(each) for each in get_args(hint)]
    return ", ".join(words) if all(word[0] == "`" for word in words) else " or ".join(words)


def _has_name(kind: type[Any]) -> bool:
    return is_dataclass(kind) and any(each.name == "name" for each in fields(kind))


def _allowed(found: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """A JSON schema in words."""
    if "$ref" in found:
        return _allowed(schema["$defs"][found["$ref"].rpartition("/")[2]], schema)
    if "anyOf" in found:
        return " or ".join(dict.fromkeys(_allowed(each, schema) for each in found["anyOf"]))
    if "enum" in found:
        return ", ".join(f"`{each}`" for each in found["enum"])
    if "const" in found:
        return f"`{found['const']}`"
    match found.get("type"):
        case "array":
            return f"list of: {_allowed(found['items'], schema)}" if found.get("items") else "list"
        case "object":
            inside = found.get("additionalProperties")
            return (
                f"mapping to: {_allowed(inside, schema)}" if isinstance(inside, dict) else "mapping"
            )
        case "integer" | "number" as kind:
            return _range(kind, found)
        case "string" if "pattern" in found:
            return f"text like `{found['pattern']}`"
        case kind:
            return {"string": "text", "boolean": "true, false"}.get(str(kind), str(kind))


def _range(kind: str, found: Mapping[str, Any]) -> str:
    bounds = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most"}
    bounds["exclusiveMaximum"] = "below"
    told = [f"{words} {found[name]:g}" for name, words in bounds.items() if name in found]
    return " ".join(["number" if kind == "number" else "whole number", ", ".join(told)]).strip()


def _table(shown: list[Row]) -> str:
    lines = ["| key | meaning | values | default |", "|" + "---|" * 4]
    for row in shown:
        cells = (f"`{row.key}`", row.meaning, row.values, row.default)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
