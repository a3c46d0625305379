"""The DVC remote through which data goes to a job and comes back: any that fsspec opens."""

import configparser
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import InputError
from project.environment import with_this_python_first

RESULTS = "efuda-jobs"
"""Folder in the remote where jobs leave what DVC does not keep: the lock file and reports."""
SECRET_KEYS = ("password", "secret_access_key", "session_token", "sas_token", "account_key")


@dataclass(frozen=True, slots=True)
class Store:
    """A remote: its name, and its folder where it is one on a disk, else None."""

    name: str
    folder: str | None


def find_store(root: Path, name: str) -> Store:
    """The remote of that name, as `.dvc/config` says it.

    Raises:
        InputError: If there is none, or the file holds a password.
    """
    config = configparser.ConfigParser()
    config.read(root / ".dvc" / "config", encoding="utf-8")
    section = next(
        (key for key in config.sections() if key.strip("'\"") == f'remote "{name}'), None
    )
    if section is None or "url" not in config[section]:
        raise InputError(
            f"There is no DVC remote {name!r} in .dvc/config; make one with "
            f"`dvc remote add {name} URL`."
        )
    told = [key for key in SECRET_KEYS if key in config[section]]
    if told:
        raise InputError(
            f".dvc/config holds {told[0]} of {name!r} and would be sent along; move it with "
            f"`dvc remote modify --local {name} {told[0]} …` and take it out there."
        )
    url = config[section]["url"]
    if "://" in url:
        return Store(name, None)
    # A relative path starts at the folder of the file that names it.
    return Store(name, str((root / ".dvc" / url).resolve()))


def dvc(root: Path, *arguments: str) -> None:
    """Call DVC in a project; its output goes to standard error.

    Raises:
        InputError: If it fails, with its last line.
    """
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=root,
        env=with_this_python_first(os.environ),
        stdout=sys.stderr,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        last = (done.stderr.strip() or "no reason told").split("\n")[-1]
        raise InputError(f"`dvc {' '.join(arguments)}` failed: {last}")


def send(root: Path, name: str, archive: Path, key: str) -> None:
    """Put a file into the remote under the name of a job."""
    remote = _remote(root, name)
    folder = remote.fs.join(remote.path, RESULTS)
    remote.fs.makedirs(folder, exist_ok=True)
    remote.fs.put_file(str(archive), remote.fs.join(folder, f"{key}.tar.gz"))


def receive(root: Path, name: str, key: str, archive: Path) -> bool:
    """Fetch that file and remove it from the remote; False where there is none."""
    remote = _remote(root, name)
    place = remote.fs.join(remote.path, RESULTS, f"{key}.tar.gz")
    if not remote.fs.exists(place):
        return False
    remote.fs.get_file(place, str(archive))
    return True


def forget(root: Path, name: str, key: str) -> None:
    """Remove that file from the remote."""
    remote = _remote(root, name)
    remote.fs.remove(remote.fs.join(remote.path, RESULTS, f"{key}.tar.gz"))


def owned_by_dvc(root: Path, paths: Sequence[str]) -> dict[str, bool]:
    """Whether DVC keeps each path, or a folder that it lies in."""
    from dvc.repo import Repo

    with Repo(str(root)) as repo:
        kept = [Path(out.fs_path) for out in repo.index.outs if out.use_cache]
    return {
        path: any((root / path).absolute().is_relative_to(out) for out in kept) for path in paths
    }


def _remote(root: Path, name: str) -> Any:
    from dvc.repo import Repo

    return Repo(str(root)).cloud.get_remote(name)
