"""tuned.yaml: the settings that tune chose for each method, as values to read and edit."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import isnan, nan
from pathlib import Path
from typing import Any

import yaml

from components.atomic import write_text
from components.errors import ArtefactError
from components.labels.holdout import SelectionRule
from components.methods.catalog import METHODS
from components.training.settings import MethodSettings
from project.learning_task import ProjectTask
from project.settings.methods import settings_of

SCHEMA_VERSION = 2
RULES: Mapping[SelectionRule, str] = {
    "verified": "mean average precision over the hold-out's known cells of both signs",
    "observed": "mean average precision with the hold-out's unknown cells counted as absent, "
    "since nothing verifies which of them are",
}
HEADER = """\
# Settings that the hold-out chose for each method. They can be edited: what stands under
# `settings` is what trains, for as long as the data and the settings of the search stay.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class TunedMethod:
    """What was chosen for one method, and how."""

    settings: MethodSettings
    holdout_map: float
    """NaN where no label is known to be present in the hold-out; null in the file."""
    fingerprint: str
    """Of all that the choice was made from."""
    tried: tuple[Mapping[str, Any], ...] = ()
    """Every attempt with its hold-out mAP, in order."""

    def as_yaml(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "settings": plain(self.settings),
            "holdout_mAP": None if isnan(self.holdout_map) else self.holdout_map,
            "fingerprint": self.fingerprint,
            "tried": [dict(each) for each in self.tried],
        }


def plain(settings: MethodSettings) -> dict[str, Any]:
    """Settings as values that YAML and JSON have."""
    return asdict(settings)


def write_tuned(path: Path, project: ProjectTask, methods: Mapping[str, TunedMethod]) -> None:
    """Write all choices, whole or not at all."""
    rule = project.task.holdout.rule
    text = yaml.safe_dump(
        {
            "schema_version": SCHEMA_VERSION,
            "encoder_id": project.encoder_id,
            "vocabulary_hash": project.vocabulary.hash,
            "rule": rule,
            "chosen_by": RULES[rule],
            "methods": {name: each.as_yaml() for name, each in methods.items()},
        },
        sort_keys=False,
        allow_unicode=True,
    )
    write_text(path, HEADER + text)


def read_tuned(path: Path, project: ProjectTask) -> dict[str, TunedMethod]:
    """The choices made for this very encoder and vocabulary, by method.

    Raises:
        ArtefactError: If there are none, or they were made for another encoder or vocabulary.
        InputError: If settings were edited into something that cannot be used.
    """
    if not path.exists():
        raise ArtefactError(f"{path} does not exist; run `efuda run tune` first.")
    try:
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        made_for = (found["encoder_id"], found["vocabulary_hash"])
        version, entries = found["schema_version"], dict(found["methods"])
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError) as fault:
        raise ArtefactError(
            f"{path} cannot be read ({fault!r}); delete it and run `efuda run tune`."
        ) from None
    if version != SCHEMA_VERSION:
        raise ArtefactError(
            f"{path} is of schema {version}, this program reads {SCHEMA_VERSION}; "
            "run `efuda run tune`."
        )
    if made_for != (project.encoder_id, project.vocabulary.hash):
        raise ArtefactError(
            f"{path} was chosen for encoder {made_for[0]} or another vocabulary; "
            "settings do not carry over. Run `efuda run tune`."
        )
    return {name: _method(path, name, entry) for name, entry in entries.items()}


def tuned_settings(
    tuned: Mapping[str, TunedMethod], name: str, given: Mapping[str, object], path: Path
) -> MethodSettings:
    """What was chosen for a method, where the user's own settings have not changed since.

    Raises:
        ArtefactError: If tune made no choice, or before ``given`` was set.
    """
    if name not in tuned:
        raise ArtefactError(f"{path} has no choice for {name}; run `efuda run tune`.")
    chosen = tuned[name].settings
    if replace(chosen, **given) != chosen:
        raise ArtefactError(
            f"{path} was chosen before train.methods.{name} was set as it is now; "
            "run `efuda run tune`."
        )
    return chosen


def _method(path: Path, name: str, entry: Any) -> TunedMethod:
    try:
        if name not in METHODS:
            raise KeyError(name)
        values, found = dict(entry["settings"]), entry["holdout_mAP"]
        score = nan if found is None else float(found)
        fingerprint, tried = str(entry["fingerprint"]), tuple(entry["tried"])
    except (KeyError, TypeError, ValueError) as fault:
        raise ArtefactError(
            f"{path} has no whole entry for {name} ({fault!r}); delete it and run `efuda run tune`."
        ) from None
    return TunedMethod(
        # A fault here is of the hand that edited the file: what it wrote must not be thrown away.
        settings=settings_of(name, values, f"{path}: methods.{name}.settings"),
        holdout_map=score,
        fingerprint=fingerprint,
        tried=tried,
    )
