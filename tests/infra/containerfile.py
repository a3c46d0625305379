"""Reads a container file into instructions, and checks them."""

import shlex
import tomllib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

WORDS = frozenset(
    [
        "FROM",
        "ARG",
        "ENV",
        "RUN",
        "COPY",
        "ADD",
        "USER",
        "WORKDIR",
        "EXPOSE",
        "ENTRYPOINT",
        "CMD",
        "LABEL",
        "VOLUME",
        "HEALTHCHECK",
    ]
)
BUILT = "--from="


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, its lines joined."""

    word: str
    rest: str


def instructions_of(text: str) -> list[Instruction]:
    """Those of a file, without comments.

    Raises:
        ValueError: If a line begins with no instruction.
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    found = [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]
    unknown = [each.word for each in found if each.word not in WORDS]
    if unknown:
        raise ValueError(f"no instruction: {unknown[0]}")
    return found


def check(text: str, root: Path) -> None:
    """Refuse a file that cannot be built from ``root``, or whose image would run as root."""
    found = instructions_of(text)
    assert found[0].word == "FROM"
    for base in [each.rest.split()[0] for each in found if each.word == "FROM"]:
        _, _, tag = base.partition(":")
        assert tag not in ("", "latest"), base
    copied = _copied(found)
    assert [name for name in copied if not (root / name).exists()] == []
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    packages = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    asked = {*packages, "pyproject.toml", settings["project"]["readme"]}
    assert asked | {*settings["project"]["license-files"]} <= copied
    users = [each.rest for each in found if each.word == "USER"]
    assert users
    assert users[-1] not in ("root", "0")
    # The tag that the first lines tell to build is the one that the other files name.
    assert f"efuda:{version('efuda')} " in text


def _copied(found: list[Instruction]) -> set[str]:
    copies = [shlex.split(each.rest) for each in found if each.word in ("COPY", "ADD")]
    sources = [
        source for words in copies if not words[0].startswith(BUILT) for source in words[:-1]
    ]
    return {*sources}
