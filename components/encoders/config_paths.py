"""Which parts of an encoder's configuration name files: the one rule about its paths.

Settings, the graph of stages, the loader and the serving bundle all ask here, so that what
one of them takes for a file, another never takes for a name.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from components.encoders.config import LOCAL_PREFIX, EncoderConfig, OpenClipConfig

FileField = Literal["model", "pretrained", "image_tower"]
WEIGHT_SUFFIXES = (".safetensors", ".bin", ".pt", ".pth")


def is_weights_path(pretrained: str) -> bool:
    """Whether ``encoder.pretrained`` names a file, and not one of open_clip's tags.

    A slash or a known ending tells; what lies on the disk does not, so that a folder called
    like a tag changes nothing.
    """
    return "/" in pretrained or pretrained.endswith(WEIGHT_SUFFIXES)


def named_files(config: EncoderConfig) -> dict[FileField, str]:
    """The local files and folders that a configuration names, by field, as they are written.

    ``model`` is a folder (what follows ``local-dir:``), the others are files.

    Example:
        >>> named_files(OpenClipConfig(model="ViT-B-32", pretrained="weights/b.pt"))
        {'pretrained': 'weights/b.pt'}
        >>> named_files(OpenClipConfig(model="ViT-B-32", pretrained="openai"))
        {}
    """
    if not isinstance(config, OpenClipConfig):
        return {}
    found: dict[FileField, str] = {}
    if config.model.startswith(LOCAL_PREFIX):
        found["model"] = config.model.removeprefix(LOCAL_PREFIX)
    if config.pretrained is not None and is_weights_path(config.pretrained):
        found["pretrained"] = config.pretrained
    if config.image_tower is not None:
        found["image_tower"] = config.image_tower
    return found


def with_files(config: EncoderConfig, paths: Mapping[FileField, str]) -> EncoderConfig:
    """The same encoder with some of its :func:`named_files` called by other paths."""
    if not isinstance(config, OpenClipConfig):
        return config
    model = LOCAL_PREFIX + paths["model"] if "model" in paths else config.model
    return replace(
        config,
        model=model,
        pretrained=paths.get("pretrained", config.pretrained),
        image_tower=paths.get("image_tower", config.image_tower),
    )


def anchored(config: EncoderConfig, root: Path) -> EncoderConfig:
    """The same encoder with its files named by absolute paths that start at ``root``.

    Processes that start elsewhere, such as Ray's, then find the same files.
    """
    named = named_files(config)
    return with_files(config, {key: str((root / path).resolve()) for key, path in named.items()})
