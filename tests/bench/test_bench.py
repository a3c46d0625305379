"""`efuda bench` on a tiny world: complete, resumable, and clear about what is wrong."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bench import bench, runner
from bench import cell as cells
from bench.cell import Measured
from bench.grid import Grid
from bench.rows import Cell
from bench.world import Skipped, World
from components.errors import InputError
from examples.worlds import catalog
from tests.efuda.called import call

FEW = ["--method", "zero_shot", "--method", "ignore_unknown", "--method", "raw"]
PROTOCOLS = ["--protocol", "partial:0.3", "--protocol", "partial:0.6", "--protocol", "sketch"]
NUM_CELLS = 2 * (2 + 2 + 1)
CHEAP = ["--method", "zero_shot", "--protocol", "partial:0.3", "--seeds", "2", "--local"]


@pytest.fixture(autouse=True)
def one_world(monkeypatch, world_folder: Path) -> None:
    def make(name: str, out: Path, cards: Path | None = None) -> Path | Skipped:
        return world_folder if name == "cards" else Skipped(name, "its pictures are not here")

    monkeypatch.setattr(catalog, "make_world", make)


def run(out: Path, *more: str) -> int:
    return call("bench", *FEW, *PROTOCOLS, "--seeds", 2, "--local", "--out", out, *more)


def test_rows_table_page_and_plots(tmp_path: Path, capsys) -> None:
    lines = tmp_path / "rows.jsonl"
    assert (
        run(tmp_path / "out", "--json", str(lines), "--world", "cards", "--world", "coco256") == 0
    )
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    assert len(rows) == NUM_CELLS
    for row in rows:
        assert row["status"] == "ok"
        assert row["features"] == "cached"
        assert row["metrics"]
        assert row["mask_hash"]
        assert row["split_hash"]
        assert row["seconds"] >= 0
    assert {(r["world"], r["protocol"], r["method"], r["seed"]) for r in rows} == {
        ("cards", protocol, method, seed)
        for seed in (0, 1)
        for protocol, methods in {
            "partial:0.3": ("zero_shot", "ignore_unknown"),
            "partial:0.6": ("zero_shot", "ignore_unknown"),
            "sketch": ("raw",),
        }.items()
        for method in methods
    }
    printed = capsys.readouterr().out
    assert "| cards, mAP" in printed
    assert "World coco256 was left out: its pictures are not here." in printed
    page = (tmp_path / "out" / "bench.html").read_text()
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert not re.findall(r"url\((?!#)|@import|<script", page)
    assert not re.findall(r"https?://(?!www\.w3\.org/(?:2000/svg|1999/xlink))", page)
    plots = {path.name for path in (tmp_path / "out" / "plots").iterdir()}
    assert {"cards-mAP-partial.svg", "cards-mAP-intervals.svg"} <= plots


def test_finished_cells_are_not_measured_again(tmp_path: Path, monkeypatch) -> None:
    measured: list[Cell] = []
    real = cells.measure_cell

    def counted(cell: Cell, world: World, **marks: str) -> Measured:
        measured.append(cell)
        return real(cell, world, **marks)

    monkeypatch.setattr(cells, "measure_cell", counted)
    run(tmp_path)
    assert len(measured) == NUM_CELLS
    run(tmp_path)
    assert len(measured) == NUM_CELLS
    lost = sorted((tmp_path / "rows").iterdir())[3]
    lost.unlink()
    run(tmp_path)
    assert len(measured) == NUM_CELLS + 1
    assert lost.exists()


def test_rows_of_other_code_count_only_if_asked(tmp_path: Path, monkeypatch) -> None:
    def num_rows_after(*more: str) -> int:
        assert call("bench", *CHEAP, "--out", tmp_path, *more) == 0
        return len(list((tmp_path / "rows").iterdir()))

    assert num_rows_after() == 2
    for module in (bench, runner):
        monkeypatch.setattr(module, "code_version", lambda method: "other code")
    assert num_rows_after("--any-code") == 2
    assert num_rows_after() == 4


def fail_to_learn(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    """One method fails; the others learn."""
    real = cells.learn

    def learn(method: str, *task: Any, **more: Any) -> object:
        if method == "ignore_unknown":
            raise fault
        return real(method, *task, **more)

    monkeypatch.setattr(cells, "learn", learn)


def test_a_failure_ends_its_own_cell_only(tmp_path: Path, monkeypatch, capsys) -> None:
    fail_to_learn(monkeypatch, ZeroDivisionError("a fault of the method"))
    assert run(tmp_path) == 1
    assert "A cell failed" in capsys.readouterr().out
    told = [path.read_text() for path in (tmp_path / "failures").iterdir()]
    assert len(told) == 4
    assert all("a fault of the method" in text for text in told)
    monkeypatch.undo()


def test_a_method_that_does_not_apply_gives_a_row(tmp_path: Path, monkeypatch) -> None:
    fail_to_learn(monkeypatch, InputError("it reads region vectors and the images have none"))
    lines = tmp_path / "rows.jsonl"
    assert run(tmp_path, "--json", str(lines)) == 0
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    refused = [row for row in rows if row["status"] != "ok"]
    assert len(refused) == 4
    assert refused[0]["status"] == (
        "not applicable: it reads region vectors and the images have none"
    )
    assert "it reads region vectors" in (tmp_path / "bench.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--world", "mars"], "No world is called 'mars'; use cards"),
        (["--method", "magic"], "No method is called 'magic'; use"),
        (["--protocol", "half"], "'half' is not a way to hide labels"),
        (["--seeds", "0"], "--seeds is 0"),
        (["--at-once", "0"], "--at-once is 0"),
    ],
)
def test_wrong_names_are_refused_before_anything_is_made(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        call("bench", *arguments, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


PROGRAM = """
import sys
from pathlib import Path
from bench import cell as cells
from bench.grid import Grid
from bench import runner
from bench.runner import run_cells
import time
runner.code_version = lambda method: "pinned"  # the tree may be edited while this runs
real = cells.keep
def slowly(out, measured):
    real(out, measured)
    time.sleep(0.3)
