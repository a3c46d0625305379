from pathlib import Path

import pytest

from pipelines.prepare.sources.catalog import read_source
from pipelines.prepare.sources.paths import unread_files
from project.settings.source import SourceSettings
from tests.pipelines.prepare.sources.written import read, reasons, write_coco


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "sub/../../x.jpg", "a\0.jpg"])
def test_paths_that_leave_the_folder_of_images(project: Path, name: str) -> None:
    write_coco(project, images=[{"id": 1, "file_name": name}], annotations=[])
    source = read(project, "coco", "coco.json", include_unlisted=False)
    assert reasons(source) == ["path_outside_root"]
    assert not source.records


def test_an_absolute_path_below_the_folder_is_fine(project: Path) -> None:
    inside = str(project / "images" / "sub" / "c.jpg")
    write_coco(project, images=[{"id": 1, "file_name": inside}])
    source = read_source(
        SourceSettings(
            kind="coco", images=str(project / "images"), annotations=str(project / "coco.json")
        )
    )
    assert source.records[0].path == inside
    assert not source.faults


def test_files_that_are_not_read_are_listed_by_extension(project: Path) -> None:
    for name in ("x.PSD", "sub/y.psd", "raw", "notes.txt", ".hidden.psd", "labels.json"):
        (project / "images" / name).write_bytes(b"1")
    assert unread_files(project / "images") == {"(none)": ["raw"], ".psd": ["sub/y.psd", "x.PSD"]}
