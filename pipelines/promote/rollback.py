"""Which champion a rollback returns to; moves nothing."""

from components.errors import InputError
from pipelines.promote.decision import Decision
from pipelines.promote.history import champions
from project.bundles import registered_files
from project.registry import Registry


def decide_rollback(registry: Registry, *, reason: str | None) -> Decision:
    """Return to the champion before this one whose files are whole.

    Raises:
        InputError: If there is none.
    """
    *earlier, champion = champions(registry) or [None]
    passed: list[str] = []
    for number in reversed(earlier):
        version = registry.numbered(str(number))
        try:
            if version is None:
                raise InputError(f"Version {number} was deleted.")
            registered_files(registry, version, "earlier champion")
        except InputError as fault:
            passed.append(str(fault))
            continue
        return Decision(
            outcome="rolled back",
            challenger=version.number,
            champion=champion,
            reason=reason or "Rolled back to the champion before.",
        )
    told = "".join(f" {each}" for each in passed)
    raise InputError(
        "There is no earlier champion to return to: of versions that were promoted and not "
        f"withdrawn since, {f'version {champion} is the first' if champion else 'there is none'}."
        f"{told}"
    )
