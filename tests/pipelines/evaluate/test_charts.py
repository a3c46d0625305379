"""The plots of the report: every recipe in its own colour, the served one in front."""

import csv
import json

import pytest

from components.methods.catalog import METHODS
from components.models.tagger import Tagger
from pipelines.calibrate import stage as calibrate
from pipelines.evaluate import stage as evaluate
from project.layout import Layout
from tests.projects.synthetic import NOISE, make_project, settings_of

PLOTS = ("per_class_ap", "pr_curve", "reliability")
FIVE = (*NOISE, "efuda")


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A project with five recipes, of which the last in the catalog is served."""
    layout = make_project(tmp_path_factory.mktemp("five"), num_images=120)
    one = Tagger.load(layout.tagger("vlpl", 0))
    Tagger(
        recipe="efuda",
        seed=0,
        encoder_id=one.encoder_id,
        vocabulary=one.vocabulary,
        head=one.head,
    ).save(layout.tagger("efuda", 0))
    calibrate.run(settings_of(), layout)
    selection = json.loads(layout.selection.read_text())
    layout.selection.write_text(json.dumps({**selection, "recipe": "efuda", "seed": 0}))
    evaluate.run(settings_of(), layout)
    return layout


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("recipe", FIVE)
def test_every_plot_shows_every_recipe_in_its_own_colour(five: Layout, name: str, recipe: str):
    drawn = (five.plots / f"{name}.svg").read_text()
    row = METHODS[recipe]
    assert row.title in drawn
    assert row.colour.light in drawn
    assert row.colour.dark in drawn
    with (five.plots / f"{name}.csv").open() as file:
        assert recipe in {line["recipe"] for line in csv.DictReader(file)}


@pytest.mark.parametrize("recipe", FIVE)
def test_the_page_has_the_colours_of_the_catalog(five: Layout, recipe: str):
    page = five.report_page.read_text()
    colour = METHODS[recipe].colour
    assert f"--method-{recipe}: {colour.light};" in page
    assert f"--method-{recipe}: {colour.dark};" in page
    assert page.count(colour.light) > 3
