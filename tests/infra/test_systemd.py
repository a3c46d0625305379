"""The unit of `efuda serve`."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from efuda.cli import app
from tests.infra.places import INFRA

UNIT = (INFRA / "efuda-serve.service").read_text(encoding="utf-8")
PROGRAM = "/opt/efuda/bin/efuda"
KNOWN = {
    "Unit": "Description After StartLimitIntervalSec StartLimitBurst",
    "Service": "Type User Group StateDirectory WorkingDirectory Environment ExecStart KillSignal "
    "KillMode TimeoutStopSec TimeoutStartSec Restart RestartSec UMask NoNewPrivileges "
    "CapabilityBoundingSet AmbientCapabilities ProtectSystem ProtectHome PrivateTmp PrivateMounts "
    "ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectControlGroups "
    "ProtectClock ProtectHostname RestrictNamespaces RestrictRealtime RestrictSUIDSGID "
    "LockPersonality RestrictAddressFamilies SystemCallArchitectures SystemCallFilter "
    "SystemCallErrorNumber LimitNOFILE",
    "Install": "WantedBy",
}


class _Parser(configparser.ConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


def check(text: str) -> None:
    # Directives may be said more than once.
    parser = _Parser(strict=False, interpolation=None)
    parser.read_string(text)
    unknown = {
        f"{section}.{name}"
        for section in parser.sections()
        for name in parser[section]
        if name not in KNOWN.get(section, "").split()
    }
    assert unknown == set()
    service = parser["Service"]
    assert service["User"] not in ("root", "0")
    assert service["NoNewPrivileges"] == "yes"
    # Its project is the one place that it may write to.
    assert service["ProtectSystem"] == "strict"
    assert service["WorkingDirectory"].startswith(f"/var/lib/{service['StateDirectory']}/")
    program, command, *options = service["ExecStart"].split()
    assert program == PROGRAM
    commands = get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue]
    taken = {name for each in commands[command].params for name in each.opts}
    assert {option for option in options if option.startswith("-")} <= taken


def test_the_unit_says_only_what_systemd_knows():
    check(UNIT)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("Restart=on-failure", "Restrat=on-failure"),
        ("[Install]", "[Instal]"),
        ("User=efuda", "User=root"),
        ("NoNewPrivileges=yes", "NoNewPrivileges=no"),
        ("--port 8000", "--prot 8000"),
        ("WorkingDirectory=/var/lib/efuda/project", "WorkingDirectory=/srv/efuda"),
    ],
)
def test_a_broken_unit_is_seen(good, bad):
    assert good in UNIT
    with pytest.raises((AssertionError, KeyError)):
        check(UNIT.replace(good, bad))


def verify(text: str, directory: Path) -> subprocess.CompletedProcess[str]:
    path = directory / "efuda-serve.service"
    path.write_text(text.replace(PROGRAM, sys.executable), encoding="utf-8")
    return subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_the_unit_and_refuses_a_broken_one(tmp_path):
    good = verify(UNIT, tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    assert "Restrat" in verify(UNIT.replace("Restart=", "Restrat="), tmp_path).stderr
