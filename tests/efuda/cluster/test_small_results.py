from pathlib import Path

import yaml

from efuda.cluster.small_results import pack_results, result_names, unpack_results

STAGE = {
    "cmd": "true",
    "outs": ["data/kept", {"reports/plots": {"cache": False}}],
    "metrics": [{"reports/metrics.json": {"cache": False}}],
}


def project(root: Path) -> Path:
    root.mkdir()
    graph = yaml.safe_dump({"stages": {"evaluate": STAGE}})
    (root / "dvc.yaml").write_text(graph, encoding="utf-8")
    return root


def test_what_git_keeps_comes_back_and_nothing_else(tmp_path):
    there, here = project(tmp_path / "there"), project(tmp_path / "here")
    assert result_names(there) == ["dvc.lock", "reports/plots", "reports/metrics.json"]
    (there / "reports" / "plots").mkdir(parents=True)
    for name in ("dvc.lock", "reports/plots/a.csv", "reports/metrics.json", "other.txt"):
        (there / name).write_text("there", encoding="utf-8")
    (here / "reports" / "plots").mkdir(parents=True)
    (here / "reports" / "plots" / "old.csv").touch()
    archive = tmp_path / "results.tar.gz"
    pack_results(there, archive)
    assert unpack_results(archive, here) == result_names(here)
    found = {path.relative_to(here).as_posix() for path in here.rglob("*") if path.is_file()}
    assert found == {"dvc.yaml", "dvc.lock", "reports/plots/a.csv", "reports/metrics.json"}
