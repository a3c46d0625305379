"""Finds an open_clip checkpoint before it is loaded, or says why it cannot.

open_clip's own messages list hundreds of names, and a missing network costs
it most of a minute of retries; here each fault is found first.
"""

import difflib
import json
import os
import socket
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from components.encoders.config import LOCAL_PREFIX, OpenClipConfig
from components.encoders.config_paths import WEIGHT_SUFFIXES, is_weights_path
from components.encoders.hub_files import HubFiles
from components.encoders.weights_cache import (
    DOCTOR,
    cannot_fetch,
    commit_directory,
    fetched,
    is_held,
)
from components.errors import InputError

HUB_PREFIX = "hf-hub:"
CONFIG_FILE = "open_clip_config.json"
MERGES_FILE = "bpe_merges.txt.gz"
DIRECTORY_SUFFIXES = (".safetensors", ".bin", ".pth")
"""What open_clip looks for in a local-dir: directory."""
HUB_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
CONNECT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model's weights come from.

    Exactly one of ``directory``, ``file`` and ``hub`` is set: a local directory,
    a local checkpoint, or weights by tag or hub name with ``cached`` telling
    whether they are on this machine already. With ``held_to`` these are files
    of one commit, in Efuda's own cache.
    """

    directory: Path | None = None
    file: Path | None = None
    hub: str | None = None
    cached: bool = False
    held_to: HubFiles | None = None

    @property
    def folder(self) -> Path | None:
        """Where Efuda's own cache has the files, or will have them."""
        if self.held_to is None:
            return None
        return commit_directory(self.held_to.repository, self.held_to.revision)


def find_source(config: OpenClipConfig) -> Source:
    """Check that the model and its weights exist as far as this machine can tell.

    Raises:
        InputError: For a name, tag, directory or file that does not exist,
            with the nearest names that do.
    """
    if config.model.startswith(LOCAL_PREFIX):
        return _local_directory(config)
    if config.model.startswith(HUB_PREFIX):
        name = config.model.removeprefix(HUB_PREFIX)
        return Source(hub=config.model, cached=_is_cached(name, HUB_FILES))
    _check_architecture(config.model)
    if config.pretrained is None:
        raise InputError(
            f"encoder.pretrained is empty, and {config.model} with random weights sees nothing. "
            f"Name one of its tags ({_shown(_tags(config.model))}) or a checkpoint file."
        )
    if is_weights_path(config.pretrained):
        return Source(file=_checkpoint_file(Path(config.pretrained)))
    found = tag_config(config.model, config.pretrained)
    if config.hub is not None:
        return Source(hub=config.hub.repository, cached=is_held(config.hub), held_to=config.hub)
    return _tag(f"{config.model} ({config.pretrained})", found)


def require_reachable(source: Source) -> None:
    """Fail at once, not after minutes, where weights must be fetched and cannot be.

    Raises:
        InputError: If the hub does not answer within a few seconds.
    """
    if source.hub is None or source.cached or _has_proxy():
        return
    from huggingface_hub import constants

    place = urlsplit(constants.ENDPOINT)
    port = place.port or (80 if place.scheme == "http" else 443)
    try:
        if constants.HF_HUB_OFFLINE:
            raise OSError("HF_HUB_OFFLINE is set")
        socket.create_connection((place.hostname or "", port), CONNECT_TIMEOUT_S).close()
    except OSError as fault:
        raise InputError(cannot_fetch(source.hub, fault, source.folder)) from None


def fetched_files(config: OpenClipConfig) -> Source:
    """Where the weights are, once those that have a commit on record are on this machine.

    Raises:
        InputError: If something does not exist, cannot be fetched or is not what is on record.
    """
    source = find_source(config)
    require_reachable(source)
    if source.held_to is None:
        return source
    folder = fetched(source.held_to)
    return replace(source, hub=None, file=folder / source.held_to.weights)


@contextmanager
def only_local_files(source: Source) -> Generator[None]:
    """Keep the hub's client from asking the network about files that are here."""
    from huggingface_hub import constants

    previous = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = previous or source.hub is None or source.cached
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = previous


