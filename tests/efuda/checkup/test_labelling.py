import numpy as np

from components.atomic import write_json
from components.findings import Status
from components.labels.matrix import LabelMatrix
from components.labels.tables import matrix_to_table, read_labels, write_labels
from components.labels.vocabulary import Vocabulary
from efuda.checkup.examine import finding_lines, is_ok
from efuda.checkup.labelling import labelling_findings
from project.layout import Layout
from tests.projects.synthetic import make_project


def test_before_prepare_there_is_nothing_to_advise(tmp_path):
    assert labelling_findings(tmp_path) == []


def test_what_is_short_is_told_in_order_each_with_a_step(tmp_path):
    layout = make_project(tmp_path, num_images=40)
    found = labelling_findings(tmp_path)
    assert all(each.status is Status.ADVICE for each in found)
    assert "the hold-out has 8 photographs; add photographs" in found[0].detail
    assert "fewer than 3 positives" in found[1].detail
    assert "efuda labels import decisions.csv" in found[1].remedy
    assert "such as photo-" in found[1].remedy
    lines = finding_lines(found)
    assert lines[0].startswith("advice  labelling: ")
    assert lines[-1] == "0 errors, 0 warnings"
    assert is_ok(found)
    nothing = LabelMatrix((), Vocabulary.load(layout.vocabulary), np.zeros((0, 10), np.int8))
    write_labels(layout.labels, matrix_to_table(nothing))
    told = [each.detail for each in labelling_findings(tmp_path)]
    assert told[0].startswith("label 8 more hold-out photographs (0 are, 30 would do)")
    assert any(each.startswith("label 24 training photographs") for each in told)


def test_damaged_tables_are_an_error_with_what_to_do(tmp_path):
    layout = make_project(tmp_path, num_images=20)
    assert read_labels(layout.labels).num_rows
    layout.labels.write_bytes(b"no table")
    [finding] = labelling_findings(tmp_path)
    assert finding.status is Status.ERROR
    assert "prepare" in finding.remedy
    write_json(layout.vocabulary, {})
    assert labelling_findings(Layout(tmp_path).root)[0].status is Status.ERROR
