"""What the doctor looks at on the machine itself."""

import importlib.util
import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from components.findings import Finding, Status

MIN_MEMORY_GIB = 6
MIN_FREE_DISK_GIB = 2
PYTHONS = ((3, 11), (3, 12))
# Import name → the name that an installer knows.
PACKAGES = {
    "torch": "torch",
    "torchvision": "torchvision",
    "ray": "ray",
    "mlflow": "mlflow",
    "great_expectations": "great-expectations",
    "dvc": "dvc",
    "fastapi": "fastapi",
    "faiss": "faiss-cpu",
    "pyarrow": "pyarrow",
    "open_clip": "open-clip-torch",
    "safetensors": "safetensors",
    "resvg_py": "resvg-py",
}
_INSTALL = "install requirements.lock again (`make setup` in the repository)"


def machine_findings(root: Path) -> list[Finding]:
    """Python, packages, programs, cores, memory, GPU and disk."""
    return [
        _python(),
        *_packages(),
        _program("git"),
        _cores(),
        _memory(),
        _gpu(),
        _disk(root),
    ]


def _python() -> Finding:
    found = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info[:2] in PYTHONS:
        return Finding(Status.OK, "Python", found)
    wanted = " or ".join(f"{major}.{minor}" for major, minor in PYTHONS)
    return Finding(Status.ERROR, "Python", found, f"use Python {wanted}")


def _packages() -> list[Finding]:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        return [
            Finding(Status.ERROR, PACKAGES[name], "the package is missing", _INSTALL)
            for name in missing
        ]
    shown = ", ".join(f"{PACKAGES[name]} {_version(PACKAGES[name])}" for name in ("torch", "ray"))
    return [Finding(Status.OK, "packages", f"all {len(PACKAGES)} are installed ({shown}, …)")]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of unknown version"


def _program(name: str) -> Finding:
    found = shutil.which(name)
    if found:
        return Finding(Status.OK, name, found)
    return Finding(Status.ERROR, name, "not found on PATH", f"install {name}; projects need it")


def _cores() -> Finding:
    return Finding(Status.OK, "cores", f"{len(os.sched_getaffinity(0))} for this process")


def _memory() -> Finding:
    total_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    detail = f"{total_gib:.1f} GiB"
    if total_gib >= MIN_MEMORY_GIB:
        return Finding(Status.OK, "memory", detail)
    remedy = f"{MIN_MEMORY_GIB} GiB are comfortable; below, set tune.runner: local in params.yaml"
    return Finding(Status.WARNING, "memory", detail, remedy)


def _gpu() -> Finding:
    # The driver's files tell enough; importing torch would take seconds.
    cards = sorted(Path("/proc/driver/nvidia/gpus").glob("*"))
    if cards:
        return Finding(
            Status.OK, "GPU", f"{len(cards)} (set embed.use_gpu and train.use_gpu to use it)"
        )
    return Finding(Status.OK, "GPU", "none; everything runs on the CPU")


def _disk(root: Path) -> Finding:
    free_gib = shutil.disk_usage(root).free / 2**30
    detail = f"{free_gib:.1f} GiB free"
    if not os.access(root, os.W_OK):
        return Finding(
            Status.ERROR,
            "disk",
            f"{detail}, but this account cannot write in {root.resolve()}",
            "let it write there, or work in a copy of the project elsewhere",
        )
    if free_gib >= MIN_FREE_DISK_GIB:
        return Finding(Status.OK, "disk", detail)
    return Finding(
        Status.WARNING, "disk", detail, "make room: vectors and previews of images are kept here"
    )
