"""What goes along with a job: the files that git tracks or would track, and no secret."""

import subprocess
import tarfile
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from components.errors import InputError

MAX_BYTES = 100 << 20
ARCHIVE = "project.tar.gz"
SECRETS = (".dvc/config.local", ".env", ".env.*", "*.pem", "*.key", "id_rsa*", "credentials*")
"""Names that are left behind, whatever git says."""
_LARGEST_SHOWN = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Shipment:
    """Files from the project's root, and what was left behind.

    Attributes:
        files: In git's order.
        num_bytes: Of all of them.
        left: Files that look like secrets, or lead out of the project.
        num_uncommitted: Files that differ from the last commit; they go along as they are.
    """

    files: tuple[str, ...]
    num_bytes: int
    left: tuple[str, ...]
    num_uncommitted: int


def shipment_of(root: Path) -> Shipment:
    """Collect what goes along.

    Raises:
        InputError: If it is too large, naming the largest files, or this is no git repository.
    """
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = [name for name in dict.fromkeys(listed.split("\0")) if name]
    kept: dict[str, int] = {}
    left = [".dvc/config.local"] if (root / ".dvc" / "config.local").exists() else []
    for name in names:
        path = root / name
        if is_secret(name) or path.is_symlink():
            left.append(name)
        elif path.is_file():
            kept[name] = path.stat().st_size
    num_bytes = sum(kept.values())
    if num_bytes > MAX_BYTES:
        raise InputError(_too_large(kept, num_bytes))
    changed = _git(root, "status", "--porcelain", "-z", "--", ".")
    return Shipment(
        files=tuple(kept),
        num_bytes=num_bytes,
        left=tuple(dict.fromkeys(left)),
        num_uncommitted=sum(1 for line in changed.split("\0") if line),
    )


def is_secret(name: str) -> bool:
    """Whether a file is left behind for its name.

    Example:
        >>> is_secret("keys/server.pem"), is_secret("params.yaml")
        (True, False)
    """
    return any(fnmatch(each, pattern) for pattern in SECRETS for each in (name, Path(name).name))


def pack(shipment: Shipment, root: Path, directory: Path) -> Path:
    """Write the files into one archive in ``directory``."""
    path = directory / ARCHIVE
    with tarfile.open(path, "w:gz") as archive:
        for name in shipment.files:
            archive.add(root / name, arcname=name, recursive=False)
    return path


def shipment_lines(shipment: Shipment) -> list[str]:
    """What a person is told of it."""
    lines = [f"sending {len(shipment.files)} files, {shipment.num_bytes / 1e6:.1f} MB"]
    if shipment.num_uncommitted:
        lines.append(
            f"note: {shipment.num_uncommitted} files differ from the last commit; they go along "
            "as they are"
        )
    if shipment.left:
        lines.append(
            f"left behind, since they may hold secrets or lead elsewhere: "
            f"{', '.join(shipment.left)}; what they open, the cluster must be able to open itself"
        )
    return lines


def _too_large(sizes: dict[str, int], num_bytes: int) -> str:
    largest = sorted(sizes, key=lambda name: sizes[name], reverse=True)[:_LARGEST_SHOWN]
    shown = ", ".join(f"{name} ({sizes[name] / 1e6:.0f} MB)" for name in largest)
    return (
        f"The files that git tracks are {num_bytes / 1e6:.0f} MB, more than the "
        f"{MAX_BYTES / 1e6:.0f} MB that go along with a job; the largest: {shown}. Give them to "
        "DVC with `dvc add`, or list them in .gitignore."
    )


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"git cannot list the project's files: {done.stderr.strip()}")
    return done.stdout
