from pathlib import Path

import numpy as np
import pytest
import torch

from components.atomic import read_json, write_json
from components.data.examples import Example, write_examples
from components.errors import InputError
from components.features.label_vectors import LabelVectors
from components.features.store import FeatureStore
from components.labels.matrix import LabelMatrix
from components.labels.states import Provenance
from components.labels.tables import matrix_to_table, write_labels
from components.labels.vocabulary import Vocabulary
from components.models.heads.linear import LinearHead
from components.models.tagger import Tagger
from components.search.gallery import Gallery
from components.search.index import SearchIndex
from components.search.modality_means import ModalityMeans
from components.search.previews import Previews
from pipelines.index import stage
from project.layout import Layout
from project.settings import parse_settings
from tests.serving.tiny_bundle import COLOURS, ColourEncoder, calibration_of, card

NAMES = tuple(COLOURS)


def make_project(root: Path, num_each: int = 3) -> Layout:
    """Cards as prepare and embed would leave them; the label of each first card is known."""
    layout, encoder = Layout(root), ColourEncoder()
    vocabulary = Vocabulary(NAMES)
    vocabulary.save(layout.vocabulary)
    rows, pixels = [], []
    for name in NAMES:
        for place in range(num_each):
            path = root / f"{name}{place}.png"
            card(name, place).save(path)
            rows.append(
                Example(
                    id=path.stem,
                    path=path.name,
                    content_hash=f"h-{path.stem}",
                    split="train",
                    captions=(f"a {name} disc",),
                    width=160,
                    height=120,
                )
            )
            pixels.append(encoder.preprocess(card(name, place)))
    unseen = Example(id="unseen", path="unseen.png", content_hash="h-unseen", split="train")
    write_examples(layout.examples, [*rows, unseen])
    states = np.zeros((len(rows), len(NAMES)), np.int8)
    for row, example in enumerate(rows):
        if example.id.endswith("0"):
            states[row, vocabulary.index(example.id[:-1])] = 1
    states[1, 0] = -1  # somebody looked at red1 and found no red
    matrix = LabelMatrix(tuple(row.id for row in rows), vocabulary, states)
    write_labels(layout.labels, matrix_to_table(matrix, Provenance.OBSERVED))
    store = FeatureStore(layout.features, encoder.id)
    vectors = encoder.encode_images(torch.stack(pixels)).global_vectors.numpy()
    hashes = [row.content_hash for row in rows]
    for view in ("original", "flip"):
        store.append(view, hashes, vectors, None)
    text = encoder.encode_texts(NAMES).numpy()
    LabelVectors(
        encoder_id=encoder.id, vocabulary_hash=vocabulary.hash, temperature=0.1, vectors=text
    ).save(layout.label_vectors)
    Tagger(
        recipe="vlpl",
        seed=1,
        encoder_id=encoder.id,
        vocabulary=vocabulary,
        head=LinearHead.of(
            text / np.float32(0.1),
            np.full(len(NAMES), -8, np.float32),
        ),
    ).save(layout.tagger("vlpl", 1))
    calibration_of(NAMES).save(layout.calibration("vlpl", 1))
    write_json(layout.selection, {"recipe": "vlpl", "seed": 1})
    return layout


@pytest.fixture
def settings(monkeypatch):
    monkeypatch.setattr("project.encoder.build_encoder", lambda _config: ColourEncoder())
    values = {
        "project": {"name": "cards"},
        "source": {"kind": "folder", "images": "."},
        "encoder": {"kind": "conse"},
        "index": {"preview_px": 64},
    }
    return parse_settings(values, "test")


def test_the_index_holds_every_photograph_with_its_tags(tmp_path, settings):
    layout = make_project(tmp_path)
    report = stage.run(settings, layout)
    assert report["num_pictures"] == 12
    assert report["previews"] == {"made": 12, "reused": 0}
    facts = read_json(layout.index / "index.json")
    assert facts["recall"]["image"]["method"] == "exact"
    assert facts["recall"]["text"]["num_queries"] == len(NAMES) + 12
    assert facts["sketch_source"] == "line_drawings"
    assert set(facts["relevance_leads"]) <= {"image", "text", "sketch"}
    gallery = Gallery.load(layout.index, NAMES)
    tags = {row.id: {tag.label: tag for tag in row.tags} for row in gallery.pictures(range(12))}
    assert tags["blue0"]["blue"].provenance == "observed"
    assert tags["blue0"]["blue"].probability == 1
    assert tags["blue1"]["blue"].provenance == "predicted"
    assert 0.5 < tags["blue1"]["blue"].probability < 1
    assert "red" not in tags["red1"], "an observed absence was overwritten"
    assert Previews(layout.index, 64).jpeg("h-red0")
    assert ModalityMeans.load(layout.index).sketch_source == "line_drawings"
    assert len(SearchIndex.load(layout.index)) == 12


def test_unchanged_previews_are_taken_over(tmp_path, settings):
    layout = make_project(tmp_path)
    stage.run(settings, layout)
    before = (layout.index / "vectors.npy").read_bytes()
    (tmp_path / "red0.png").unlink()  # not even opened again
    assert stage.run(settings, layout)["previews"] == {"made": 0, "reused": 12}
    assert (layout.index / "vectors.npy").read_bytes() == before


def test_without_a_chosen_tagger_only_known_tags_are_carried(tmp_path, settings):
    layout = make_project(tmp_path)
    layout.selection.unlink()
    assert stage.run(settings, layout)["tags_of_recipe"] is None
    gallery = Gallery.load(layout.index, NAMES)
    assert sum(len(row.tags) for row in gallery.pictures(range(12))) == 4


def test_an_encoder_that_changed_is_refused(tmp_path, settings, monkeypatch):
    layout = make_project(tmp_path)
    other = ColourEncoder()
    other.id = "colour-ffffffffffff"
    monkeypatch.setattr("project.encoder.build_encoder", lambda _config: other)
    with pytest.raises(InputError, match="run embed"):
        stage.run(settings, layout)


def test_a_photograph_that_vanished_is_named(tmp_path, settings):
    layout = make_project(tmp_path)
    (tmp_path / "red0.png").unlink()
    with pytest.raises(InputError, match=r"red0\.png"):
        stage.run(settings, layout)
    assert not layout.index.exists()
