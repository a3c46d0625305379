"""`efuda doctor`: says what is missing, and what to do about it."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from efuda.commands.doctor.findings import Finding, Status
from efuda.commands.doctor.machine import machine_findings
from efuda.commands.doctor.project import project_findings

_SIGNS = {Status.OK: "ok     ", Status.WARNING: "warning", Status.ERROR: "ERROR  "}
FAULTS_FOUND = 2


def examine(root: Path) -> list[Finding]:
    """Look at the machine, and at the project if there is one."""
    return [*machine_findings(root), *project_findings(root)]


def _lines(findings: Sequence[Finding]) -> list[str]:
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{_SIGNS[finding.status]} {finding.what}: {finding.detail}")
        if finding.remedy:
            lines.append(f"        → {finding.remedy}")
    num_errors = sum(finding.status is Status.ERROR for finding in findings)
    num_warnings = sum(finding.status is Status.WARNING for finding in findings)
    lines.append(f"{num_errors} errors, {num_warnings} warnings")
    return lines


def main(arguments: Sequence[str]) -> int:
    """Entry point of `efuda doctor`."""
    parser = argparse.ArgumentParser(prog="efuda doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    findings = examine(Path())
    ok = all(finding.status is not Status.ERROR for finding in findings)
    if options.json:
        report = {"ok": ok, "findings": [finding.as_json() for finding in findings]}
        print(json.dumps(report, ensure_ascii=False))
    else:
        print("\n".join(_lines(findings)))
    return 0 if ok else FAULTS_FOUND