cells.keep = slowly
grid = Grid(worlds={"cards": {"labels"}}, protocols=("partial:0.5",),
            methods=("zero_shot", "assume_negative", "ignore_unknown"), seeds=4)
failed = run_cells(grid.cells, {"cards": Path(sys.argv[1])}, Path(sys.argv[2]),
                   local=sys.argv[3] == "local")
sys.exit(len(failed))
"""


def start(world: Path, out: Path, way: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, str(world), str(out), way]
    return subprocess.Popen(command, start_new_session=True, cwd=Path(__file__).parents[3])


def rows_of(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (out / "rows").glob("*.json")}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["local", pytest.param("ray", marks=pytest.mark.ray)])
def test_a_killed_bench_goes_on(tmp_path: Path, world_folder: Path, way: str) -> None:
    process = start(world_folder, tmp_path, way)
    deadline_s = time.monotonic() + 120
    while len(rows_of(tmp_path)) < 3 and time.monotonic() < deadline_s:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(1)  # workers of a killed driver end themselves
    kept = rows_of(tmp_path)
    assert 3 <= len(kept) < 12
    assert start(world_folder, tmp_path, way).wait(timeout=200) == 0
    done = rows_of(tmp_path)
    assert len(done) == 12
    assert kept.items() <= done.items()


@pytest.mark.ray
@pytest.mark.slow
def test_ray_measures_what_one_process_measures(tmp_path: Path, world_folder: Path) -> None:
    grid = Grid(
        worlds={"cards": frozenset({"labels"})},
        protocols=("few:0.2",),
        methods=("entropy",),
        seeds=2,
    )
    for way in ("local", "ray"):
        failed = runner.run_cells(
            grid.cells, {"cards": world_folder}, tmp_path / way, local=way == "local"
        )
        assert not failed
    texts = [
        {
            path.name: json.loads(path.read_text())["metrics"]
            for path in (tmp_path / way / "rows").iterdir()
        }
        for way in ("local", "ray")
    ]
    assert texts[0] == texts[1]
    assert not (tmp_path / "ray" / ".tune").exists()
