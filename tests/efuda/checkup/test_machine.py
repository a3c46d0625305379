import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.findings import Finding, Status
from efuda.checkup import machine


def found(root: Path, what: str) -> Finding:
    return next(each for each in machine.machine_findings(root) if each.what == what)


def test_this_machine_lacks_no_package(tmp_path: Path) -> None:
    assert found(tmp_path, "packages").status is Status.OK


def test_a_missing_package_is_named_as_an_installer_knows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "PACKAGES", {"no_such_module": "no-such-package"})
    finding = found(tmp_path, "no-such-package")
    assert finding.status is Status.ERROR
    assert "requirements.lock" in finding.remedy


def test_another_python_is_an_error_with_those_that_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "PYTHONS", ((2, 7), (3, 0)))
    finding = found(tmp_path, "Python")
    assert finding.status is Status.ERROR
    assert "2.7 or 3.0" in finding.remedy


def test_a_program_that_is_not_on_the_path_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found(tmp_path, "git").status is Status.ERROR


def test_little_memory_and_a_full_disk_are_warnings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=2**30)
    monkeypatch.setattr(os, "sysconf", lambda _: 2**15)  # pages × their size: one GiB
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    memory, disk = found(tmp_path, "memory"), found(tmp_path, "disk")
    assert (memory.status, disk.status) == (Status.WARNING, Status.WARNING)
    assert memory.detail == "1.0 GiB"
    assert disk.detail == "1.0 GiB free"
    assert memory.remedy
    assert disk.remedy


def test_a_folder_that_cannot_be_written_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The superuser of test machines may write anywhere.
    monkeypatch.setattr(machine.os, "access", lambda path, mode: (path, mode) != (tmp_path, 2))
    finding = found(tmp_path, "disk")
    assert finding.status is Status.ERROR
    assert str(tmp_path) in finding.detail
