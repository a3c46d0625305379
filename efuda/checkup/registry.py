"""What the doctor looks at in a project's registry, which is in neither git nor DVC."""

from pathlib import Path

from components.errors import InputError
from components.findings import Finding, Status
from components.machine_faults import machine_faults_told
from project.layout import Layout
from project.registry_file import SQLITE, check_database
from project.settings import Settings

_WHAT = "registry"
_MADE = ("tagger", "data/taggers"), ("index", "data/index"), ("table", "data/prepared")


def registry_finding(root: Path, settings: Settings) -> Finding:
    """Whether the registry is there and whole, and what makes a new one if it is not."""
    uri = settings.registry.tracking_uri
    if not uri.startswith(SQLITE):
        return Finding(Status.OK, _WHAT, "a server or a database of its own")
    path = root / uri.removeprefix(SQLITE)
    try:
        with machine_faults_told():
            if path.exists():
                check_database(path)
                return Finding(Status.OK, _WHAT, uri.removeprefix(SQLITE))
    except InputError as fault:
        return Finding(Status.ERROR, _WHAT, str(fault), "move it away; it is left as it is")
    if not (root / "dvc.lock").exists():
        return Finding(Status.OK, _WHAT, "none yet; the first `efuda run` makes it")
    missing = [name for name, folder in _MADE if not (root / folder).is_dir()]
    if missing:
        return Finding(
            Status.WARNING,
            _WHAT,
            "this copy of the project has no registry, nor what it would be made of "
            f"(no {', no '.join(missing)})",
            "`dvc pull` fetches the files from the project's DVC remote, or `efuda run` makes "
            "them anew; then `efuda register` and `efuda promote`",
        )
    return Finding(
        Status.WARNING,
        _WHAT,
        f"this copy of the project has no {path.name}, which git and DVC do not carry along",
        f"`efuda register` makes it of {Layout().taggers} and the index; then `efuda promote`",
    )
