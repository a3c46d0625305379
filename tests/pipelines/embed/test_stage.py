"""Stage embed on a small project with a tiny encoder of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from blake3 import blake3

from components.data.examples import Example, read_quarantine, write_examples
from components.errors import InputError
from components.features.label_vectors import LabelVectors
from components.features.store import FeatureStore
from components.labels.vocabulary import Vocabulary
from pipelines.embed import stage as embed
from project.layout import Layout
from project.settings import load_settings
from tests.components.encoders.drawn_images import draw
from tests.components.encoders.tiny_checkpoint import write_checkpoint

ROOT = Path(__file__).parents[2]
CARDS = Path(__file__).parents[3] / "examples" / "cards" / "encoder"
"""Large enough that one thread and two add up in another order."""
ODD = {"num_images": 13, "checkpoint": CARDS, "batch_size": 8, "shard_size": 8}
"""A last shard of five images, that is of a part and one more."""


def make_project(
    root: Path, num_images: int = 10, checkpoint: Path | None = None, **embed_section
) -> Layout:
    layout = Layout(root)
    if checkpoint is None:
        write_checkpoint(root / "encoder")
    else:
        shutil.copytree(checkpoint, root / "encoder")
    for number in range(num_images):
        add_image(root, number)
    Vocabulary(("cat", "dog")).save(layout.vocabulary)
    section = {"batch_size": 2, "shard_size": 4, "runner": "local", "num_threads": 1}
    params = {
        "project": {"name": "test"},
        "source": {"kind": "folder", "images": "images"},
        "encoder": {"kind": "open_clip", "model": "local-dir:encoder"},
        "embed": section | embed_section,
    }
    layout.params.write_text(yaml.safe_dump(params), encoding="utf-8")
    record_examples(layout)
    return layout


def add_image(root: Path, number: int) -> Path:
    path = root / "images" / f"{number:03}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(number, 40 + 3 * number % 25, 48).save(path)
    return path


def record_examples(layout: Layout) -> None:
    write_examples(
        layout.examples,
        [
            Example(
                id=path.stem,
                path=str(path.relative_to(layout.root)),
                content_hash=blake3(path.read_bytes()).hexdigest(),
                split="train",
            )
            for path in sorted((layout.root / "images").iterdir())
        ],
    )


def run(layout: Layout) -> dict:
    return embed.run(load_settings(layout.params), layout)


def arrays(layout: Layout) -> dict[str, bytes]:
    """Every array and shard description by name, as bytes."""
    return {
        str(path.relative_to(layout.features)): path.read_bytes()
        for path in sorted(layout.features.rglob("shard-*"))
    }


def num_shards(layout: Layout, view: str) -> int:
    return len(list(layout.features.glob(f"*/{view}/shard-*.json")))


def test_every_image_and_label_becomes_vectors(tmp_path):
    layout = make_project(tmp_path)
    report = run(layout)
    assert (report["embedded"], report["reused"], report["failed"]) == (10, 0, 0)
    assert report["runner"] == "local"
    assert report["summary"] == "reused 0 / embedded 10"
    assert num_shards(layout, "original") == num_shards(layout, "flip") == 3
    hashes = [blake3(path.read_bytes()).hexdigest() for path in (tmp_path / "images").iterdir()]
    store = FeatureStore(layout.features, report["encoder_id"])
    original, flip = store.load_global("original", hashes), store.load_global("flip", hashes)
    np.testing.assert_allclose(np.linalg.norm(original, axis=1), 1, atol=2e-3)
    assert np.abs(original - flip).max() > 1e-3
    regions = [chunk for _, chunk in store.load_regions("flip", hashes)]
    assert sum(len(chunk) for chunk in regions) == 10
    assert regions[0].shape[1:] == (16, 24)
    labels = LabelVectors.load(layout.label_vectors)
    assert labels.encoder_id == report["encoder_id"]
    assert labels.temperature == pytest.approx(0.07)
    assert labels.vectors.shape == (2, 24)
    assert not read_quarantine(layout.embed_quarantine)
    assert not list(layout.features.rglob("queue.json"))


def test_only_what_is_new_is_computed(tmp_path):
    layout = make_project(tmp_path)
    run(layout)
    before = arrays(layout)
    assert run(layout)["summary"] == "reused 10 / embedded 0"
    assert arrays(layout) == before
    added = add_image(tmp_path, 99)
    shutil.copy(added, added.with_name("copy.png"))
    record_examples(layout)
    assert run(layout)["summary"] == "reused 10 / embedded 1"
    assert before.items() < arrays(layout).items()


def test_a_new_view_and_new_regions_are_added(tmp_path):
    layout = make_project(tmp_path, views=["original"], regions=False)
    run(layout)
    before = arrays(layout)
    make_project(tmp_path, views=["original", "flip"], regions=False)
    assert run(layout)["embedded"] == 10
    assert before.items() < arrays(layout).items()
    make_project(tmp_path, views=["original", "flip"], regions=True)
    assert run(layout)["embedded"] == 10
    fresh = make_project(tmp_path / "fresh", views=["original", "flip"], regions=True)
    run(fresh)
    assert arrays(layout) == arrays(fresh)


def test_bad_images_are_set_aside(tmp_path):
    layout = make_project(tmp_path)
    images = tmp_path / "images"
    whole = (images / "004.png").read_bytes()
    (images / "004.png").write_bytes(whole[: len(whole) // 2])
    (images / "005.png").write_bytes(b"")
    (images / "006.png").write_text("not a picture")
    record_examples(layout)
    (images / "007.png").unlink()
    (images / "008.png").write_bytes(whole)
    report = run(layout)
    assert (report["embedded"], report["failed"]) == (5, 5)
    assert "quarantine" in report["summary"]
    reasons = {row.example_id: row.reason for row in read_quarantine(layout.embed_quarantine)}
    assert reasons == {
        "004": "truncated",
        "005": "empty",
        "006": "not_an_image",
        "007": "missing_file",
        "008": "changed",
    }
    (images / "004.png").write_bytes(whole)
    (images / "007.png").write_bytes(whole)
    record_examples(layout)
    report = run(layout)
    assert (report["reused"], report["embedded"], report["failed"]) == (5, 1, 2)


def test_another_place_of_the_same_image_is_tried(tmp_path):
    layout = make_project(tmp_path, num_images=2)
    shutil.copy(tmp_path / "images" / "000.png", tmp_path / "images" / "twin.png")
    record_examples(layout)
    (tmp_path / "images" / "000.png").unlink()
    assert run(layout)["failed"] == 0


def test_nothing_readable_is_an_error(tmp_path):
    layout = make_project(tmp_path, num_images=2)
    shutil.rmtree(tmp_path / "images")
    with pytest.raises(InputError, match=r"None of the 2 images .* missing_file"):
        run(layout)


def test_a_run_stopped_between_any_two_shards_ends_the_same(tmp_path, monkeypatch):
    """Bad images included: they must not shift who shares a batch after the restart."""
    whole = make_project(tmp_path / "whole")
    broken = make_project(tmp_path / "broken")
    for layout in (whole, broken):
        (layout.root / "images" / "001.png").write_bytes(b"broken")
        record_examples(layout)
    run(whole)
    append = FeatureStore.append
    for allowed in range(5):
        calls = iter(range(allowed))

        def stop_after(*arguments, calls=calls):
            if next(calls, None) is None:
                raise KeyboardInterrupt
            append(*arguments)

        shutil.rmtree(broken.features, ignore_errors=True)
        monkeypatch.setattr(FeatureStore, "append", stop_after)
        with pytest.raises(KeyboardInterrupt):
            run(broken)
        monkeypatch.setattr(FeatureStore, "append", append)
        run(broken)
        assert arrays(broken) == arrays(whole)


def test_the_number_of_threads_changes_no_byte(tmp_path):
    one, two = (make_project(tmp_path / str(n), num_threads=n, **ODD) for n in (1, 2))
    run(one)
    run(two)
    assert arrays(one) == arrays(two)


@pytest.mark.slow
def test_a_killed_run_ends_the_same(tmp_path):
    whole = make_project(tmp_path / "whole", num_images=60)
    broken = make_project(tmp_path / "broken", num_images=60)
    run(whole)
    stage = start_stage(broken)
    deadline = time.monotonic() + 120
    while num_shards(broken, "original") < 1 and time.monotonic() < deadline:
        time.sleep(0.005)
    stage.send_signal(signal.SIGKILL)
    assert stage.wait(timeout=30) == -signal.SIGKILL
    assert 1 <= num_shards(broken, "original") < 15
    assert start_stage(broken).wait(timeout=120) == 0
    assert arrays(broken) == arrays(whole)


def start_stage(layout: Layout) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines.embed"],
        cwd=layout.root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.ray
@pytest.mark.slow
def test_ray_gives_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    local = make_project(tmp_path / "local")
    on_ray = make_project(tmp_path / "ray", runner="ray")
    for layout in (local, on_ray):
        (layout.root / "images" / "001.png").write_bytes(b"broken")
        record_examples(layout)
    run(local)
    report = run(on_ray)
    assert (report["runner"], report["embedded"], report["failed"]) == ("ray", 9, 1)
    assert arrays(on_ray) == arrays(local)
    assert read_quarantine(on_ray.embed_quarantine) == read_quarantine(local.embed_quarantine)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("num_threads", [0, 2])
def test_ray_gives_the_same_bytes_in_a_last_shard_of_odd_size(tmp_path, monkeypatch, num_threads):
    """With 0, an actor has one thread, and this process as many as the machine has cores."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    local = make_project(tmp_path / "local", num_threads=num_threads, **ODD)
    on_ray = make_project(tmp_path / "ray", num_threads=num_threads, runner="ray", **ODD)
    run(local)
    assert run(on_ray)["runner"] == "ray"
    assert arrays(on_ray) == arrays(local)
