"""Weights from the model hub: fetched once into the user's cache, and held to their hashes.

A file has its final name once it is whole. What a cut connection or a killed run left of it
has the ending ``.part``, and the next fetch goes on from there.
"""

import fcntl
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from components.encoders.hub_files import HubFiles
from components.encoders.short_names import PublishedEncoder
from components.errors import InputError

CACHE_VARIABLE = "EFUDA_CACHE"
NEWEST = "main"
DOCTOR = "`efuda doctor` shows what is there and what is missing."
_BLOCK_BYTES = 1 << 20
_SHA256_DIGITS = 64


def cache_directory() -> Path:
    """The folder named by ``EFUDA_CACHE``, or ``efuda`` in the user's cache."""
    if own := os.environ.get(CACHE_VARIABLE):
        return Path(own).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute() / "efuda"


def commit_directory(repository: str, revision: str) -> Path:
    """Where the files of a commit lie."""
    return _repository_directory(repository) / revision


def held_revision(repository: str, files: Sequence[str]) -> str | None:
    """The commit of which all ``files`` are here; of several the one fetched last."""
    folder = _repository_directory(repository)
    whole = [
        each
        for each in (folder.iterdir() if folder.is_dir() else ())
        if all((each / file).is_file() for file in files)
    ]
    return max(whole, key=lambda each: (each.stat().st_mtime, each.name)).name if whole else None


def is_held(files: HubFiles) -> bool:
    """Whether all of them are on this machine."""
    directory = commit_directory(files.repository, files.revision)
    return all((directory / name).is_file() for name in files.sha256)


def first_fetch(row: PublishedEncoder) -> HubFiles:
    """An encoder's files with commit and hashes as they are found; fetched if they are not here.

    Raises:
        InputError: If they are not here and cannot be fetched.
    """
    revision = held_revision(row.repository, row.files)
    if revision is None:
        revision = _find(row.repository, NEWEST, row.files[-1]).commit
        _fetch(row.repository, revision, row.files)
    directory = commit_directory(row.repository, revision)
    return HubFiles(
        repository=row.repository,
        revision=revision,
        sha256={name: _sha256(directory / name) for name in row.files},
    )


def fetched(files: HubFiles) -> Path:
    """The folder of the files, each of the hash that is on record; fetched if need be.

    Raises:
        InputError: If one cannot be fetched, or is another; it is removed then.
    """
    _fetch(files.repository, files.revision, tuple(files.sha256))
    directory = commit_directory(files.repository, files.revision)
    for name, expected in files.sha256.items():
        path = directory / name
        if (found := _sha256(path)) != expected:
            path.unlink(missing_ok=True)
            raise InputError(
                f"{path} has the SHA-256 {found}, and the settings (encoder.hub.sha256) record "
                f"{expected}; it was removed. Run again to fetch it anew. If that ends the same, "
                "the repository does not hold what it held: do not trust it, and make the "
                "project's encoder anew from a source that you trust."
            )
    return directory


def cannot_fetch(name: str, fault: object, folder: Path | None = None) -> str:
    """What to tell a user whose weights are not here and cannot be fetched.

    Args:
        name: Whose weights.
        fault: What the attempt ended with.
        folder: Where they would lie, if in Efuda's own cache.
    """
    copied = f", or copy the folder {folder} from a machine that has it" if folder else ""
    return (
        f"The weights of {name} are not on this machine and cannot be fetched ({fault}). "
        f"Connect this machine once{copied}, or copy a checkpoint here and name it in "
        "encoder.pretrained, or use encoder.kind: conse, which needs no download. " + DOCTOR
    )


@dataclass(frozen=True, slots=True)
class _Remote:
    """A file of the hub as its headers describe it."""

    url: str
    commit: str
    bytes: int | None
    sha256: str | None
    """As the hub has it on record; small files have none."""


def _repository_directory(repository: str) -> Path:
    return cache_directory() / "encoders" / repository.replace("/", "--")


def _fetch(repository: str, revision: str, files: Sequence[str]) -> None:
    directory = commit_directory(repository, revision)
    for name in files:
        if not (directory / name).is_file():
            _download(_find(repository, revision, name), directory / name, repository)


def _find(repository: str, revision: str, name: str) -> _Remote:
    from huggingface_hub import constants, get_hf_file_metadata

    folder = _repository_directory(repository)
    if constants.HF_HUB_OFFLINE:
        raise InputError(cannot_fetch(repository, "HF_HUB_OFFLINE is set", folder))
    url = f"{constants.ENDPOINT}/{repository}/resolve/{revision}/{name}"
    try:
        found = get_hf_file_metadata(url)
    except Exception as fault:
        raise InputError(cannot_fetch(repository, _shown(fault), folder)) from fault
    if found.commit_hash is None:
        fault = f"{constants.ENDPOINT} does not answer as a model hub does"
        raise InputError(cannot_fetch(repository, fault, folder))
    at_commit = f"{constants.ENDPOINT}/{repository}/resolve/{found.commit_hash}/{name}"
    known = found.etag if len(found.etag or "") == _SHA256_DIGITS else None
    return _Remote(at_commit, found.commit_hash, found.size, known)


def _download(remote: _Remote, path: Path, repository: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with part.open("ab") as file:
        # Another process may be at it, and may have finished once the lock is ours.
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():
            part.unlink(missing_ok=True)
            return
        _go_on(remote, file, path.name, repository)
        os.fsync(file.fileno())
        if remote.sha256 is not None and (found := _sha256(part)) != remote.sha256:
            part.unlink()
            raise InputError(
                f"{path.name} of {repository} arrived with the SHA-256 {found}, and the hub "
                f"records {remote.sha256}; it was removed. Run again to fetch it anew."
            )
        part.replace(path)


def _go_on(remote: _Remote, file: BinaryIO, name: str, repository: str) -> None:
    from huggingface_hub.file_download import http_get

    if remote.bytes is not None and file.tell() > remote.bytes:
        file.seek(0)
        file.truncate()
    try:
        http_get(
            remote.url,
            file,
            resume_size=file.tell(),
            expected_size=remote.bytes,
            displayed_filename=name,
        )
        file.flush()
    except Exception as fault:
        if isinstance(fault, OSError) and fault.errno is not None:
            raise  # the disk's fault, not the network's
        folder = _repository_directory(repository)
        raise InputError(cannot_fetch(repository, _shown(fault), folder)) from fault


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _shown(fault: Exception) -> str:
    return " ".join(str(fault).split())[:200] or type(fault).__name__
