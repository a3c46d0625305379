"""Stages with train.methods.csa.prompts: tokens, on a tiny open_clip encoder."""

import numpy as np
import pytest
import yaml

from components.encoders.catalog import build_encoder
from components.encoders.config import OpenClipConfig
from components.encoders.prompts import label_vectors
from components.errors import ArtefactError, InputError
from components.features.label_vectors import LabelVectors
from components.features.store import FeatureStore
from components.labels.vocabulary import Vocabulary
from components.models.heads.contextual import ContextualHead
from components.models.tagger import Tagger
from pipelines.train import stage as train
from pipelines.tune import stage as tune
from project.layout import Layout
from project.learning_task import load_task
from project.settings import load_settings
from tests.components.encoders.tiny_checkpoint import write_checkpoint
from tests.projects.learning_project import make_project, unit, write_params

TEMPLATE = "a dog cat {name}"
TRAIN = {"recipes": ["csa"], "seeds": [0], "epochs": 2, "methods": {"csa": {"prompts": "tokens"}}}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The drawn project, with vectors of an encoder that has a text tower."""
    root = tmp_path_factory.mktemp("project")
    layout = make_project(root, examples=80)
    directory = write_checkpoint(root / "encoder")
    config = OpenClipConfig(model=f"local-dir:{directory}")
    encoder = build_encoder(config)
    vocabulary = Vocabulary.load(layout.vocabulary)
    text = label_vectors(encoder, vocabulary, [TEMPLATE])
    random = np.random.default_rng(0)
    hashes = [f"h{row:04}" for row in range(80)]
    store = FeatureStore(layout.features, encoder.id)
    for view in ("original", "flip"):
        whole = unit(random.normal(size=(80, 24))).astype(np.float32)
        regions = unit(random.normal(size=(80, 4, 24))).astype(np.float16)
        store.append(view, hashes, whole, regions)
    LabelVectors(
        encoder_id=encoder.id,
        vocabulary_hash=vocabulary.hash,
        temperature=encoder.temperature,
        vectors=text,
    ).save(layout.label_vectors)
    encoder_section = {"kind": "open_clip", "model": "local-dir:encoder"}
    prompts = {"templates": [TEMPLATE]}
    write_params(layout, encoder=encoder_section, train=TRAIN, prompts=prompts)
    return root


def settings_with(layout: Layout, path, **sections):
    values = yaml.safe_load(layout.params.read_text(encoding="utf-8"))
    for name, changes in sections.items():
        values[name] = {**values.get(name, {}), **changes}
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return load_settings(path)


def test_tune_and_train_learn_tokens_and_leave_a_plain_tagger(root, tmp_path):
    layout = Layout(root)
    settings = load_settings(layout.params)
    chosen = tune.run(settings, layout)["methods"]["csa"]["settings"]
    assert chosen["prompts"] == "tokens"
    report = train.run(settings, layout)
    assert [each["status"] for each in report["taggers"]] == ["trained"]
    tagger = Tagger.load(layout.tagger("csa", 0))
    assert isinstance(tagger.head, ContextualHead)
    assert tagger.head.pool.where.shape == (6, 24)
    assert train.run(settings, layout)["taggers"][0]["status"] == "kept"
    settings = settings_with(
        layout, tmp_path / "params.yaml", train={"methods": {"csa": {"prompts": "residual"}}}
    )
    assert load_task(settings, layout).task.names.prompter is None
    with pytest.raises(ArtefactError, match="run tune"):
        train.run(settings, layout)


def test_vectors_of_another_encoder_are_refused(root, tmp_path):
    write_checkpoint(root / "other", seed=1)
    settings = settings_with(
        Layout(root), tmp_path / "params.yaml", encoder={"model": "local-dir:other"}
    )
    with pytest.raises(ArtefactError, match="run embed"):
        load_task(settings, Layout(root))


def test_tokens_without_a_tower_are_refused(tmp_path):
    layout = Layout(tmp_path)
    write_params(layout, train=TRAIN)
    with pytest.raises(InputError, match="conse has no text tokens"):
        load_settings(layout.params)


def test_regions_are_read_from_wherever_a_worker_stands(root, tmp_path, monkeypatch):
    monkeypatch.chdir(root)
    layout = Layout()
    task = load_task(load_settings(layout.params), layout).task
    monkeypatch.chdir(tmp_path)
    assert task.regions[0][np.arange(2)].shape == (2, 4, 24)
    assert task.holdout.regions is not None
    assert task.holdout.regions[np.arange(1)].shape == (1, 4, 24)
