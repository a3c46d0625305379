"""The files of a registered version, once they are found to be what was registered."""

from pathlib import Path

from components.bundle import verified_description
from components.errors import InputError
from project.registry import Registry, Version

AGAIN = "Run `efuda register`, which registers the project's bundle anew"


def registered_files(registry: Registry, version: Version, role: str) -> Path:
    """The bundle of a version.

    Args:
        registry: That knows the version.
        version: Any.
        role: What the version is called in an error, such as ``challenger``.

    Raises:
        InputError: If its files are gone, or are not those that were registered.
    """
    directory = registry.fetch(version)
    named = f"The {role}, {registry.model} version {version.number},"
    try:
        found = verified_description(directory)["version"]
    except InputError as fault:
        raise InputError(f"{named} is not what was registered: {fault} {AGAIN}.") from None
    if found != version.bundle_version:
        raise InputError(
            f"{named} was registered as bundle {version.bundle_version}, and {directory} holds "
            f"bundle {found}. {AGAIN}."
        )
    return directory
