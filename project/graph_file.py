"""dvc.yaml as a file that people may edit: what in it is Efuda's, and what is theirs.

A line of the header holds a fingerprint of what Efuda wrote. While the file still has it,
nothing in it is anyone else's, and it can be written anew without loss.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import yaml
from blake3 import blake3

from components.errors import InputError

HEADER = """\
# The graph of stages, written by Efuda: `efuda run` (or `dvc repro` in the
# activated environment) runs those whose inputs have changed. `efuda run` writes
# it anew when params.yaml names other files; stages of your own are kept.
"""
_MARK = "# fingerprint: "
_OURS = ("stages", "plots")


def graph_text(graph: Mapping[str, Any], added: Mapping[str, Any] | None = None) -> str:
    """The text of dvc.yaml.

    Args:
        graph: Stages and plots as Efuda wants them.
        added: What people added, see :attr:`GraphFile.added`.
    """
    more = dict(added or {})
    stages = {**graph["stages"], **more.pop("stages", {})}
    whole = {**graph, "stages": stages, **more}
    mark = f"{_MARK}{_fingerprint(graph)}\n"
    return HEADER + mark + yaml.safe_dump(whole, sort_keys=False, width=100)


@dataclass(frozen=True, kw_only=True, slots=True)
class GraphFile:
    """A dvc.yaml beside the graph that params.yaml asks for."""

    wanted: Mapping[str, Any]
    found: Mapping[str, Any]
    text: str

    @classmethod
    def parse(cls, text: str, wanted: Mapping[str, Any]) -> Self:
        """Read the text of a dvc.yaml.

        Raises:
            InputError: If it is no mapping with stages.
        """
        try:
            found = yaml.safe_load(text)
            if not isinstance(found["stages"], dict):
                raise TypeError("stages is no mapping")
        except (yaml.YAMLError, KeyError, TypeError) as fault:
            raise InputError(
                f"dvc.yaml cannot be read ({' '.join(repr(fault).split())}); `python -m "
                "project.graph` writes it anew from params.yaml."
            ) from None
        return cls(wanted=wanted, found=found, text=text)

    @property
    def changed(self) -> list[str]:
        """The stages that differ from what params.yaml asks for."""
        wanted, found = self.wanted["stages"], self.found["stages"]
        return [name for name in wanted if found.get(name) != wanted[name]]

    @property
    def is_theirs(self) -> bool:
        """Whether no stage of Efuda's is in it: a graph that someone wrote from scratch."""
        return not any(name in self.wanted["stages"] for name in self.found["stages"])

    @property
    def added(self) -> dict[str, Any]:
        """Stages and sections that Efuda did not write; nothing where the file is as written."""
        if self._mark == _fingerprint(self.found):
            return {}
        ours = self.wanted["stages"]
        stages = {name: stage for name, stage in self.found["stages"].items() if name not in ours}
        more = {key: value for key, value in self.found.items() if key not in _OURS}
        return {**({"stages": stages} if stages else {}), **more}

    @property
    def is_edited(self) -> bool:
        """Whether writing it anew would lose a change to Efuda's own stages, or a comment."""
        theirs = self.added.get("stages", {})
        stages = {name: each for name, each in self.found["stages"].items() if name not in theirs}
        return self._mark != _fingerprint({**self.found, "stages": stages}) or self._is_commented

    @property
    def _mark(self) -> str | None:
        lines = [line for line in self.text.splitlines() if line.startswith(_MARK)]
        return lines[0].removeprefix(_MARK).strip() if len(lines) == 1 else None

    @property
    def _is_commented(self) -> bool:
        ours = HEADER.splitlines()
        comments = (line for line in self.text.splitlines() if line.lstrip().startswith("#"))
        return any(line not in ours and not line.startswith(_MARK) for line in comments)


def _fingerprint(graph: Mapping[str, Any]) -> str:
    ours = {key: graph.get(key) for key in _OURS}
    return blake3(json.dumps(ours, sort_keys=True, default=str).encode()).hexdigest()[:16]
