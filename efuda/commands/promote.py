"""`efuda promote`."""

from typing import TYPE_CHECKING, Annotated

import typer

from components.errors import InputError
from efuda.command_answer import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from pipelines.promote.decision import Decision

REFUSED = 2
NUM_REGRESSIONS_SHOWN = 5


def promote(
    force: Annotated[
        bool, typer.Option("--force", help="Promote whatever the figures say.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why; kept in the record (needed with --force).")
    ] = None,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Return to the champion before this one.")
    ] = False,
) -> Answer:
    """Let the newest version serve if it is not worse."""
    if force and not (reason or "").strip():
        raise InputError("--force needs --reason TEXT: the record must say why.")
    if force and rollback:
        raise InputError("--force and --rollback exclude each other.")
    from pipelines.promote.stage import run
    from project.layout import Layout
    from project.settings import load_settings

    done = run(load_settings(), Layout(), force=force, rollback=rollback, reason=reason)
    refused = done.decision.outcome == "refused"
    return Answer(
        {**done.record, "record": str(done.path) if done.path else None},
        [*_lines(done.decision, str(done.record["model"]), done.path), *_uses(done.record)],
        REFUSED if refused else 0,
    )


def _lines(decision: "Decision", model: str, path: "Path | None") -> list[str]:
    lines = [f"{model} version {decision.challenger}: {decision.outcome}. {decision.reason}"]
    if decision.comparison and decision.comparison.regressions:
        worst = decision.comparison.regressions
        shown = ", ".join(
            f"{each.label} {each.champion:.3f} → {each.challenger:.3f}"
            for each in worst[:NUM_REGRESSIONS_SHOWN]
        )
        lines.append(f"{len(worst)} labels got worse, most of all (AP): {shown}")
    if decision.outcome == "refused":
        lines.append(_instead(decision))
    if path is not None:
        lines.append(f"Record: {path}")
    return lines


def _uses(record: "Mapping[str, Any]") -> list[str]:
    """How often the test split has decided before, where it decided now."""
    from project.test_split_uses import uses_sentence

    told = uses_sentence(record["split_decided_before"]) if record["comparison"] else ""
    return [told] if told else []


def _instead(decision: "Decision") -> str:
    """What can be done after a refusal."""
    from components.methods.catalog import METHODS

    stays = "The champion stays."
    if decision.champion is None:
        name = next((row.name for row in METHODS.values() if row.title == decision.against), "")
        stays = (
            "Nothing serves yet. To let the tagger without training serve, set "
            f"`train.recipes: [{name or 'zero_shot'}]` in params.yaml, then `efuda run` and "
            "`efuda promote`."
        )
    return f"{stays} To decide otherwise: --force --reason TEXT."
