"""Published protocols, as files of this package, turned into a project's settings.

A file of ``protocols`` describes one data set: where its files lie, how many
images its lists have, and the protocols that papers ran on it. What the files
cannot promise stands in them under ``unverified``.
"""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from components.data.examples import Split
from components.encoders.config import OpenClipConfig
from components.errors import InputError
from project.settings import PromptSettings
from project.settings.methods import MethodSections
from project.settings.section import SettingsSection
from project.settings.source import SplitSettings

FOLDER = Path(__file__).parent / "published_protocols"
Schedule = Literal["cached", "published"]
PATH_KEYS = ("images", "annotations", "names", "captions")


class PublishedSchedule(SettingsSection):
    """How the published figures were trained."""

    learning_rate: float
    epochs: int
    batch_size: int


class Protocol(SettingsSection):
    """One way of hiding labels, as a paper or its code describes it."""

    about: str
    origin: str
    shares: tuple[float, ...] = ()
    """What {share} may be; empty where the protocol has none."""
    hide: dict[str, Any]
    splits: SplitSettings
    counts: dict[Split, int]
    """Images of the published lists; empty where they are not known exactly."""
    source: dict[str, Any] = Field(default_factory=dict)
    encoder: OpenClipConfig | None = None
    prompts: PromptSettings | None = None
    methods: MethodSections = Field(default_factory=MethodSections)
    """Published settings of methods, used as they stand; all else is searched."""
    schedule: PublishedSchedule
    trained: str
    """What the published figures were trained as."""
    results_mAP: dict[str, float] = Field(default_factory=dict)  # noqa: N815 - the figure's name
    """Mean average precision in percent, as reported."""
    unverified: tuple[str, ...] = ()


class DataSet(SettingsSection):
    """A data set and its protocols, as one file describes them."""

    data_set: str
    layout: dict[str, str]
    """What has to be there, by place below the root, and what it is."""
    roots: tuple[str, ...]
    """Where the root may lie below the folder that the user names."""
    source: dict[str, Any]
    num_labels: int
    encoder: OpenClipConfig
    prompts: PromptSettings
    versions: str | None = None
    """The file that tells versions of the data set apart by their counts."""
    protocols: dict[str, Protocol]
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """One protocol of one data set, chosen by name."""

    name: str
    share: float | None
    data: DataSet
    protocol: Protocol


@cache
def data_sets() -> Mapping[str, DataSet]:
    """Every data set of the package, by the name of its file."""
    return {path.stem: _load(path) for path in sorted(FOLDER.glob("*.yaml"))}


def published_names() -> list[str]:
    """Every protocol, as it is named on the command line."""
    return [
        f"{name}-{protocol}" + (":SHARE" if described.shares else "")
        for name, data in data_sets().items()
        for protocol, described in data.protocols.items()
    ]


def find_published(word: str) -> Published:
    """The protocol named, as ``voc2012-single-positive`` or ``coco2014-partial:0.3``.

    Raises:
        InputError: If there is none of that name, or its share is missing or was
            not published.
    """
    name, _, share = word.strip().partition(":")
    for set_name, data in data_sets().items():
        for protocol_name, protocol in data.protocols.items():
            if name == f"{set_name}-{protocol_name}":
                chosen = _share(word, share, protocol)
                return Published(name=word, share=chosen, data=data, protocol=protocol)
    names = published_names()
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise InputError(
        f"No published protocol is called {word!r}.{hint} There are:\n  " + "\n  ".join(names)
    )


def _share(word: str, share: str, protocol: Protocol) -> float | None:
    if not protocol.shares:
        if share:
            raise InputError(f"{word.partition(':')[0]} takes no share; leave out :{share}.")
        return None
    for known in protocol.shares:
        if share and share == f"{known:g}":
            return known
    listed = ", ".join(f"{known:g}" for known in protocol.shares)
    raise InputError(
        f"{word.partition(':')[0]} was published with shares of {listed}; name one, for example "
        f"{word.partition(':')[0]}:{protocol.shares[0]:g}."
    )


def find_root(data: DataSet, folder: Path) -> Path:
    """Where the data set's files lie at or below ``folder``.

    Raises:
        InputError: If they lie nowhere, with what is expected, what was found
            and what to do.
    """
    if not folder.is_dir():
        raise InputError(f"--images must be the folder of {data.data_set}, got {str(folder)!r}.")
    roots = [folder / root for root in data.roots]
    missing = {
        root: [place for place in data.layout if not (root / place).exists()] for root in roots
    }
    best = min(roots, key=lambda root: len(missing[root]))
    if not missing[best]:
        return best
    lines = [f"{folder} is not laid out as {data.data_set}. Looked in {best}; expected there:"]
    for place, what in data.layout.items():
        sign = "missing" if place in missing[best] else "found  "
        lines.append(f"  {sign} {place}: {what}")
    lines.append(f"{folder} itself holds: {_listing(folder)}.")
    lines.append(
        "Unpack the archives of the data set into one folder, keeping their own folders, and give "
        "that folder as --images; links to folders elsewhere do."
    )
    raise InputError("\n".join(lines))


def settings_values(chosen: Published, root: Path, schedule: Schedule) -> dict[str, Any]:
    """The sections of params.yaml that the protocol decides.

    Args:
        chosen: The protocol.
        root: The data set's root, as the project's files are to write it.
        schedule: ``published`` takes learning rate, epochs and batch size as they
            were; they are of networks trained end to end. ``cached`` leaves
            Efuda's own, made for a head on cached vectors.
    """
    data, protocol = chosen.data, chosen.protocol
    values: dict[str, Any] = {
        "source": _placed({**data.source, **protocol.source}, root),
        "encoder": protocol.encoder or data.encoder,
        "hide": _with_share(protocol.hide, chosen.share),
        "splits": protocol.splits.model_dump(),
        "prompts": (protocol.prompts or data.prompts).model_dump(),
    }
    values["train"] = {"methods": protocol.methods.model_dump(exclude_unset=True)}
    if schedule == "published":
        values["train"] |= protocol.schedule.model_dump()
    return values


def _with_share(hide: Mapping[str, Any], share: float | None) -> dict[str, Any]:
    word = str(hide["protocol"])
    return {**hide, "protocol": word if share is None else word.format(share=f"{share:g}")}


def _placed(source: Mapping[str, Any], root: Path) -> dict[str, Any]:
    placed = dict(source)
    for key in PATH_KEYS:
        if key in placed:
            placed[key] = os.path.normpath(root / placed[key])
    files = {split: os.path.normpath(root / path) for split, path in _files(source).items()}
    return {**placed, "split_files": files} if files else placed


def _files(source: Mapping[str, Any]) -> Mapping[str, str]:
    return source.get("split_files", {})


def _listing(folder: Path) -> str:
    names = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in folder.iterdir())
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "") or (
        "nothing"
    )


def _load(path: Path) -> DataSet:
    try:
        return DataSet.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as fault:  # a fault of the package, not of the user
        raise ValueError(f"{path.name} is not a protocol file: {fault}") from fault
