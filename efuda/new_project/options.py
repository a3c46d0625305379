"""What a new project is made from, as it was given, and as its files say it."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from components.encoders.config import EncoderConfig, OpenClipConfig, parse_encoder
from components.encoders.config_paths import named_files, with_files
from components.encoders.open_clip_source import find_source
from components.encoders.short_names import SHORT_NAMES
from components.encoders.weights_cache import first_fetch
from components.errors import InputError
from project.published import Schedule


@dataclass(frozen=True, kw_only=True, slots=True)
class NewProject:
    """Where the project is made and what it is made from; paths start from here."""

    directory: Path
    """New or empty."""
    images: Path
    source: str | None = None
    """The format of the labels: a kind of source."""
    names: str | None = None
    """The labels to use, as ``--names`` gives them: with commas between, or a file of them."""
    annotations: Path | None = None
    captions: Path | None = None
    sketches: Path | None = None
    published: str | None = None
    """A published protocol, which decides source, annotations and hide."""
    schedule: Schedule = "cached"
    """With ``published``: `cached` is Efuda's own, `published` the published one."""
    encoder: str | None = None
    hide: str | None = None
    name: str | None = None


CONSE_TOLD = (
    "The encoder is conse, which needs no download, and a modern one sees more: zero-shot mAP is "
    "0.422 (0.453 over regions) with conse on 256 COCO photographs, 0.466 with CLIP ViT-B/16 on "
    "497. --encoder clip-b16 or siglip2 fetches one; `efuda encoders` lists them."
)
"""What is lost by the encoder that is taken where none is named."""


def from_project(path: Path, project: Path) -> str:
    """``path`` as it is written in the project's files.

    Relative where the project and the path are neighbours, so that both can be
    moved together; absolute where they have little to do with each other.
    """
    path, project = path.resolve(), project.resolve()
    near = path.is_relative_to(project.parent) and project.parent != Path(project.anchor)
    return os.path.relpath(path, project) if near else str(path)


def existing(path: Path | None, what: str, project: Path) -> str | None:
    """The same for a path that may be left out.

    Raises:
        InputError: If it was given and does not exist.
    """
    if path is None:
        return None
    if not path.exists():
        raise InputError(f"The {what} {str(path)!r} do not exist; check the path.")
    return from_project(path, project)


def checked_encoder(text: str, project: Path) -> EncoderConfig:
    """The encoder that ``--encoder`` names, its local weights named from the project.

    Weights of a short name are fetched if they are not here, so that the project records
    which commit they are of, and their hashes.

    Raises:
        InputError: If the form is unknown, or weights do not exist or cannot be fetched.
    """
    config = parse_encoder(text)
    if isinstance(config, OpenClipConfig):
        if text in SHORT_NAMES:
            config = replace(config, hub=first_fetch(SHORT_NAMES[text]))
        find_source(config)
    named = named_files(config)
    return with_files(
        config, {field: from_project(Path(path), project) for field, path in named.items()}
    )


def project_name(options: NewProject) -> str:
    """The name given, or one made of the directory's."""
    name = options.name or re.sub(r"[^A-Za-z0-9_.-]+", "-", options.directory.resolve().name)
    return name.lstrip("_.-")[:64] or "project"
