import pytest

from components.data.examples import read_quarantine
from components.errors import InputError
from tests.projects.published_projects import make, prepared
from tests.projects.published_sets import write, write_nuswide


@pytest.fixture(autouse=True)
def no_repository(monkeypatch):
    """DVC takes a second to make one, and test_create.py sees that it does."""
    monkeypatch.setattr("efuda.new_project.create.make_repository", lambda directory: None)


def test_bad_lines_of_nuswide_are_set_aside_and_lost_lines_stop(tmp_path):
    data = write_nuswide(tmp_path / "nus")
    labels = data / "Groundtruth" / "TrainTestLabels" / "Labels_clouds_Train.txt"
    write(labels, "0\n1\n?\n1\n1\n0\n")
    listing = data / "ImageList" / "TrainImagelist.txt"
    lines = listing.read_text("utf-8").split("\n")
    write(listing, "\n".join([lines[0], "../../etc/passwd.jpg", *lines[2:]]))
    layout = make(tmp_path / "a", "nuswide-official-single-positive", data)
    prepared(layout)
    faults = {fault.reason: fault.detail for fault in read_quarantine(layout.quarantine)}
    assert set(faults) == {"bad_row", "path_outside_root"}
    assert "line 3 is '?', neither 0 nor 1; 1 cell(s) of 'clouds'" in faults["bad_row"]
    write(labels, "0\n1\n")
    with pytest.raises(InputError, match=r"has 2 lines but TrainImagelist.txt names 6 images"):
        make(tmp_path / "b", "nuswide-official-single-positive", data)
    labels.unlink()
    with pytest.raises(InputError, match=r"Labels_clouds_Train.txt is not in"):
        make(tmp_path / "b", "nuswide-official-single-positive", data)
    assert not (tmp_path / "b").exists()
