from pathlib import Path

import pytest

import efuda
from components.data.examples import Quarantined, write_quarantine
from components.labels.tables import read_labels
from project.settings import params_yaml
from tests.projects import synthetic


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    layout = synthetic.make_project(tmp_path / "project", num_images=40)
    layout.params.write_text(params_yaml(synthetic.settings_of()), encoding="utf-8")
    return layout.root


@pytest.fixture
def project(directory) -> efuda.Project:
    return efuda.Project(directory)


def test_a_directory_that_is_no_project_is_refused(tmp_path):
    with pytest.raises(efuda.InputError, match="not an Efuda project"):
        efuda.Project(tmp_path)


def test_what_no_stage_wrote_yet_names_the_stage(tmp_path):
    (tmp_path / "params.yaml").write_text(params_yaml(synthetic.settings_of()), encoding="utf-8")
    project = efuda.Project(str(tmp_path))
    for name, stage in [
        ("examples", "prepare"),
        ("labels", "prepare"),
        ("label_matrix", "prepare"),
        ("quarantine", "prepare"),
        ("proposals", "pseudo_label"),
        ("taggers", "train"),
    ]:
        with pytest.raises(efuda.ArtefactError, match=f"efuda run {stage}"):
            getattr(project, name)
    with pytest.raises(efuda.ArtefactError, match=r"metrics\.json"):
        _ = project.metrics
    with pytest.raises(efuda.InputError, match="No version of"):
        project.open_bundle()
    assert not (tmp_path / "mlflow.db").exists()


def test_the_matrix_holds_the_cells_of_the_table(project):
    matrix = project.label_matrix
    assert matrix.index.tolist() == project.examples.id.tolist()
    assert tuple(matrix.columns) == project.vocabulary
    known = matrix.stack()
    known = known[known != 0]
    table = read_labels(project.layout.labels).to_pandas().set_index(["example_id", "label"]).state
    assert known.sort_index().tolist() == table.sort_index().tolist()


def test_what_embed_set_aside_is_in_quarantine_too(project):
    before = len(project.quarantine)
    row = Quarantined(path="images/late.jpg", reason="truncated", detail="it changed")
    write_quarantine(project.layout.embed_quarantine, [row])
    assert len(project.quarantine) == before + 1
    assert project.quarantine.path.iloc[-1] == "images/late.jpg"


def test_a_run_in_between_shows(project):
    assert len(project.examples) == 40
    synthetic.make_project(project.layout.root, num_images=50)
    assert len(project.examples) == 50


def test_it_says_where_it_is(project, directory):
    assert repr(project) == f"Project({str(directory)!r})"
