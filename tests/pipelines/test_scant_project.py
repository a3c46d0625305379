"""One known cell in all, and a hold-out without images: a sentence, and nothing lost."""

import json

import numpy as np
import pytest
from PIL import Image

from components.data.examples import read_examples
from components.errors import InputError
from components.labels.tables import read_labels
from pipelines.calibrate import stage as calibrate
from pipelines.embed import stage as embed
from pipelines.evaluate import stage as evaluate
from pipelines.index import stage as index
from pipelines.prepare import stage as prepare
from pipelines.pseudo_label import stage as pseudo_label
from pipelines.register import stage as register
from pipelines.train import stage as train
from pipelines.tune import stage as tune
from pipelines.validate import stage as validate
from project.layout import Layout
from project.settings import parse_settings
from tests.components.encoders.tiny_checkpoint import write_checkpoint

STAGES = (prepare, embed, tune, pseudo_label, train, calibrate, evaluate, index, register)
NUM_IMAGES = 24


def settings_of(**splits):
    return parse_settings(
        {
            "project": {"name": "scant"},
            "source": {"kind": "csv", "images": "photos", "annotations": "labels.csv"},
            "encoder": {"kind": "open_clip", "model": "local-dir:encoder"},
            "embed": {"regions": False, "views": ["original"]},
            "train": {"seeds": [0], "epochs": 1},
            "tune": {"runner": "local"},
            "splits": splits,
        },
        "params.yaml",
    )


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    root = tmp_path_factory.mktemp("scant")
    (root / "photos").mkdir()
    random = np.random.default_rng(0)
    for number in range(NUM_IMAGES):
        pixels = random.integers(0, 255, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / "photos" / f"{number}.png")
    write_checkpoint(root / "encoder")
    return Layout(root)


def image_of(layout: Layout, split: str) -> str:
    return next(row.id for row in read_examples(layout.examples) if row.split == split)


def write(layout: Layout, *rows: str) -> None:
    text = "\n".join(["image,dog,cat", *rows])
    (layout.root / "labels.csv").write_text(f"{text}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("split", "cell"),
    [
        pytest.param("train", "1,", marks=pytest.mark.slow),
        ("val", "1,"),
        ("train", ",-1"),
    ],
)
def test_one_known_cell_in_all_runs_to_the_end(layout, monkeypatch, split, cell):
    monkeypatch.chdir(layout.root)
    write(layout)
    prepare.run(settings_of(), layout)
    write(layout, f"{image_of(layout, split)},{cell}")
    reports = [stage.run(settings_of(), layout) for stage in STAGES]
    assert read_labels(layout.labels).num_rows == 1
    for report in reports:
        json.dumps(report, allow_nan=False)
    assert (layout.bundle / "bundle.json").exists()


# Great Expectations imports a module that is going away, and looks for one that it can miss.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Please install grpcio-status:ImportWarning")
def test_a_hold_out_without_images_is_told_and_nothing_is_lost(layout, monkeypatch):
    monkeypatch.chdir(layout.root)
    write(layout, *(f"{number}.png,{(-1) ** number},1" for number in range(NUM_IMAGES)))
    settings = settings_of(val=0.0)
    prepare.run(settings, layout)
    before = layout.labels.read_bytes()
    with pytest.raises(InputError, match=r"no_split_empty[\s\S]*val"):
        validate.run(settings, layout)
    embed.run(settings, layout)
    with pytest.raises(InputError, match="The val split has no photograph; change the shares"):
        tune.run(settings, layout)
    assert layout.labels.read_bytes() == before
    assert layout.validation_page.exists()
