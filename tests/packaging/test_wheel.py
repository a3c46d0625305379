"""The wheel holds all that the product needs: from pictures to answers, without the repository."""

import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image, ImageDraw

from tests.packaging.test_packages import PROJECT, ROOT, tracked_files

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NUM_IMAGES = 60
LABELS = {
    "fire": (230, 80, 20),
    "grass": (40, 150, 50),
    "sky": (90, 160, 240),
    "sand": (230, 210, 150),
}
START_TIMEOUT_S = 240


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [built] = folder.glob("*.whl")
    return built


def test_it_carries_every_file_of_the_packages_and_no_other(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    wanted = {
        path.relative_to(ROOT).as_posix()
        for name in packages
        for path in tracked_files()
        if path.is_relative_to(ROOT / name)
    }
    assert wanted <= set(names)
    folders = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert folders == set(packages)


class Installed:
    """An environment with nothing but the wheel, which sees this one's other packages."""

    def __init__(self, root: Path, wheel: Path) -> None:
        self.root = root
        subprocess.run([sys.executable, "-m", "venv", str(root / "venv")], check=True)
        self.bin = root / "venv" / "bin"
        # A folder named in a .pth file is searched, but .pth files in it are not read:
        # the link to the repository that an editable install leaves there has no effect.
        [own] = (root / "venv" / "lib").glob("python*/site-packages")
        (own / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
        install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
        self.call("python", *install, directory=root)

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def call(self, program: str, *arguments: object, directory: Path | None = None) -> str:
        done = subprocess.run(
            [self.bin / program, *map(str, arguments)],
            cwd=directory or self.root / "project",
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-4000:]
        return done.stdout

    def ask(self, *arguments: object, directory: Path | None = None) -> dict[str, object]:
        return json.loads(self.call("efuda", *arguments, "--json", directory=directory))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


def draw_photographs(folder: Path) -> Path:
    """Noisy scenes of coloured patches, and a COCO file that says which are in each."""
    random = np.random.default_rng(4)
    folder.mkdir()
    images, annotations = [], []
    for number in range(NUM_IMAGES):
        present = random.random(len(LABELS)) < 0.5
        present[number % len(LABELS)] = True
        scene = Image.fromarray(random.integers(90, 130, (96, 128, 3), dtype=np.uint8))
        pen = ImageDraw.Draw(scene)
        for label, colour in enumerate(LABELS.values()):
            if present[label]:
                left, top = 32 * label, int(random.integers(0, 40))
                pen.ellipse((left, top, left + 30, top + 50), fill=colour)
                box = [left, top, 30, 50]
                annotations.append(
                    {"id": len(annotations), "image_id": number, "category_id": label, "bbox": box}
                )
        name = f"{number:03}.jpg"
        scene.save(folder / name, quality=92)
        images.append({"id": number, "file_name": name, "width": 128, "height": 96})
    categories = [{"id": place, "name": name} for place, name in enumerate(LABELS)]
    described = {"images": images, "annotations": annotations, "categories": categories}
    path = folder.parent / "instances.json"
    path.write_text(json.dumps(described), encoding="utf-8")
    return path


def make_small(params: Path) -> None:
    """Few epochs of few recipes: this is about what is there, not how good it is."""
    values = yaml.safe_load(params.read_text(encoding="utf-8"))
    values["tune"] |= {"runner": "local"}
    values["train"] |= {
        "recipes": ["zero_shot", "ignore_unknown", "vlpl"],
        "epochs": 2,
        "seeds": [0],
    }
    values["calibrate"] |= {"num_bootstrap": 20}
    values["evaluate"] |= {"num_bootstrap": 20}
    params.write_text(yaml.safe_dump(values), encoding="utf-8")


@contextmanager
def serving(installed: Installed) -> Generator[str, None, None]:
    """The address of the project's service, which is stopped afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [installed.bin / "efuda", "serve", "--port", str(port), "--threads", "1", "--json"],
        cwd=installed.root / "project",
        env=installed.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        watchdog = threading.Timer(START_TIMEOUT_S, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"the service did not start (exit status {process.poll()})"
            yield json.loads(line)["url"]
        finally:
            watchdog.cancel()
            process.send_signal(signal.SIGTERM)
            status = process.wait(timeout=60)
    assert status == 0


def test_from_pictures_to_answers(installed):
    code = "import components, efuda; print(components.__file__); print(efuda.__file__)"
    places = installed.call("python", "-c", code, directory=installed.root).split()
    assert all(Path(place).is_relative_to(installed.root / "venv") for place in places)

    photographs = installed.root / "photographs"
    instances = draw_photographs(photographs)
    project = installed.root / "project"
    given = ("--source", "coco", "--images", photographs, "--annotations", instances)
    made = installed.ask("init", project, *given, directory=installed.root)
    assert made["name"] == "project"
    make_small(project / "params.yaml")

    ran = installed.ask("run")
    assert ran["ok"]
    assert ran["ran"][-1] == "register"
    assert "zero-shot" in installed.call("efuda", "results")
    assert installed.ask("promote")["outcome"] == "promoted"

    with serving(installed) as url:
        picture = photographs / "000.jpg"
        tags = installed.ask("query", "tag", picture, "--url", url)["tags"]
        assert {tag["label"] for tag in tags} == set(LABELS)
        found = installed.ask("query", "search", "--image", picture, "-k", 3, "--url", url)
        assert found["results"][0]["id"] == "0"  # as the COCO file says
        assert len(found["results"]) == 3
        page = f"import httpx; print(httpx.get({url + '/'!r}, trust_env=False).status_code)"
        assert installed.call("python", "-c", page) == "200\n"

    code = (
        "import efuda; tagger = efuda.Project('.').open_bundle();"
        f"print([tag.label for tag in tagger.tag({str(picture)!r})])"
    )
    assert json.loads(installed.call("python", "-c", code).replace("'", '"')) == [
        tag["label"] for tag in tags
    ]
