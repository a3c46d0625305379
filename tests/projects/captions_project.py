"""A project of pictures and captions alone, with an encoder of random weights."""

import json
from pathlib import Path

import numpy as np
import yaml
from PIL import Image, ImageDraw

from project.layout import Layout
from tests.components.encoders.tiny_checkpoint import write_checkpoint

COLOURS = ("red", "green", "blue", "yellow")
THINGS = ("ball", "box", "book")
TRAIN = {
    "recipes": ["zero_shot", "ignore_unknown", "tagalign"],
    "epochs": 2,
    "batch_size": 16,
    "seeds": [0],
    "checkpoint_every": 2,
}


def make_project(root: Path, num_images: int = 70, **sections: dict) -> Layout:
    """Every image shows one or two coloured things, and a caption says which."""
    layout, random = Layout(root), np.random.default_rng(0)
    write_checkpoint(root / "encoder")
    rows = [_draw(root, number, random) for number in range(num_images)]
    write_captions(root, rows)
    params = {
        "project": {"name": "said"},
        "source": {"kind": "jsonl", "images": "images", "annotations": "captions.jsonl"},
        "encoder": {"kind": "open_clip", "model": "local-dir:encoder"},
        "embed": {"runner": "local", "num_threads": 1, "shard_size": 64},
        "tune": {"runner": "local"},
        "train": TRAIN,
        "calibrate": {"num_bootstrap": 10},
        "evaluate": {"num_bootstrap": 20},
    }
    for name, values in sections.items():
        params[name] = {**params.get(name, {}), **values}
    layout.params.write_text(yaml.safe_dump(params), encoding="utf-8")
    return layout


def write_captions(root: Path, rows: list[dict]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (root / "captions.jsonl").write_text(text, encoding="utf-8")


def read_captions(root: Path) -> list[dict]:
    lines = (root / "captions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def change_params(layout: Layout, **sections: dict) -> None:
    params = yaml.safe_load(layout.params.read_text(encoding="utf-8"))
    for name, values in sections.items():
        params[name] = {**params.get(name, {}), **values}
    layout.params.write_text(yaml.safe_dump(params), encoding="utf-8")


def _draw(root: Path, number: int, random: np.random.Generator) -> dict:
    image = Image.new("RGB", (48, 48), tuple(map(int, random.integers(200, 256, 3))))
    pen = ImageDraw.Draw(image)
    said = []
    for thing in random.choice(THINGS, random.integers(1, 3), replace=False):
        colour = str(random.choice(COLOURS))
        x, y = map(int, random.integers(0, 30, 2))
        shape = pen.ellipse if thing == "ball" else pen.rectangle
        shape((x, y, x + 16, y + (16 if thing != "book" else 8)), fill=colour)
        said.append(f"a {colour} {thing}")
    path = root / "images" / f"{number:03}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    split = ("train", "train", "train", "val", "test")[number % 5]
    return {"image": path.name, "caption": f"{' and '.join(said)}.".capitalize(), "split": split}
