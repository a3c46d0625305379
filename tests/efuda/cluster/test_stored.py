"""A project that goes by a DVC remote: what is refused, and what comes back."""

import io
import tarfile
from pathlib import Path

import pytest
import yaml

from components.errors import InputError
from efuda.cluster.shipment import Shipment
from efuda.cluster.small_results import pack_results, result_names, unpack_results
from efuda.cluster.store import dvc, find_store, owned_by_dvc, send
from efuda.cluster.stored import check_reachable, fetch_results, job_arguments, record_sent
from efuda.new_project.create import make_repository
from project.settings import Settings, parse_settings

GRAPH = {
    "stages": {
        "make": {
            "cmd": "true",
            "outs": ["data/big", {"reports/plots": {"cache": False}}],
            "metrics": [{"reports/headline.json": {"cache": False}}],
        }
    }
}
NOTHING = Shipment(files=(), num_bytes=0, left=(), num_uncommitted=0)


def settings_of(**sections: object) -> Settings:
    given = {
        "project": {"name": "birds"},
        "encoder": {"kind": "conse"},
        "source": {"kind": "coco", "images": "photos/images", "annotations": "labels.json"},
        **sections,
    }
    return parse_settings(given, "test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "birds"
    (root / ".dvc").mkdir(parents=True)
    (root / "dvc.yaml").write_text(yaml.safe_dump(GRAPH), encoding="utf-8")
    return root


@pytest.fixture
def project(folder: Path) -> Path:
    (folder / ".dvc").rmdir()
    make_repository(folder)
    return folder


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_without_targets_all_but_register_runs_there():
    assert job_arguments([], settings_of()) == (["evaluate", "index"], True)
    assert job_arguments(["--force"], settings_of()) == (["--force", "evaluate", "index"], True)
    assert job_arguments(["train"], settings_of()) == (["train"], False)
    with pytest.raises(InputError, match="register cannot run elsewhere"):
        job_arguments(["register"], settings_of())
    server = settings_of(registry={"tracking_uri": "http://mlflow:5000"})
    assert job_arguments([], server) == ([], False)
    assert job_arguments(["register"], server) == (["register"], False)


def test_what_neither_git_nor_dvc_keeps_is_refused(project):
    write(project, photos__images__a="1", **{"labels.json": "{}"})
    with pytest.raises(InputError, match=r"could not read photos/images, labels.json.*dvc add"):
        check_reachable(project, settings_of(), NOTHING)
    sent = Shipment(files=("labels.json",), num_bytes=2, left=(), num_uncommitted=0)
    with pytest.raises(InputError, match=r"could not read photos/images:"):
        check_reachable(project, settings_of(), sent)
    dvc(project, "add", "--quiet", "photos")
    check_reachable(project, settings_of(), sent)
    kept = owned_by_dvc(project, ["photos/images", "data/big/x", "reports/plots", "../elsewhere"])
    assert list(kept.values()) == [True, True, False, False]


def test_a_remote_is_found_with_its_folder(folder):
    with pytest.raises(InputError, match="no DVC remote 'store'"):
        find_store(folder, "store")
    # As DVC writes them: a relative path starts at .dvc.
    store, cloud = (
        "['remote \"store\"']\nurl = ../../store\n",
        "['remote \"cloud\"']\nurl = s3://b\n",
    )
    write(folder, **{".dvc/config": store + cloud})
    assert find_store(folder, "store").folder == str((folder.parent / "store").resolve())
    assert find_store(folder, "cloud").folder is None
    write(folder, **{".dvc/config": cloud + "secret_access_key = hunter2\n"})
    with pytest.raises(InputError, match="would be sent along") as fault:
        find_store(folder, "cloud")
    assert "hunter2" not in str(fault.value)


def test_small_results_travel_and_nothing_else_is_written(folder, tmp_path):
    assert result_names(folder) == ["dvc.lock", "reports/plots", "reports/headline.json"]
    there = tmp_path / "there"
    write(there, reports__plots__a="new", data__big="heavy", **{"dvc.yaml": yaml.safe_dump(GRAPH)})
    write(there, **{"dvc.lock": "lock", "reports/headline.json": "{}"})
    archive = tmp_path / "results.tar.gz"
    pack_results(there, archive)
    write(folder, reports__plots__old="old")
    assert unpack_results(archive, folder) == result_names(folder)
    assert (folder / "dvc.lock").read_text() == "lock"
    assert [path.name for path in (folder / "reports" / "plots").iterdir()] == ["a"]
    assert not (folder / "data").exists()


def test_an_archive_cannot_write_outside_the_folder(folder, tmp_path):
    archive = tmp_path / "bad.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        entry = tarfile.TarInfo("../outside")
        entry.size = 1
        file.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(InputError, match=r"'\.\./outside'.*not unpacked"):
        unpack_results(archive, folder)
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_an_archive_cannot_bring_links_and_devices(folder, tmp_path, kind):
    archive = tmp_path / "bad.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        entry = tarfile.TarInfo("dvc.lock")
        entry.type, entry.linkname = kind, "/etc/hostname"
        file.addfile(entry)
    with pytest.raises(InputError, match="no plain file"):
        unpack_results(archive, folder)


def test_results_are_fetched_once_and_never_over_newer_work(project, tmp_path):
    dvc(project, "remote", "add", "store", "../store")
    (project.parent / "store").mkdir()
    there = tmp_path / "there"
    write(there, **{"dvc.yaml": yaml.safe_dump(GRAPH), "dvc.lock": "schema: '2.0'\nstages: {}\n"})
    archive = tmp_path / "results.tar.gz"
    pack_results(there, archive)
    assert not fetch_results(project, "store", "efuda-1")
    send(project, "store", archive, "efuda-1")
    record_sent(project, "efuda-1")
    write(project, **{"dvc.lock": "schema: '2.0'\n"})
    with pytest.raises(InputError, match=r"dvc.lock has changed here since efuda-1"):
        fetch_results(project, "store", "efuda-1")
    (project / "dvc.lock").unlink()
    assert fetch_results(project, "store", "efuda-1")
    assert (project / "dvc.lock").read_text() == (there / "dvc.lock").read_text()
    assert not fetch_results(project, "store", "efuda-1")
    assert list((project / ".efuda" / "sent").iterdir()) == []
    with pytest.raises(InputError, match=r"`dvc push --remote none` failed: .*none"):
        dvc(project, "push", "--remote", "none")
