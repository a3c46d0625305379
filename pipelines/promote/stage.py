"""Lets the challenger serve, if it is not worse than the champion."""

from dataclasses import dataclass
from pathlib import Path

from components.atomic import write_json
from components.data.examples import read_examples
from components.data.splits import split_hash
from components.errors import InputError
from pipelines.promote.decision import Decision
from pipelines.promote.gate import decide
from pipelines.promote.history import crown, return_to
from pipelines.promote.rollback import decide_rollback
from project.layout import Layout
from project.registry import WITHDRAWN_TAG, Registry, open_registry
from project.settings import Settings
from project.test_split_uses import times_decided


@dataclass(frozen=True, slots=True)
class Promotion:
    """A decision, its record, and where the record lies; None if nothing was decided anew."""

    decision: Decision
    record: dict[str, object]
    path: Path | None


def run(
    settings: Settings,
    layout: Layout,
    *,
    force: bool = False,
    rollback: bool = False,
    reason: str | None = None,
) -> Promotion:
    """Weigh the challenger against the champion, or return to the one before, and carry it out.

    Args:
        settings: The project's.
        layout: The project's.
        force: Promote whatever the figures say; ``reason`` says why.
        rollback: Return to the champion before this one instead.
        reason: Kept in the record where nothing is weighed.

    Raises:
        InputError: If there is nothing to decide about, or the two cannot be compared.
    """
    registry = open_registry(settings, layout)
    if rollback:
        decision = decide_rollback(registry, reason=reason)
    else:
        decision = decide(settings, layout, registry, reason=reason if force else None)
    split = split_hash(read_examples(layout.examples))
    record = decision.record(registry.model, split, times_decided(layout, split))
    return Promotion(decision, record, carry_out(decision, record, layout, registry))


def carry_out(
    decision: Decision, record: dict[str, object], layout: Layout, registry: Registry
) -> Path | None:
    """Write the record, then move the aliases; the path of the record.

    The record comes first: a move without one would be worse than a record of
    a move that failed, which the next call repeats.
    """
    if decision.outcome == "unchanged":
        return None
    stamp = str(record["decided_at"]).replace("+00:00", "Z").replace(":", "-")
    word = decision.outcome.replace(" ", "-")
    path = layout.decisions / f"{stamp}-version-{decision.challenger}-{word}.json"
    write_json(path, record)
    version = registry.numbered(decision.challenger)
    if version is None:
        raise InputError(f"Version {decision.challenger} was deleted meanwhile; try again.")
    registry.tag(
        version,
        {
            "efuda.decision": decision.outcome,
            "efuda.decision_reason": decision.reason,
            "efuda.decided_at": str(record["decided_at"]),
            "efuda.decided_by": str(record["decided_by"]),
        },
    )
    if decision.outcome == "promoted":
        registry.tag(version, {WITHDRAWN_TAG: ""})
        crown(registry, version)
    elif decision.outcome == "rolled back":
        withdrawn = registry.numbered(decision.champion or "")
        if withdrawn is not None:
            when = str(record["decided_at"])[:10]
            registry.tag(withdrawn, {WITHDRAWN_TAG: f"{decision.reason} ({when})"})
        return_to(registry, version)
    return path
