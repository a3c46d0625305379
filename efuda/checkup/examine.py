"""All that the doctor looks at, and how it tells what it found."""

from collections.abc import Sequence
from pathlib import Path

from components.findings import Finding, Status
from efuda.checkup.machine import machine_findings
from efuda.checkup.project import project_findings

_SIGNS = {
    Status.OK: "ok     ",
    Status.ADVICE: "advice ",
    Status.WARNING: "warning",
    Status.ERROR: "ERROR  ",
}


def examine(root: Path) -> list[Finding]:
    """Look at the machine, and at the project if there is one."""
    return [*machine_findings(root), *project_findings(root)]


def is_ok(findings: Sequence[Finding]) -> bool:
    """Whether nothing was found that stops a run."""
    return all(finding.status is not Status.ERROR for finding in findings)


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """The findings for people, each with what to do about it, and how many there are."""
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{_SIGNS[finding.status]} {finding.what}: {finding.detail}")
        if finding.remedy:
            lines.append(f"        → {finding.remedy}")
    num_errors = sum(finding.status is Status.ERROR for finding in findings)
    num_warnings = sum(finding.status is Status.WARNING for finding in findings)
    return [*lines, f"{num_errors} errors, {num_warnings} warnings"]
