"""Which champions a rollback may return to, on a registry that is a dictionary."""

from pathlib import Path

import pytest

from pipelines.promote.history import champions, crown, return_to
from project.registry import CHAMPION, PREVIOUS, Registry, Version


class Dictionary(Registry):
    """Aliases, notes and tags in memory; dies before it moves an alias that it is told."""

    def __init__(self) -> None:
        self.aliases: dict[str, Version | None] = {}
        self.notes: dict[str, str] = {}
        self.versions: dict[str, Version] = {}
        self.dies_before = ""

    def made(self, number: str, **tags: str) -> Version:
        self.versions[number] = Version(
            number=number, bundle_version=number, tags=tags, bundle=Path(number)
        )
        return self.versions[number]

    def holder(self, alias: str) -> Version | None:
        return self.aliases.get(alias)

    def numbered(self, number: str) -> Version | None:
        return self.versions.get(number)

    def point(self, alias: str, version: Version | None) -> None:
        if alias == self.dies_before:
            raise KeyboardInterrupt
        self.aliases[alias] = version

    def note(self, key: str) -> str | None:
        return self.notes.get(key)

    def set_note(self, key: str, value: str) -> None:
        self.notes[key] = value


@pytest.fixture
def registry() -> Dictionary:
    made = Dictionary()
    for number in "1234":
        made.made(number)
    return made


def crowned(registry: Dictionary, *numbers: str) -> None:
    for number in numbers:
        crown(registry, registry.versions[number])


def test_champions_are_listed_in_order_without_what_was_refused(registry):
    assert champions(registry) == []
    crowned(registry, "1", "2", "4")
    assert champions(registry) == ["1", "2", "4"]
    assert registry.aliases[PREVIOUS] == registry.versions["2"]


def test_a_return_forgets_what_came_later(registry):
    crowned(registry, "1", "2", "4")
    return_to(registry, registry.versions["2"])
    assert champions(registry) == ["1", "2"]
    return_to(registry, registry.versions["1"])
    assert champions(registry) == ["1"]
    assert registry.aliases[PREVIOUS] is None


def test_a_version_can_be_champion_again(registry):
    crowned(registry, "1", "2", "1", "1")
    assert champions(registry) == ["1", "2", "1"]


@pytest.mark.parametrize("alias", [CHAMPION, PREVIOUS])
def test_a_promotion_that_was_killed_half_way_can_be_repeated(registry, alias):
    crowned(registry, "1")
    registry.dies_before = alias
    with pytest.raises(KeyboardInterrupt):
        crowned(registry, "2")
    assert champions(registry) == ["1"]
    registry.dies_before = ""
    crowned(registry, "2")
    assert champions(registry) == ["1", "2"]
    assert registry.aliases[PREVIOUS] == registry.versions["1"]


@pytest.mark.parametrize(("alias", "then"), [(CHAMPION, ["1", "2"]), (PREVIOUS, ["1"])])
def test_a_rollback_that_was_killed_half_way_happened_or_did_not(registry, alias, then):
    crowned(registry, "1", "2")
    registry.dies_before = alias
    with pytest.raises(KeyboardInterrupt):
        return_to(registry, registry.versions["1"])
    assert champions(registry) == then


def test_a_registry_of_before_knows_one_earlier_champion(registry):
    registry.aliases = {CHAMPION: registry.versions["2"], PREVIOUS: registry.versions["1"]}
    assert champions(registry) == ["1", "2"]


def test_what_a_registry_of_before_withdrew_is_not_returned_to(registry):
    returned = registry.made("1", **{"efuda.decision": "rolled back"})
    registry.aliases = {CHAMPION: returned, PREVIOUS: registry.versions["2"]}
    assert champions(registry) == ["1"]
