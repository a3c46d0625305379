from pathlib import Path

from tests.pipelines.prepare.sources.written import read


def test_ones_and_zeros_are_pointed_out(project: Path) -> None:
    (project / "l.csv").write_text("image,cat,dog\na.jpg,1,0\n")
    assert "zero-absent" in read(project, "csv", "l.csv").notes[0]
    assert not read(project, "csv", "l.csv", encoding="zero-absent").notes
