"""The gate: weighs the challenger against the champion; moves nothing.

Where nothing serves yet, the champion to beat is the best tagger that needs no training: a
version that is worse would make the service worse than it was before any work.
"""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from components.atomic import read_json
from components.data.examples import Example, read_examples
from components.data.splits import frozen_photos, split_hash
from components.errors import InputError
from components.methods.catalog import METHODS
from components.models.tagger import Tagger
from pipelines.promote.comparison import Comparison, NotMeasurableError, compare
from pipelines.promote.decision import Decision
from project.bundles import registered_files
from project.encoder_training import registered_tagger
from project.layout import Layout
from project.registry import CHALLENGER, CHAMPION, MEASURED_TAG, WITHDRAWN_TAG, Registry, Version
from project.report.words import recipe_name
from project.settings import Settings
from tuning.method_choice import rival_in

UNTRAINED = tuple(row.name for row in METHODS.values() if not row.is_trained)
_FIRST = "It is the first version."


@dataclass(frozen=True, slots=True)
class Side:
    """A version with its files, which are whole."""

    version: Version
    bundle: Path

    @classmethod
    def of(cls, version: Version, registry: Registry, role: str) -> "Side":
        """Raises InputError if its files are not whole."""
        return cls(version, registered_files(registry, version, role))


def decide(
    settings: Settings, layout: Layout, registry: Registry, *, reason: str | None
) -> Decision:
    """Weigh the challenger against the champion, or against no training where there is none.

    Args:
        settings: The project's.
        layout: The project's.
        registry: The project's.
        reason: Promotes whatever the figures say, and is kept as the reason.

    Raises:
        InputError: If there is no challenger, its files are not whole, or the two cannot be
            compared.
    """
    version, champion = registry.holder(CHALLENGER), registry.holder(CHAMPION)
    if version is None:
        raise InputError(
            f"The model {registry.model!r} has no challenger; run `efuda run`, and if that runs "
            "nothing, `efuda register`."
        )
    decision = partial(
        Decision, challenger=version.number, champion=champion.number if champion else None
    )
    challenger = Side.of(version, registry, CHALLENGER)
    if champion is not None and champion.number == version.number:
        return decision(outcome="unchanged", reason="The challenger is the champion.")
    gate = _Gate(settings, layout, registry, challenger, champion)
    if reason is not None:
        found = gate.weighed_if_possible()
        return decision(outcome="promoted", reason=reason, comparison=found, forced=True)
    if champion is not None and champion.bundle_version == version.bundle_version:
        again = f"It is the bundle of version {champion.number}, registered anew."
        return decision(outcome="promoted", reason=again)
    if version.tags.get(WITHDRAWN_TAG):
        why = f"It was withdrawn: {version.tags[WITHDRAWN_TAG]}"
        return decision(outcome="refused", reason=why)
    if champion is None and version.tags.get("efuda.recipe") in UNTRAINED:
        return decision(outcome="promoted", reason=f"{_FIRST} Nothing was trained for it.")
    return gate.decided(decision)


@dataclass(frozen=True, slots=True)
class _Gate:
    settings: Settings
    layout: Layout
    registry: Registry
    challenger: Side
    champion: Version | None

    def decided(self, decision: "partial[Decision]") -> Decision:
        first = "" if self.champion else f"{_FIRST} "
        try:
            against, found = self._weighed()
        except NotMeasurableError:
            # An unmeasured version may only take the place of one that was not measured either.
            if self.champion is not None and self.champion.tags.get(MEASURED_TAG) != "no":
                raise
            why = "Not measured: no label is known to be present in the test split."
            return decision(outcome="promoted", reason=f"{first}{why}")
        if found is None:
            why = "Among train.recipes there was none without training to compare it with."
            return decision(outcome="promoted", reason=f"{first}{why}")
        tolerance = self.settings.registry.tolerance
        ours = f"Version {self.challenger.version.number}"
        return decision(
            outcome="promoted" if found.is_not_worse(tolerance) else "refused",
            reason=first + found.sentence(ours, against, tolerance),
            comparison=found,
            against=against,
        )

    def weighed_if_possible(self) -> Comparison | None:
        try:
            return self._weighed()[1]
        except InputError:
            return None

    def _weighed(self) -> tuple[str, Comparison | None]:
        """What the challenger was compared with, and how the two compare."""
        photos = self._test_photos()
        if self.champion is not None:
            theirs = registered_tagger(
                self._champions_files(self.champion), photos, self.settings, self.layout
            )
            return f"version {self.champion.number}", self._compared(theirs, photos)
        rival = self._untrained_rival()
        if rival is None:
            return "", None
        return recipe_name(rival), self._compared(Tagger.load(self.layout.tagger(rival, 0)), photos)

    def _untrained_rival(self) -> str | None:
        """The best tagger without training that is here, by the hold-out's figures."""
        path = self.layout.selection
        selection = read_json(path) if path.exists() else {"recipes": {}}
        here = {
            name: selection["recipes"].get(name, {"mAP": None})
            for name in UNTRAINED
            if (self.layout.tagger(name, 0) / "tagger.json").exists()
        }
        rival = rival_in({**selection, "recipes": here})
        return rival.method if rival else None

    def _champions_files(self, champion: Version) -> Path:
        try:
            return registered_files(self.registry, champion, CHAMPION)
        except InputError as fault:
            raise InputError(
                f"{fault} Nothing can be compared with it: `efuda promote --rollback` returns to "
                "the champion before, `efuda promote --force --reason TEXT` is your decision."
            ) from None

    def _test_photos(self) -> list[Example]:
        """Today's test photographs, if the versions were registered with the same.

        Raises:
            InputError: If one was registered with others.
        """
        examples = read_examples(self.layout.examples)
        now = split_hash(examples)
        sides = {CHAMPION: self.champion, CHALLENGER: self.challenger.version}
        for name, version in sides.items():
            then = version.tags.get("efuda.split_hash") if version else now
            if version is not None and then != now:
                raise InputError(
                    f"The {name} (version {version.number}) was registered with the test split "
                    f"{then}, today's is {now}: it may have learned from pictures that are tested "
                    "on now. Restore `splits` and the images, or register it anew on today's "
                    "split; or decide yourself with `efuda promote --force --reason TEXT`."
                )
        return frozen_photos(examples)

    def _compared(self, theirs: Tagger, photos: list[Example]) -> Comparison:
        layout = self.layout
        try:
            ours = registered_tagger(self.challenger.bundle, photos, self.settings, layout)
            return compare(theirs, ours, photos, layout, self.settings.evaluate)
        finally:
            shutil.rmtree(layout.compared_features, ignore_errors=True)
