"""Every stage, and promote, on a disk that is full and on one that is read-only."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import yaml
from blake3 import blake3

from examples.cards.draw import draw

ROOT = Path(__file__).parents[2]
ENCODER = ROOT / "examples" / "cards" / "encoder"
WRITES = {
    "prepare": "data/prepared",
    "validate": "data/validation",
    "embed": "data/features",
    "tune": "data/tuned",
    "pseudo_label": "data/proposals",
    "train": "data/taggers",
    "calibrate": "data/calibration",
    "evaluate": "reports",
    "index": "data/index",
    "register": "data/bundle",
    "promote": "decisions",
}
"""What each step writes; it is taken away before, so that there is something to do."""
DISK_MIB = 64
BLOCK = 4096

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """A small file system of its own."""
    place = tmp_path_factory.mktemp("disk")
    mounted = mount(f"size={DISK_MIB}m", place, "-t", "tmpfs")
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def mount(options: str, place: Path, *how: str) -> subprocess.CompletedProcess[str]:
    command = ["mount", *how, "-o", options, *(["tmpfs"] if how else []), str(place)]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as fault:
        return subprocess.CompletedProcess(command, 1, "", str(fault))


@pytest.fixture(scope="module")
def project(disk: Path) -> Path:
    """A finished project on it, with its pictures."""
    draw(disk / "cards", num_scenes=60, seed=3, num_sketches=0, workers=1)
    done = efuda(
        disk,
        *("init", "project", "--source", "coco", "--images", "cards/images"),
        *("--annotations", "cards/instances.json", "--hide", "partial:0.5"),
        *("--encoder", f"open_clip:local-dir:{ENCODER}"),
    )
    assert done.returncode == 0, done.stderr
    params = disk / "project" / "params.yaml"
    values = yaml.safe_load(params.read_text(encoding="utf-8"))
    values["tune"]["runner"] = "local"
    values["train"] |= {"recipes": ["zero_shot", "ignore_unknown"], "epochs": 2, "seeds": [0]}
    values["evaluate"]["num_bootstrap"] = 20
    params.write_text(yaml.safe_dump(values), encoding="utf-8")
    for name in WRITES:
        done = efuda(disk / "project", name)
        assert done.returncode == 0, done.stderr
    return disk / "project"


def efuda(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "efuda.cli", *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def files_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): blake3(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "mlflow.db" and path.suffix != ".lock"
    }


def expect_one_sentence(project: Path, step: str, words: str, meanwhile: Callable[[], None]):
    """Run a step that cannot write; it says so, and what was there before is whole."""
    taken = project.parent / "taken"
    if (project / WRITES[step]).exists():
        (project / WRITES[step]).rename(taken)
    before = files_of(project)
    meanwhile()
    done = efuda(project, step)
    said = done.stderr.strip().splitlines()
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert said[-1].startswith(f"efuda {step}: ")
    assert words in said[-1]
    after = files_of(project)
    assert {name: after.get(name) for name in before} == before
    assert not list(project.rglob(".efuda-*.tmp"))


def put_back(project: Path, step: str) -> None:
    taken = project.parent / "taken"
    if taken.exists():
        shutil.rmtree(project / WRITES[step], ignore_errors=True)
        taken.rename(project / WRITES[step])


@pytest.mark.parametrize("step", WRITES)
@pytest.mark.parametrize("left", [0, 2])
def test_a_full_disk_is_one_sentence_and_room_is_all_that_it_takes(project, step, left):
    filler = project.parent / "filler"

    def fill() -> None:
        if step == "promote":
            forget_champion(project)
        (project / ".efuda").mkdir(exist_ok=True)
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(BLOCK))
            except OSError:
                pass
            file.truncate(max(0, file.tell() // BLOCK - left) * BLOCK)

    if step == "tune" and left:
        pytest.skip("its choices fit into what is left")
    try:
        expect_one_sentence(project, step, "no space left on the disk", fill)
    finally:
        filler.unlink(missing_ok=True)
        put_back(project, step)
    done = efuda(project, step)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("step", WRITES)
def test_a_read_only_disk_is_one_sentence(project, step):
    def close() -> None:
        if step == "promote":
            forget_champion(project)
        assert mount("remount,ro", project.parent).returncode == 0

    try:
        expect_one_sentence(project, step, "read-only", close)
    finally:
        mount("remount,rw", project.parent)
        put_back(project, step)
    done = efuda(project, step)
    assert done.returncode == 0, done.stderr


def forget_champion(project: Path) -> None:
    """Let promote have something to do."""
    code = (
        "from project.layout import Layout\nfrom project.registry import CHAMPION, open_registry\n"
        "from project.settings import load_settings\n"
        "open_registry(load_settings(), Layout()).point(CHAMPION, None)"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
