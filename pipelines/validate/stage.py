"""Stage validate: check the prepared data by rules, and show what it holds.

A broken rule of severity *error* stops the run, after the results and the page
are written. Labels hidden on purpose are not read.
"""

from collections.abc import Sequence
from typing import Any

from components.atomic import read_json, write_json, write_text
from components.errors import InputError
from pipelines.validate.checks import RuleResult, check
from pipelines.validate.frames import read_prepared, rule_frames
from pipelines.validate.page import data_page
from pipelines.validate.rule import with_severities
from pipelines.validate.rules import all_rules
from pipelines.validate.situation import read_situation
from pipelines.validate.statistics import counts_of, data_statistics
from project.layout import Layout
from project.settings import Settings
from project.stage_command import Report

SCHEMA_VERSION = 1


def run(settings: Settings, layout: Layout) -> Report:
    """Check the prepared data and write the data report."""
    rules = with_severities(
        all_rules(settings.validation.max_quarantined_share), settings.validation.severity
    )
    prepared = read_prepared(layout)
    results = check(rules, rule_frames(prepared, layout.root))
    statistics = data_statistics(prepared)
    prepare_report = _prepare_report(layout)
    situation = read_situation(
        prepared,
        from_captions=bool(prepare_report.get("num_from_captions")),
        min_positives=settings.calibrate.min_positives,
    )
    errors = [r for r in results if not r.success and r.severity == "error"]
    warnings = [r for r in results if not r.success and r.severity == "warning"]
    report: Report = {
        "schema_version": SCHEMA_VERSION,
        "success": not errors,
        "rules": [result.to_dict() for result in results],
        "counts": counts_of(statistics),
        "situation": situation.as_json(),
    }
    page = data_page(
        settings.project.name,
        results,
        statistics,
        prepared,
        root=layout.root,
        situation=situation.words,
        hidden=prepare_report.get("hide"),
        quarantine_path=layout.quarantine.relative_to(layout.root),
    )
    write_json(layout.validation_results, report)
    write_text(layout.validation_page, page)
    if errors:
        raise InputError(_stopped(errors, layout))
    told = situation.words.found[0]
    return {**report, "summary": [*_summary(results, warnings, layout), f"  {told}"]}


def _prepare_report(layout: Layout) -> dict[str, Any]:
    """What prepare reports of its work; empty where it left nothing."""
    return read_json(layout.prepare_report) if layout.prepare_report.exists() else {}


def _stopped(errors: Sequence[RuleResult], layout: Layout) -> str:
    lines = [f"{len(errors)} rule(s) that must hold are broken, so the run stops here."]
    for result in errors:
        lines.append(
            f"  {result.name}: {result.observed} break it. {result.meaning} {result.advice}"
        )
        lines += [f"    {example}" for example in result.examples[:3]]
    lines += [
        f"The whole report: {layout.validation_page}",
        "To go on in spite of a rule, set validation.severity.<rule>: warning in params.yaml.",
    ]
    return "\n".join(lines)


def _summary(
    results: Sequence[RuleResult], warnings: Sequence[RuleResult], layout: Layout
) -> list[str]:
    kept = sum(result.success for result in results)
    return [
        f"{kept} of {len(results)} rules kept, {len(warnings)} warnings; see {layout.validation_page}",
        *(f"  warning: {w.name}: {w.observed}. {w.advice}" for w in warnings),
    ]
