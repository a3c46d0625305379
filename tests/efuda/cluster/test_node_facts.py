import ast
import sys
from pathlib import Path

from efuda.cluster import node_facts


def question(root: Path) -> dict[str, object]:
    return {"project": str(root), "files": ["photos", "labels.csv"], "folders": [str(root)]}


def test_a_node_tells_what_it_sees(tmp_path):
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "photos").mkdir()
    (tmp_path / "params.yaml").write_text("a: 1", encoding="utf-8")
    facts = node_facts.node_facts(question(tmp_path), None)
    assert facts["project"]
    assert facts["missing"] == ["labels.csv"]
    assert facts["params"] is not None
    assert facts["python"] == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_a_mark_that_another_node_wrote_must_be_seen(tmp_path):
    (tmp_path / "dvc.yaml").touch()
    mark = node_facts._write_mark(str(tmp_path))
    assert mark is not None
    assert node_facts.node_facts(question(tmp_path), mark)["same_place"]
    Path(mark).unlink()
    assert not node_facts.node_facts(question(tmp_path), mark)["same_place"]


def test_where_there_is_no_project_nothing_is_written(tmp_path):
    assert node_facts._write_mark(str(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []
    assert not node_facts.node_facts(question(tmp_path), None)["project"]


def test_the_file_that_is_sent_needs_nothing_of_efuda():
    tree = ast.parse(Path(node_facts.__file__).read_text(encoding="utf-8"))
    named = [
        name
        for each in ast.walk(tree)
        if isinstance(each, ast.Import | ast.ImportFrom)
        for name in (
            [each.module]
            if isinstance(each, ast.ImportFrom)
            else [alias.name for alias in each.names]
        )
    ]
    roots = {str(name).split(".")[0] for name in named} - {"ray"}
    assert roots <= sys.stdlib_module_names
