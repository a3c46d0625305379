import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from components.errors import InputError
from components.training.settings import Schedule
from project.graph import dvc_yaml, is_drawn, refuse_unwatched_source, stage_files
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


def test_dvc_shows_the_few_figures_and_pictures_that_need_no_script():
    shown = [path for stage in COMMITTED["stages"].values() for path in stage.get("metrics", [])]
    assert shown == [{"reports/headline.json": {"cache": False}}]
    assert all(plot.endswith(".svg") for plot in COMMITTED["plots"])


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


@pytest.mark.parametrize(
    "key",
    [
        *("train.use_gpu", "train.checkpoint_every", "tune.runner", "tune.max_concurrent"),
        *("embed.runner", "embed.ray_above", "embed.num_actors", "embed.num_threads"),
        *("embed.batch_size", "embed.use_gpu", "embed.shard_size"),
        *("serve.host", "serve.port", "registry.tolerance", "project.attribution"),
    ],
)
def test_where_and_how_fast_things_are_computed_runs_no_learning_again(demo, key):
    """Only the card of a new version may tell such a thing."""
    dependent = {
        stage.name
        for stage in stage_files(demo)
        if any(key == param or key.startswith(f"{param}.") for param in stage.params)
    }
    assert dependent <= ({"register"} if key == "project.attribution" else set())


@pytest.mark.parametrize(
    ("key", "stage"),
    [
        ("source.encoding", "prepare"),
        ("embed.regions", "embed"),
        ("train.epochs", "tune"),
        ("tune.seed", "tune"),
        ("train.lora_rank", "train"),
        ("train.num_workers", "train"),
        ("registry.model_name", "register"),
    ],
)
def test_what_changes_a_result_is_watched(demo, key, stage):
    params = next(each.params for each in stage_files(demo) if each.name == stage)
    assert any(key == param or key.startswith(f"{param}.") for param in params)


def test_a_search_does_not_depend_on_where_it_ran():
    schedule = Schedule(epochs=3, batch_size=8, learning_rate=0.1)
    elsewhere = replace(schedule, device="cuda", checkpoint_every=2)
    assert elsewhere.shaping == schedule.shaping
    assert replace(schedule, precision="float16").shaping != schedule.shaping


def test_a_source_that_the_graph_does_not_watch_is_refused(tmp_path, demo):
    (tmp_path / "dvc.yaml").write_text(dvc_yaml(demo, drawn=True), encoding="utf-8")
    refuse_unwatched_source(tmp_path, demo)
    source = demo.source.model_copy(update={"annotations": "data/cards/corrected.json"})
    moved = demo.model_copy(update={"source": source})
    with pytest.raises(InputError, match=r"corrected\.json, which dvc\.yaml does not watch"):
        refuse_unwatched_source(tmp_path, moved)
