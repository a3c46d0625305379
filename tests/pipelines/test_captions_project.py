"""Pictures and captions alone, from prepare to the report, with TagAlign among the recipes."""

import json
import shutil

import numpy as np
import pytest
import yaml

from components.captions.kept_captions import KeptCaptions
from components.errors import ArtefactError, InputError
from components.labels.tables import read_labels
from components.labels.vocabulary import Vocabulary
from components.models.tagger import Tagger
from efuda.new_project.captions import with_tagalign
from pipelines.calibrate import stage as calibrate
from pipelines.embed import stage as embed
from pipelines.evaluate import stage as evaluate
from pipelines.prepare import stage as prepare
from pipelines.pseudo_label import stage as pseudo_label
from pipelines.train import stage as train
from pipelines.tune import stage as tune
from project.layout import Layout
from project.settings import load_settings
from tests.efuda.called import call
from tests.projects.captions_project import (
    change_params,
    make_project,
    read_captions,
    write_captions,
)

WHOLE = (prepare, embed, tune, pseudo_label, train, calibrate, evaluate)

NAMES = [stage.__name__.split(".")[1] for stage in WHOLE]


def run(layout: Layout, *stages):
    settings = load_settings(layout.params)
    return [stage.run(settings, layout) for stage in stages]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project after all stages, and what each said."""
    layout = make_project(tmp_path_factory.mktemp("said") / "project")
    return layout, dict(zip(NAMES, run(layout, *WHOLE), strict=True))


@pytest.fixture
def project(finished, tmp_path) -> Layout:
    """A copy of it that a test may change."""
    shutil.copytree(finished[0].root, tmp_path / "project")
    return Layout(tmp_path / "project")


def test_what_captions_name_most_often_becomes_the_labels(finished):
    layout, said = finished
    assert set(Vocabulary.load(layout.vocabulary).names) == {"ball", "box", "book"}
    states = read_labels(layout.labels)["state"].to_pylist()
    assert set(states) == {1}
    assert len(states) == said["prepare"]["num_from_captions"]
    assert any("list those you want in source.vocabulary" in n for n in said["prepare"]["notes"])


def test_tagalign_is_tuned_trained_calibrated_and_evaluated_like_the_others(finished):
    layout, said = finished
    assert said["embed"]["captions"]["objects"] == 3
    assert said["embed"]["captions"]["attributes"] == 4
    kept = yaml.safe_load(layout.tuned.read_text())["methods"]["tagalign"]
    assert len(kept["tried"]) == 1  # fourteen hold-out images cannot tell more apart
    assert kept["settings"]["pool"] in {"best", "mean"}
    tagger = Tagger.load(layout.tagger("tagalign", 0))
    assert tagger.head.kind == "projected"
    assert layout.calibration("tagalign", 0).exists()
    figures = json.loads(layout.metrics.read_text())["test"]["tagalign"]
    assert 0 < figures["observed_mAP"]["mean"] <= 1


def test_nothing_is_done_again_where_nothing_changed(finished):
    layout, _ = finished
    before = layout.captions.read_bytes()
    embedded, trained = run(layout, embed, train)
    assert embedded["captions"] == {"status": "kept"}
    assert layout.captions.read_bytes() == before
    assert [row["status"] for row in trained["taggers"]] == ["kept", "kept", "kept"]


def test_one_new_caption_is_encoded_alone_and_only_tagalign_is_trained_again(project):
    rows = read_captions(project.root)
    rows[0]["caption"] = rows[0]["caption"].replace("A ", "A very old ")
    write_captions(project.root, rows)
    _, embedded, _, trained = run(project, prepare, embed, tune, train)
    assert embedded["captions"]["texts_encoded"] == 1
    assert [row["status"] for row in trained["taggers"]] == ["kept", "kept", "trained"]


def test_without_a_caption_recipe_no_caption_is_encoded(project):
    change_params(project, train={"recipes": ["zero_shot", "ignore_unknown"]})
    embedded, _, trained = run(project, embed, tune, train)
    assert "captions" not in embedded
    assert not project.captions.exists()
    assert len(trained["taggers"]) == 2
    change_params(project, train={"recipes": ["zero_shot", "tagalign"]})
    with pytest.raises(ArtefactError, match="efuda run embed"):
        run(project, tune)
    again, _, trained = run(project, embed, tune, train)
    assert again["captions"]["texts_encoded"] == 0
    assert [row["recipe"] for row in trained["taggers"]] == ["zero_shot", "tagalign"]


def test_captions_in_another_language_are_refused_with_the_first(project):
    rows = read_captions(project.root)
    write_captions(project.root, [{**row, "caption": "Ein Hund mit einem Ball."} for row in rows])
    with pytest.raises(InputError, match=r"None of the 70 captions can be read.*only English"):
        run(project, prepare)


def test_some_foreign_captions_are_counted(project):
    rows = read_captions(project.root)
    rows[0]["caption"] = rows[1]["caption"] = "Ein Hund mit einem roten Ball."
    write_captions(project.root, rows)
    prepared, embedded = run(project, prepare, embed)
    assert any("2 of them gave none" in note for note in prepared["notes"])
    assert embedded["captions"]["unread"] == {"not_english": 2}
    assert "2 not_english" in embedded["summary"][1]


def test_what_tagalign_lacks_is_said_before_anything_is_embedded(project):
    rows = read_captions(project.root)
    change_params(project, embed={"regions": False})
    with pytest.raises(InputError, match=r"embed\.regions to true"):
        run(project, embed)
    labelled = [{"image": r["image"], "labels": ["ball"], "split": r["split"]} for r in rows]
    write_captions(project.root, labelled)
    run(project, prepare)
    with pytest.raises(InputError, match="no training photograph has one"):
        run(project, embed)


def test_captions_fill_what_a_labelled_source_leaves_open_only_if_asked(project):
    rows = read_captions(project.root)
    rows[0] |= {"caption": "A ball and a box.", "labels": {"ball": -1, "book": 1}}
    write_captions(project.root, rows)
    change_params(project, source={"vocabulary": ["ball", "box", "book"]})

    def first() -> dict[str, int]:
        table = read_labels(project.labels).to_pylist()
        return {row["label"]: row["state"] for row in table if row["example_id"] == "000.png"}

    (report,) = run(project, prepare)
    assert (first(), report["num_from_captions"]) == ({"ball": -1, "book": 1}, 0)
    change_params(project, source={"labels_from_captions": True})
    run(project, prepare)
    assert first() == {"ball": -1, "box": 1, "book": 1}


def test_init_takes_captions_alone_and_compares_tagalign(tmp_path, finished, capsys):
    given = finished[0].root
    arguments = ["--images", str(given / "images"), "--captions", str(given / "captions.jsonl")]
    assert call("init", tmp_path / "made", *arguments) == 0
    assert "tagalign" in capsys.readouterr().out
    settings = load_settings(tmp_path / "made" / "params.yaml")
    assert settings.source.kind == "jsonl"
    assert settings.source.captions is None
    assert settings.train.recipes[-2:] == ("tagalign", "efuda")


def test_init_with_labels_compares_what_it_always_did(project):
    settings = load_settings(project.params)
    rows = read_captions(project.root)
    assert with_tagalign(settings, project.root) is not None
    rows[0]["labels"] = ["ball"]
    write_captions(project.root, rows)
    assert with_tagalign(settings, project.root) is None


def test_captions_of_other_images_are_refused(finished):
    kept = KeptCaptions.load(finished[0].captions)
    some = kept.of(kept.example_ids[3:1:-1])
    dense = kept.images.captions.matrix.dense([3, 2])
    np.testing.assert_array_equal(some.images.captions.matrix.dense([0, 1]), dense)
    assert some.fingerprint != kept.fingerprint
    with pytest.raises(ArtefactError, match="stranger first"):
        kept.of(("stranger",))
