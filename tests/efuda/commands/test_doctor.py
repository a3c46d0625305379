import json

from tests.efuda.called import call


def test_a_healthy_project_has_no_error(toy_project, capsys):
    assert call("doctor", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"]
    assert {"status", "what", "detail", "remedy"} == set(report["findings"][0])
    assert all(each["remedy"] for each in report["findings"] if each["status"] != "ok")


def test_a_missing_folder_of_images_is_an_error(toy_project, capsys):
    (toy_project.parent / "images").rmdir()
    assert call("doctor") == 2
    told = capsys.readouterr().out
    assert "ERROR   source.images: ../images does not exist" in told
    assert "1 errors" in told
