"""What someone probably meant who wrote a key or a word that does not exist."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

_UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")
_FEW = 8
_QUOTED = re.compile(r"'([^']*)'")


def did_you_mean(word: str, allowed: Sequence[str]) -> str:
    """`` Did you mean 'x'?``, or nothing where no allowed word is close.

    Example:
        >>> did_you_mean("epoch", ["epochs", "seeds"])
        " Did you mean 'epochs'?"
    """
    # In lower case, since a word in capitals is close to its own letters.
    by_lower = {name.lower(): name for name in reversed(allowed)}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f" Did you mean {by_lower[close[0]]!r}?" if close else ""


def suggestion(error: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What to say after the message of one of pydantic's errors.

    Args:
        error: As ``ValidationError.errors`` lists it.
        schema: The JSON schema of the model that was validated.
    """
    place, kind = error["loc"], error["type"]
    if kind in _UNKNOWN_KEY:
        keys = _keys(schema, place[:-1])
        hint = did_you_mean(str(place[-1]), keys)
        return hint or (f" Allowed here: {', '.join(keys)}." if 0 < len(keys) <= _FEW else "")
    context = error.get("ctx") or {}
    if kind == "literal_error":
        return did_you_mean(str(error["input"]), _QUOTED.findall(context["expected"]))
    if kind == "union_tag_invalid":
        return did_you_mean(str(context["tag"]), _QUOTED.findall(context["expected_tags"]))
    return ""


def _keys(schema: Mapping[str, Any], place: Sequence[str | int]) -> list[str]:
    """The keys that are allowed at a place of the settings."""
    here = list(_objects(schema, schema))
    for step in place:
        here = [each for one in here for each in _below(one, str(step), schema)]
    return list(dict.fromkeys(key for each in here for key in each.get("properties", ())))


def _below(
    schema: Mapping[str, Any], step: str, whole: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    if schema.get("tag") == step:
        # Pydantic names the kind of a setting that has several, which is no key of the file.
        yield schema
    elif step in schema.get("properties", {}):
        yield from _objects(schema["properties"][step], whole)


def _objects(
    schema: Mapping[str, Any], whole: Mapping[str, Any], tag: str | None = None
) -> Iterator[Mapping[str, Any]]:
    """The objects that a schema stands for: itself, what it refers to, each of several kinds."""
    if "$ref" in schema:
        yield from _objects(whole["$defs"][schema["$ref"].rsplit("/", 1)[-1]], whole, tag)
    elif "discriminator" in schema:
        for name, place in schema["discriminator"]["mapping"].items():
            yield from _objects({"$ref": place}, whole, name)
    elif "anyOf" in schema or "allOf" in schema:
        for each in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
            yield from _objects(each, whole, tag)
    elif "properties" in schema:
        yield {**schema, "tag": tag}
