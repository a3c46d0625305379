"""`efuda promote`: let the challenger serve, if it is not worse than the champion."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from components.atomic import write_json
from components.data.examples import read_examples
from components.errors import InputError
from pipelines.promote.decision import Decision, decide, decide_rollback
from project.layout import Layout
from project.registry import CHAMPION, PREVIOUS, Registry, open_registry
from project.settings import load_settings
from project.test_split import split_hash

REFUSED = 2
NUM_REGRESSIONS_SHOWN = 5


def carry_out(decision: Decision, layout: Layout, registry: Registry) -> Path | None:
    """Write the record, then move the aliases; the path of the record.

    The record comes first: a move without one would be worse than a record of
    a move that failed, which the next call repeats.
    """
    if decision.outcome == "unchanged":
        return None
    split = split_hash(read_examples(layout.examples))
    record = decision.record(registry.model, split)
    stamp = str(record["decided_at"]).replace("+00:00", "Z").replace(":", "-")
    word = decision.outcome.replace(" ", "-")
    path = layout.decisions / f"{stamp}-version-{decision.challenger}-{word}.json"
    write_json(path, record)
    version = registry.numbered(decision.challenger)
    registry.tag(
        version,
        {
            "efuda.decision": decision.outcome,
            "efuda.decision_reason": decision.reason,
            "efuda.decided_at": str(record["decided_at"]),
            "efuda.decided_by": str(record["decided_by"]),
        },
    )
    if decision.moves_champion:
        if decision.champion is not None:
            registry.point(PREVIOUS, registry.numbered(decision.champion))
        registry.point(CHAMPION, version)
    return path


def _lines(decision: Decision, model: str, path: Path | None) -> list[str]:
    lines = [f"{model} version {decision.challenger}: {decision.outcome}. {decision.reason}"]
    if decision.comparison and decision.comparison.regressions:
        worst = decision.comparison.regressions
        shown = ", ".join(
            f"{each.label} {100 * each.champion:.1f} → {100 * each.challenger:.1f}"
            for each in worst[:NUM_REGRESSIONS_SHOWN]
        )
        lines.append(f"{len(worst)} labels got worse, most of all (AP %): {shown}")
    if decision.outcome == "refused":
        lines.append("The champion stays. To decide otherwise: --force --reason TEXT.")
    if path is not None:
        lines.append(f"Record: {path}")
    return lines


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="efuda promote", description=__doc__)
    parser.add_argument("--force", action="store_true", help="promote whatever the figures say")
    parser.add_argument("--reason", help="why; kept in the record (needed with --force)")
    parser.add_argument(
        "--rollback", action="store_true", help="return to the champion before this one"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    if options.force and not (options.reason or "").strip():
        raise InputError("--force needs --reason TEXT: the record must say why.")
    if options.force and options.rollback:
        raise InputError("--force and --rollback exclude each other.")
    return options


def main(arguments: Sequence[str]) -> int:
    """Entry point of `efuda promote`."""
    options = _options(arguments)
    settings, layout = load_settings(), Layout()
    registry = open_registry(settings, layout)
    if options.rollback:
        decision = decide_rollback(registry, reason=options.reason)
    else:
        reason = options.reason if options.force else None
        decision = decide(settings, layout, registry, reason=reason)
    path = carry_out(decision, layout, registry)
    if options.json:
        record = decision.record(registry.model, split_hash(read_examples(layout.examples)))
        print(json.dumps({**record, "record": str(path) if path else None}, ensure_ascii=False))
    else:
        print("\n".join(_lines(decision, registry.model, path)))
    return REFUSED if decision.outcome == "refused" else 0
