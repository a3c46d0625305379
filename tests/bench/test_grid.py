from bench.grid import Grid, all_methods, kinds_of, protocols_of
from bench.protocols import DEFAULT
from examples.worlds.clip_vectors import bench_world
from tests.bench.proposals.made_world import made_world
from tests.bench.tiny_world import tiny_world


def test_the_plan_asks_each_world_what_it_has_data_for() -> None:
    grid = Grid(
        worlds={
            "cards": frozenset({"labels", "sketch"}),
            "pacs280": frozenset({"sketch"}),
            "clip_vitb16": frozenset({"proposals"}),
        },
        protocols=("few:0.1", "sketch", "proposals"),
        methods=all_methods(),
        seeds=2,
    )
    places = {(cell.world, cell.protocol) for cell in grid.cells}
    assert places == {
        ("cards", "few:0.1"),
        ("cards", "sketch"),
        ("pacs280", "sketch"),
        ("clip_vitb16", "proposals"),
    }
    assert [cell.seed for cell in grid.cells] == sorted(cell.seed for cell in grid.cells)


def test_only_worlds_with_statistics_are_asked_for_proposals() -> None:
    assert protocols_of(kinds_of(bench_world(made_world(), "made up")), DEFAULT) == ("proposals",)
    assert "proposals" not in protocols_of(kinds_of(tiny_world()), DEFAULT)
