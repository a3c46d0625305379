"""What a Python user imports; each name is described with an example.

| name | what it is |
|---|---|
| :class:`Project` | a project's directory: settings, tables, figures, and what it would serve |
| :func:`load_bundle` | a serving bundle that tags pictures in this process |
| :class:`PictureTagger` | what :func:`load_bundle` hands back |
| :class:`Client` | a connection to a running service |
| :class:`InputError` | something you gave cannot be used; the message says what to do |
| :class:`ArtefactError` | one of these: a file of an earlier stage is missing or damaged |

``import efuda`` costs next to nothing: a name is imported when it is first used.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.errors import ArtefactError as ArtefactError
    from components.errors import InputError as InputError
    from efuda.bundle import PictureTagger as PictureTagger
    from efuda.bundle import load_bundle as load_bundle
    from efuda.project import Project as Project
    from serving.client import Client as Client

_HOMES = {
    "ArtefactError": "components.errors",
    "Client": "serving.client",
    "InputError": "components.errors",
    "PictureTagger": "efuda.bundle",
    "Project": "efuda.project",
    "load_bundle": "efuda.bundle",
}

__all__ = [
    "ArtefactError",
    "Client",
    "InputError",
    "PictureTagger",
    "Project",
    "load_bundle",
]


def __getattr__(name: str) -> object:
    """Import a name of this page when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'efuda' has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
