from bench.compare import Comparisons
from bench.table import markdown, tables


def test_the_table_marks_the_best_and_leaves_gaps(comparisons: Comparisons, tmp_path) -> None:
    (table,) = tables(comparisons)
    lines = markdown(table).splitlines()
    assert lines[0].startswith("| cards, mAP")
    assert lines[-1].startswith("| Efuda")
    assert "**" in lines[-1]
    assert "**" not in lines[2]
    assert len({len(line) for line in lines}) == 1
