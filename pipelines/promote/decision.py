"""Weighs the challenger against the champion; moves nothing."""

import getpass
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from components.atomic import read_json
from components.data.examples import read_examples
from components.data.splits import frozen_photos, split_hash
from components.errors import InputError
from pipelines.promote.comparison import Comparison, compare
from project.encoder_training import registered_tagger
from project.layout import Layout
from project.registry import CHALLENGER, CHAMPION, PREVIOUS, Registry, Version
from project.settings import Settings

ZERO_SHOT = "zero_shot"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What was decided about which versions, and why."""

    outcome: str
    """`promoted`, `refused`, `rolled back` or `unchanged`."""
    challenger: str
    champion: str | None
    reason: str
    comparison: Comparison | None = None
    forced: bool = False

    @property
    def moves_champion(self) -> bool:
        """Whether the alias is to be moved."""
        return self.outcome in ("promoted", "rolled back")

    def record(self, model: str, split: str) -> dict[str, Any]:
        """The decision as it is kept."""
        return {
            "outcome": self.outcome,
            "model": model,
            "challenger": self.challenger,
            "champion": self.champion,
            "reason": self.reason,
            "forced": self.forced,
            "decided_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "decided_by": _person(),
            "split_hash": split,
            "comparison": self.comparison.as_json() if self.comparison else None,
        }


def decide(
    settings: Settings, layout: Layout, registry: Registry, *, reason: str | None
) -> Decision:
    """Weigh the challenger against the champion.

    Args:
        settings: The project's.
        layout: The project's.
        registry: The project's.
        reason: Promotes whatever the figures say, and is kept as the reason.

    Raises:
        InputError: If there is no challenger, or the two cannot be compared.
    """
    challenger, champion = registry.holder(CHALLENGER), registry.holder(CHAMPION)
    if challenger is None:
        raise InputError(
            f"The model {registry.model!r} has no challenger; run `efuda run`, and if that runs "
            "nothing, `efuda register`."
        )
    decision = partial(
        Decision,
        challenger=challenger.number,
        champion=champion.number if champion else None,
    )
    if champion is None:
        return decision(outcome="promoted", reason=_beside_zero_shot(layout))
    if champion.number == challenger.number:
        return decision(outcome="unchanged", reason="The challenger is the champion.")
    if reason is not None:
        found = _compare_if_possible(settings, layout, champion, challenger)
        return decision(outcome="promoted", reason=reason, comparison=found, forced=True)
    found = _compare(settings, layout, champion, challenger)
    passed = found.is_not_worse(settings.registry.tolerance)
    return decision(
        outcome="promoted" if passed else "refused",
        reason=_why(found, settings.registry.tolerance),
        comparison=found,
    )


def decide_rollback(registry: Registry, *, reason: str | None) -> Decision:
    """Return to the champion before this one.

    Raises:
        InputError: If there never was another.
    """
    previous, champion = registry.holder(PREVIOUS), registry.holder(CHAMPION)
    if previous is None or champion is None:
        raise InputError("There is no earlier champion to return to.")
    return Decision(
        outcome="rolled back",
        challenger=previous.number,
        champion=champion.number,
        reason=reason or "Rolled back to the champion before.",
    )


def _compare(
    settings: Settings, layout: Layout, champion: Version, challenger: Version
) -> Comparison:
    examples = read_examples(layout.examples)
    now = split_hash(examples)
    for name, version in (("champion", champion), ("challenger", challenger)):
        then = version.tags.get("efuda.split_hash")
        if then != now:
            raise InputError(
                f"The {name} (version {version.number}) was registered with the test split {then}, "
                f"today's is {now}: it may have learned from pictures that are tested on now. "
                "Restore `splits` and the images, or register it anew on today's split; or decide "
                "yourself with `efuda promote --force --reason TEXT`."
            )
    photos = frozen_photos(examples)
    sides = [
        registered_tagger(version.bundle, photos, settings, layout)
        for version in (champion, challenger)
    ]
    try:
        return compare(sides[0], sides[1], photos, layout, settings.evaluate)
    finally:
        shutil.rmtree(layout.compared_features, ignore_errors=True)


def _compare_if_possible(
    settings: Settings, layout: Layout, champion: Version, challenger: Version
) -> Comparison | None:
    try:
        return _compare(settings, layout, champion, challenger)
    except InputError:
        return None


def _beside_zero_shot(layout: Layout) -> str:
    """Why the first version serves: there is nothing to beat but zero-shot."""
    first = "The first version; there was no champion."
    if not (layout.metrics.exists() and layout.registered.exists()):
        return first
    test = read_json(layout.metrics)["test"]
    recipe = read_json(layout.registered)["recipe"]
    figures = [test.get(name, {}) for name in (recipe, ZERO_SHOT)]
    # Figures are named observed_mAP where no absent cell is known.
    names = {name for each in figures for name in each if name.endswith("mAP")}
    if recipe == ZERO_SHOT or len(names) != 1 or not all(figures):
        return first
    [name] = names
    ours, theirs = (each[name]["mean"] for each in figures)
    word = "above" if ours > theirs else "not above"
    return f"{first} Test {name} {100 * ours:.1f} %, {word} zero-shot's {100 * theirs:.1f} %."


def _why(found: Comparison, tolerance: float) -> str:
    return (
        f"Test mAP {100 * found.challenger:.2f} % against {100 * found.champion:.2f} % on "
        f"{found.num_images} photographs: difference {100 * found.difference.mean:+.2f} points, "
        f"interval [{100 * found.difference.low:+.2f}, {100 * found.difference.high:+.2f}]; "
        f"the lower bound may be at most {100 * tolerance:g} points below zero."
    )


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