def read_local_config(directory: Path) -> dict[str, Any]:
    """The ``open_clip_config.json`` of a directory.

    Raises:
        InputError: If it is missing, is not JSON or lacks ``model_cfg``.
    """
    path = directory / CONFIG_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if "text_cfg" not in content["model_cfg"] or "vision_cfg" not in content["model_cfg"]:
            raise KeyError("vision_cfg and text_cfg")
    except FileNotFoundError:
        raise InputError(
            f"{directory} has no {CONFIG_FILE}; a local-dir: encoder needs it beside "
            f"open_clip_model.safetensors. {DOCTOR}"
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as fault:
        raise InputError(f"{path} is not valid JSON ({fault}); copy it again. {DOCTOR}") from None
    except (KeyError, TypeError) as fault:
        raise InputError(
            f"{path} does not describe an open_clip model: it lacks {fault}. {DOCTOR}"
        ) from None
    return content


def _local_directory(config: OpenClipConfig) -> Source:
    directory = Path(config.model.removeprefix(LOCAL_PREFIX))
    if config.pretrained is not None:
        raise InputError(
            f"encoder.pretrained is {config.pretrained!r}, but {config.model} brings its own "
            "weights; remove encoder.pretrained."
        )
    if not directory.is_dir():
        raise InputError(
            f"encoder.model names the directory {directory}, which does not exist (looked from "
            f"the project's root). Correct encoder.model in params.yaml. {DOCTOR}"
        )
    read_local_config(directory)
    if not any(path.suffix in DIRECTORY_SUFFIXES for path in directory.iterdir()):
        raise InputError(
            f"{directory} has {CONFIG_FILE} but no weights ({', '.join(DIRECTORY_SUFFIXES)}); "
            f"copy open_clip_model.safetensors there. {DOCTOR}"
        )
    return Source(directory=directory)


def _check_architecture(model: str) -> None:
    import open_clip

    names = open_clip.list_models()
    if model.replace("/", "-") not in names:
        near = difflib.get_close_matches(model, names, n=4, cutoff=0.4)
        raise InputError(
            f"encoder.model is {model!r}, which open_clip does not know. "
            f"Near it: {_shown(near or names)}. Or give local-dir:PATH. {DOCTOR}"
        )


def _checkpoint_file(path: Path) -> Path:
    if not path.is_file():
        raise InputError(
            f"encoder.pretrained names the file {path}, which does not exist (looked from the "
            f"project's root). Correct it in params.yaml, or name a tag. {DOCTOR}"
        )
    if path.suffix not in WEIGHT_SUFFIXES:
        raise InputError(
            f"encoder.pretrained names {path}; a checkpoint ends in {', '.join(WEIGHT_SUFFIXES)}."
        )
    return path


def _tags(model: str) -> list[str]:
    import open_clip

    return open_clip.list_pretrained_tags_by_model(model.replace("/", "-"))


def tag_config(model: str, tag: str) -> dict[str, Any]:
    """What open_clip knows of a tag: where it lies, preprocessing, activations.

    Raises:
        InputError: If the model has no such tag.
    """
    import open_clip

    found: dict[str, Any] = open_clip.get_pretrained_cfg(model.replace("/", "-"), tag)
    if not found:
        raise InputError(
            f"encoder.pretrained is {tag!r}, which is neither a file nor a tag of {model}. "
            f"Its tags: {_shown(_tags(model))}. {DOCTOR}"
        )
    return found


def _tag(name: str, found: Mapping[str, Any]) -> Source:
    if not found.get("hf_hub"):
        cached = Path("~/.cache/clip").expanduser() / Path(found.get("url", "")).name
        return Source(hub=name, cached=cached.is_file())
    repository, file = os.path.split(found["hf_hub"])
    return Source(hub=name, cached=_is_cached(repository, (file,) if file else HUB_FILES))


def _is_cached(repository: str, files: Sequence[str]) -> bool:
    from huggingface_hub import try_to_load_from_cache

    wanted = {*files, *(str(Path(file).with_suffix(".safetensors")) for file in files)}
    return any(isinstance(try_to_load_from_cache(repository, file), str) for file in wanted)


def _has_proxy() -> bool:
    return any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"))


def _shown(names: Sequence[str], limit: int = 8) -> str:
    shown = ", ".join(names[:limit])
    return shown + (f" and {len(names) - limit} more" if len(names) > limit else "") or "none"
