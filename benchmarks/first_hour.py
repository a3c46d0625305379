"""A newcomer's clock: ``python -m benchmarks.first_hour --json``.

From `git clone` to photographs of one's own that are tagged and searchable, with a list of
names and no label: clone, install, init, run, promote, serve, and the first answers. Packages
come from the package manager's cache, which must be warm; the clone is made of this
repository's last commit. Photographs are those of the real data where they are at hand,
repeated with other crops up to the number, else drawn scenes.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from benchmarks.figures import REAL, Figure, run_benchmark_or_part
from examples.cards.draw import draw_scene
from serving.client import Client

ROOT = Path(__file__).parents[1]
NAMES = "person,dog,cat,car,bicycle,chair,bottle,book,pizza,bird"
PHOTOGRAPHS, PHOTOGRAPHS_QUICK = 200, 40
LIMIT_S = 300
PORT = 8190


def measure(quick: bool) -> Iterator[Figure]:
    """Time each step of a newcomer with photographs and names alone, and all of them."""
    number = PHOTOGRAPHS_QUICK if quick else PHOTOGRAPHS
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        take_photographs(home / "photos", number)
        clock = Clock()
        call("git", "clone", "--quiet", str(ROOT), "efuda", cwd=home)
        clone = home / "efuda"
        call("make", "setup", cwd=clone)
        clock.lap("setup")
        efuda = str(clone / ".venv" / "bin" / "efuda")
        call(efuda, "init", "own", "--images", "photos", "--names", NAMES, cwd=home)
        call(efuda, "run", cwd=home / "own")
        clock.lap("run")
        call(efuda, "promote", cwd=home / "own")
        with served(efuda, home / "own") as url, Client(url) as client:
            picture = next((home / "photos").iterdir())
            tags = client.tag(picture)["tags"]
            found = client.search(text="a dog", k=5)["results"]
            clock.lap("serve")
        if not tags or len(found) != 5:
            raise RuntimeError(f"{len(tags)} tags and {len(found)} pictures were answered")
    for step, seconds in clock.laps.items():
        yield Figure(name=f"own_photos_{step}_seconds", value=seconds, unit="s")
    yield Figure(
        name="own_photos_seconds", value=sum(clock.laps.values()), unit="s", against=LIMIT_S
    )
    yield Figure(name="own_photos_number", value=number, unit="photographs")


class Clock:
    """Seconds from one lap to the next."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._start = time.monotonic()

    def lap(self, step: str) -> None:
        """End the lap of a step."""
        now = time.monotonic()
        self.laps[step] = now - self._start
        self._start = now


def take_photographs(folder: Path, number: int) -> None:
    """Fill a folder with that many different photographs."""
    folder.mkdir()
    real = sorted((REAL / "coco256").rglob("*.jpg"))
    for place in range(number):
        path = folder / f"DSC_{place:04}.jpg"
        if not real:
            path.write_bytes(draw_scene(11, place + 1)[1])
        elif place < len(real):
            shutil.copyfile(real[place], path)
        else:
            picture = Image.open(real[place % len(real)])
            width, height = picture.size
            margin = 8 * (place // len(real))
            picture.crop((margin, margin, width, height)).save(path, quality=92)


def call(*command: str, cwd: Path) -> None:
    """Run a command as a newcomer's shell would; a failure stops the benchmark."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr}")


@contextmanager
def served(efuda: str, project: Path) -> Generator[str]:
    """The address of a project's service, once it is ready."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    with subprocess.Popen(
        [efuda, "serve", "--port", str(PORT), "--json"],
        cwd=project,
        env=kept,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("the service did not start")
            yield json.loads(line)["url"]
        finally:
            process.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    run_benchmark_or_part(measure)
