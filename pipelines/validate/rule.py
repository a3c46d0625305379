"""What a rule is, and how a project changes its severity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from components.errors import InputError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One expectation.

    Attributes:
        name: What results and ``validation.severity`` call it.
        table: The table that it reads.
        expectation: The class of the expectation.
        arguments: Its arguments.
        severity: ``error`` stops the run.
        meaning: What holds when the rule is kept, as a sentence.
        advice: What to do when it is broken.
        shown: Columns that identify an offending row for a person.
    """

    name: str
    table: str
    expectation: str
    severity: Severity
    meaning: str
    advice: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    shown: tuple[str, ...] = ()


def with_severities(
    rules: Sequence[Rule], overrides: Mapping[str, Severity]
) -> tuple[tuple[Rule, Severity], ...]:
    """Each rule with the severity that holds in this project.

    Raises:
        InputError: If an override names no rule.
    """
    names = [rule.name for rule in rules]
    strangers = sorted(set(overrides) - set(names))
    if strangers:
        raise InputError(
            f"validation.severity in params.yaml names {strangers[0]!r}, which is no rule; "
            f"the rules are: {', '.join(names)}."
        )
    return tuple((rule, overrides.get(rule.name, rule.severity)) for rule in rules)
