from pathlib import Path

import pytest

from efuda.new_project.create import create_project
from project.settings import parse_settings


@pytest.fixture
def toy_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project on an empty folder of images, and the current directory."""
    (tmp_path / "images").mkdir()
    settings = parse_settings(
        {
            "project": {"name": "toy"},
            "source": {"kind": "folder", "images": "../images"},
            "encoder": {"kind": "conse"},
        },
        "test",
    )
    create_project(tmp_path / "project", settings)
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"
