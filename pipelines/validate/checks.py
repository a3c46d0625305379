"""Runs the rules through Great Expectations and brings the results into one form."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from pipelines.validate.rule import Rule, Severity

NUM_EXAMPLES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleResult:
    """Whether a rule is kept.

    Attributes:
        name: The rule.
        severity: What a broken rule does in this project.
        success: Whether it is kept.
        observed: What was counted, for a person.
        unexpected_count: Rows or groups that break it.
        examples: The first few of them.
        meaning: What holds when it is kept.
        advice: What to do when it is not.
    """

    name: str
    severity: Severity
    success: bool
    observed: str
    unexpected_count: int
    examples: tuple[str, ...]
    meaning: str
    advice: str

    def to_dict(self) -> dict[str, object]:
        """As it stands in validation.json."""
        return {**asdict(self), "examples": list(self.examples)}


def check(
    rules: Sequence[tuple[Rule, Severity]], frames: Mapping[str, pd.DataFrame]
) -> list[RuleResult]:
    """Run every rule on its table.

    Great Expectations is imported here: it takes seconds, and nothing else in
    the project needs it.
    """
    raw: dict[str, dict[str, Any]] = {}
    for table in dict.fromkeys(rule.table for rule, _ in rules):
        own = [rule for rule, _ in rules if rule.table == table]
        raw |= _validate(own, frames[table])
    return [_result(rule, severity, raw[rule.name], frames[rule.table]) for rule, severity in rules]


def _validate(rules: Sequence[Rule], frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Raw results of the rules on one table, by rule name."""
    import great_expectations as gx
    import great_expectations.expectations as stock
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from pipelines.validate import group_expectation

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("memory")
    batch = source.add_dataframe_asset("table").add_batch_definition_whole_dataframe("whole")
    suite = context.suites.add(gx.ExpectationSuite(name="rules"))
    for rule in rules:
        kind = getattr(stock, rule.expectation, None) or getattr(
            group_expectation, rule.expectation
        )
        suite.add_expectation(kind(**rule.arguments, meta={"rule": rule.name}))
    definition = gx.ValidationDefinition(name="table", data=batch, suite=suite)
    context.validation_definitions.add(definition)
    outcome = definition.run(
        batch_parameters={"dataframe": frame.reset_index(drop=True)},
        result_format={"result_format": "SUMMARY", "partial_unexpected_count": NUM_EXAMPLES},
    )
    told = outcome.to_json_dict()
    assert isinstance(told, dict)
    return {result["expectation_config"]["meta"]["rule"]: result for result in told["results"]}


def _result(rule: Rule, severity: Severity, raw: dict[str, Any], frame: pd.DataFrame) -> RuleResult:
    success = bool(raw["success"])
    count, examples = (0, ()) if success else _offenders(rule, raw.get("result") or {}, frame)
    return RuleResult(
        name=rule.name,
        severity=severity,
        success=success,
        observed=_observed(success, count, frame, raw),
        unexpected_count=count,
        examples=examples,
        meaning=rule.meaning,
        advice=rule.advice,
    )


def _offenders(
    rule: Rule, details: dict[str, Any], frame: pd.DataFrame
) -> tuple[int, tuple[str, ...]]:
    """How many rows break the rule, and the first of them in words."""
    if "partial_unexpected_index_list" in details:
        rows = frame.iloc[details["partial_unexpected_index_list"][:NUM_EXAMPLES]]
        return int(details["unexpected_count"]), _in_words(rows, rule.shown)
    if "partial_unexpected_list" in details:
        found = details["partial_unexpected_list"][:NUM_EXAMPLES]
        return int(details["unexpected_count"]), tuple(map(str, found))
    if "observed_value" in details:  # a table that should have no row
        return len(frame), _in_words(frame.head(NUM_EXAMPLES), rule.shown)
    return 0, ()


def _in_words(rows: pd.DataFrame, columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        ", ".join(f"{name} {_short(row[name])}" for name in columns) for _, row in rows.iterrows()
    )


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    text = str(value)
    return text if len(text) <= 120 else text[:117] + "..."


def _observed(success: bool, count: int, frame: pd.DataFrame, raw: dict[str, Any]) -> str:
    if success:
        return f"all {len(frame):,} rows" if len(frame) else "no rows"
    fault = raw.get("exception_info") or {}
    messages = [
        str(part.get("exception_message"))
        for part in (fault, *fault.values())
        if isinstance(part, dict) and part.get("exception_message")
    ]
    if messages:
        return f"could not be checked: {messages[0]}"
    return f"{count:,}" if count == len(frame) else f"{count:,} of {len(frame):,}"
