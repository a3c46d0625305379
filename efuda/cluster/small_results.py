"""The small files of a run that DVC's cache does not hold: the lock file, figures and plots."""

import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import yaml

from components.atomic import atomic_directory, atomic_path
from efuda.cluster.archives import unpack

LOCK = "dvc.lock"


def result_names(root: Path) -> list[str]:
    """The lock file, and what the stages write for git."""
    graph: dict[str, Any] = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))
    names = [LOCK]
    for stage in graph["stages"].values():
        for entry in [*stage.get("outs", []), *stage.get("metrics", [])]:
            if isinstance(entry, dict):
                names += [path for path, how in entry.items() if how.get("cache") is False]
    return names


def pack_results(root: Path, archive: Path) -> None:
    """Write those that exist into an archive."""
    with tarfile.open(archive, "w:gz") as file:
        for name in result_names(root):
            if (root / name).exists():
                file.add(root / name, arcname=name)


def unpack_results(archive: Path, root: Path) -> list[str]:
    """Put them into the project, each in one step; what the project does not name is left out."""
    names = result_names(root)
    with tempfile.TemporaryDirectory(prefix="efuda-results-") as directory:
        unpack(archive, Path(directory))
        kept = Path(directory)
        found = [name for name in names if (kept / name).exists()]
        for name in found:
            _put(kept / name, root / name)
    return found


def _put(source: Path, target: Path) -> None:
    if source.is_dir():
        with atomic_directory(target) as directory:
            shutil.copytree(source, directory, dirs_exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as temporary:
        temporary.write_bytes(source.read_bytes())
