"""What goes along with a job."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from components.errors import InputError
from efuda.cluster import shipment
from efuda.cluster.shipment import pack, shipment_lines, shipment_of


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "birds"
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    for name, text in {
        "params.yaml": "a: 1",
        "reviewed/README.md": "words",
        ".gitignore": "/data/\n",
        "data/big.npy": "x" * 1000,
        ".dvc/.gitignore": "/config.local\n",
        ".dvc/config": "[core]",
        ".dvc/config.local": "password = hunter2",
        ".env": "TOKEN=1",
        "keys/server.pem": "secret",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / "link").symlink_to("/etc/hostname")
    return root


def test_what_git_would_track_goes_and_no_secret(project, tmp_path):
    found = shipment_of(project)
    assert set(found.files) == {
        "params.yaml",
        "reviewed/README.md",
        ".gitignore",
        ".dvc/.gitignore",
        ".dvc/config",
    }
    assert set(found.left) == {".dvc/config.local", ".env", "keys/server.pem", "link"}
    assert found.num_bytes == sum((project / name).stat().st_size for name in found.files)
    with tarfile.open(pack(found, project, tmp_path)) as archive:
        assert sorted(archive.getnames()) == sorted(found.files)
    told = "\n".join(shipment_lines(found))
    assert ".dvc/config.local" in told
    assert "differ from the last commit" in told


def test_after_a_commit_nothing_differs_and_a_change_goes_as_it_is(project):
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "add", "-A"], cwd=project, check=True)
    subprocess.run([*git, "commit", "-qm", "all"], cwd=project, check=True)
    assert shipment_of(project).num_uncommitted == 0
    # Also what is tracked by mistake stays here.
    assert ".env" in shipment_of(project).left
    (project / "params.yaml").write_text("a: 2", encoding="utf-8")
    assert shipment_of(project).num_uncommitted == 1


def test_too_much_is_refused_with_the_largest_files(project, monkeypatch):
    monkeypatch.setattr(shipment, "MAX_BYTES", 10)
    with pytest.raises(InputError, match=r"the largest: \.dvc/\.gitignore .*`dvc add`"):
        shipment_of(project)


def test_outside_a_repository_git_says_so(tmp_path):
    with pytest.raises(InputError, match="git cannot list"):
        shipment_of(tmp_path)
