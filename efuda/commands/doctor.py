"""`efuda doctor`."""

from pathlib import Path

from efuda.command_answer import Answer

FAULTS_FOUND = 2


def doctor() -> Answer:
    """Say what is missing, and what to do about it."""
    from efuda.checkup.examine import examine, finding_lines, is_ok

    findings = examine(Path())
    ok = is_ok(findings)
    report = {"ok": ok, "findings": [finding.as_json() for finding in findings]}
    return Answer(report, finding_lines(findings), 0 if ok else FAULTS_FOUND)
