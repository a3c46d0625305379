import importlib.util
from pathlib import Path

import pytest
import yaml

from project.graph import dvc_yaml, is_drawn, stage_files
from project.reviewed import README
from project.settings import Settings, load_settings, parse_settings

ROOT = Path(__file__).parents[2]
COMMITTED = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo() -> Settings:
    return load_settings(ROOT / "params.yaml")


def test_the_committed_graph_is_what_the_generator_gives(demo):
    text = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    assert text == dvc_yaml(demo, drawn=True), "write it anew with python -m project.graph"
    assert is_drawn(text)


@pytest.mark.parametrize("stage", COMMITTED["stages"])
def test_every_command_names_a_module_that_exists(stage):
    interpreter, flag, module = COMMITTED["stages"][stage]["cmd"].split()[:3]
    assert (interpreter, flag) == ("python", "-m")
    assert importlib.util.find_spec(module) is not None


def test_every_parameter_is_a_key_of_the_file(demo):
    """DVC looks into params.yaml itself, where a default that is not written is missing."""
    written = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for stage in stage_files(demo):
        for param in stage.params:
            found = written
            for step in param.split("."):
                assert step in found, f"{stage.name}: {param}"
                found = found[step]


def test_what_a_stage_reads_is_given_or_written_by_an_earlier_one(demo):
    written: set[str] = set()
    for stage in stage_files(demo):
        given = {dep for dep in stage.deps if dep.startswith(("data/", "reports/"))}
        given -= {
            demo.source.images,
            demo.source.annotations,
            demo.source.captions,
            demo.source.sketches,
        }
        for dep in given:
            assert any(Path(dep).is_relative_to(out) for out in written), f"{stage.name}: {dep}"
        written |= {*stage.outs, *stage.kept, *stage.metrics, *stage.reports}


def test_only_evaluate_depends_on_hidden_labels(demo):
    hidden = "data/prepared/hidden_labels.parquet"
    readers = {
        stage.name
        for stage in stage_files(demo)
        if any(Path(hidden).is_relative_to(dep) for dep in stage.deps)
    }
    # validate counts rows of every table; it teaches nothing to anyone.
    assert readers <= {"evaluate", "validate"}


def test_a_local_checkpoint_is_a_dependency_of_embed():
    settings = parse_settings(
        {
            "project": {"name": "x"},
            "source": {"kind": "folder", "images": "../images"},
            "encoder": {"kind": "open_clip", "model": "local-dir:../weights"},
        },
        "test",
    )
    stages = {stage.name: stage for stage in stage_files(settings)}
    assert "../weights" in stages["embed"].deps
    assert "../images" in stages["prepare"].deps


def test_what_people_decided_is_a_dependency_of_prepare_that_exists(demo):
    prepare = next(stage for stage in stage_files(demo) if stage.name == "prepare")
    assert "reviewed" in prepare.deps
    assert (ROOT / "reviewed" / "README.md").read_text(encoding="utf-8") == README
