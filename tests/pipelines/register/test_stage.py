from pathlib import Path

import pytest

from components.atomic import read_json, write_text
from components.errors import ArtefactError
from pipelines.register.stage import flattened, logged_settings
from project.layout import Layout
from project.registry import CHALLENGER, Registry, open_registry
from project.settings import load_settings
from serving.release import released_bundle
from tests.projects.registered_project import evaluated_project, put_tagger, register_here


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    layout = evaluated_project(tmp_path_factory.mktemp("project"))
    write_text(layout.report_page, "the report")
    write_text(layout.plots / "reliability.csv", "probability,share_present")
    return layout


@pytest.fixture(scope="module")
def first(layout: Layout) -> dict[str, object]:
    return register_here(layout)


def registry_of(layout: Layout) -> Registry:
    return open_registry(load_settings(layout.params), layout)


def bundle_of(layout: Layout, number: str) -> Path:
    version = registry_of(layout).numbered(number)
    assert version is not None
    return version.bundle


def test_the_first_bundle_becomes_version_1_and_challenger(layout, first):
    assert (first["version"], first["is_new"]) == ("1", True)
    holder = registry_of(layout).holder(CHALLENGER)
    assert holder is not None
    assert holder.bundle_version == first["bundle"]
    assert read_json(layout.registered)["bundle"] == first["bundle"]


def test_the_artefact_holds_the_whole_bundle_and_its_card(layout, first):
    bundle = bundle_of(layout, "1")
    assert bundle.is_relative_to(layout.root / "mlartifacts")
    assert read_json(bundle / "bundle.json")["version"] == first["bundle"]
    card = (bundle / "README.md").read_text(encoding="utf-8")
    assert "vlpl" in card
    assert "0.800 [0.700, 0.900]" in card
    assert "licence" in card
    assert not list((layout.root / "mlartifacts").rglob("*.pkl"))


def test_the_service_finds_the_registered_bundle(layout, first):
    release = released_bundle(registry_of(layout))
    assert release.directory == bundle_of(layout, "1")
    assert "challenger" in release.title


def test_the_same_bundle_again_makes_no_new_version(layout, first):
    again = register_here(layout)
    assert (again["version"], again["is_new"]) == ("1", False)
    assert again["bundle"] == first["bundle"]


def test_figures_and_settings_are_logged(layout, first):
    from mlflow.tracking import MlflowClient

    registry = registry_of(layout)
    client = MlflowClient(registry.uri)
    experiment = client.get_experiment_by_name(registry.experiment)
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])
    assert len(found) == 1
    assert found[0].data.metrics["test.vlpl.mAP.mean"] == pytest.approx(0.8)
    assert found[0].data.params["train.epochs"] == "6"
    assert found[0].data.tags["efuda.recipe"] == "vlpl"


def test_report_and_plots_are_kept_with_the_run(layout, first):
    from mlflow.tracking import MlflowClient

    registry = registry_of(layout)
    client = MlflowClient(registry.uri)
    [experiment] = client.search_experiments(filter_string=f"name = '{registry.experiment}'")
    [run] = client.search_runs([experiment.experiment_id])
    found = [each.path for each in client.list_artifacts(run.info.run_id)]
    assert sorted(found) == ["plots", "report.html"]
    folder = Path(client.download_artifacts(run.info.run_id, "plots"))
    assert [path.name for path in folder.iterdir()] == ["reliability.csv"]


def test_no_password_is_logged(layout):
    secret = "http://me:s3cret@host:5000"
    settings = load_settings(layout.params)
    changed = settings.model_copy(
        update={
            "registry": settings.registry.model_copy(update={"tracking_uri": secret}),
            "source": settings.source.model_copy(update={"images": f"{secret}/images"}),
        }
    )
    logged = logged_settings(changed)
    assert "registry.tracking_uri" not in logged
    assert logged["source.images"] == "http://…@host:5000/images"
    assert "s3cret" not in str(logged)


def test_another_tagger_is_another_version(tmp_path):
    layout = evaluated_project(tmp_path)
    register_here(layout)
    put_tagger(layout, noise=0.1)
    assert register_here(layout)["version"] == "2"


def test_an_index_of_another_encoder_is_refused(tmp_path):
    layout = evaluated_project(tmp_path)
    (layout.index / "index.json").write_text('{"encoder_id": "other"}', encoding="utf-8")
    with pytest.raises(ArtefactError, match="other"):
        register_here(layout)


def test_nested_settings_become_dotted_keys():
    assert flattened({"a": {"b": 1, "c": {"d": 2}}, "e": 3}) == {"a.b": 1, "a.c.d": 2, "e": 3}
