"""Makes a data project of the user's own.

It writes params.yaml, dvc.yaml and .gitignore, and makes the directory a git
and DVC repository. Images and labels stay where they are.
"""

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from components.atomic import write_text
from components.encoders.config import ConseConfig
from components.errors import InputError
from efuda.new_project import captions, no_labels
from efuda.new_project.captions import take_captions_as_source, with_tagalign
from efuda.new_project.label_names import label_names, vocabulary_file
from efuda.new_project.no_labels import take_images_as_source
from efuda.new_project.options import (
    CONSE_TOLD,
    NewProject,
    checked_encoder,
    existing,
    project_name,
)
from project.environment import with_this_python_first
from project.graph import dvc_yaml
from project.layout import Layout
from project.published import find_published
from project.reviewed import make_reviewed_folder
from project.settings import Settings, params_yaml, parse_settings

FILES = ("params.yaml", "dvc.yaml", "reviewed", ".gitignore", ".dvcignore", ".dvc")

IGNORED = """\
/data/
/.efuda/
/reports/report.html
/dvc_plots/
/mlflow.db*
/mlartifacts/
"""

DVC_IGNORED = """\
# Unfinished work, and what a killed run left half-written
/.efuda
.*.tmp*
"""

DVC_CONFIG = """\
[core]
    analytics = false
    check_update = false
[cache]
    # On ext4 "reflink,hardlink" ends in copies, so links are named alone.
    type = "hardlink,copy"
"""


@dataclass(frozen=True, slots=True)
class MadeProject:
    """What was made: its settings, and what there is to tell about them.

    ``published`` compares the data with what was published; None without a protocol.
    """

    settings: Settings
    told: tuple[str, ...] = ()
    published: dict[str, object] | None = None


def settings_from(
    options: NewProject, names: tuple[str, ...] | None = None, names_file: Path | None = None
) -> Settings:
    """The settings that the options describe, checked.

    Args:
        options: As they were given.
        names: The labels to use; None takes the source's.
        names_file: A vocabulary file in place of names.

    Raises:
        InputError: If a path does not exist or a value is not allowed.
    """
    project = options.directory
    if not options.images.is_dir():
        raise InputError(f"--images must be a folder, got {str(options.images)!r}.")
    if options.annotations is None and options.source not in ("folder", "images"):
        raise InputError(f"A source of kind {options.source} needs --annotations.")
    values: dict[str, object] = {
        "project": {"name": project_name(options)},
        "source": {
            "kind": options.source,
            "images": existing(options.images, "images", project),
            "annotations": existing(options.annotations, "annotations", project),
            "captions": existing(options.captions, "captions", project),
            "sketches": existing(options.sketches, "sketches", project),
            "vocabulary": names,
            "vocabulary_file": existing(names_file, "names", project),
        },
        "encoder": checked_encoder(options.encoder or "conse", project),
    }
    if options.hide:
        values["hide"] = {"protocol": options.hide}
    return parse_settings(values, "The command line")


def refuse_used(directory: Path) -> None:
    """Refuse a directory that holds anything.

    Raises:
        InputError: If it is a file, or not empty.
    """
    if directory.is_file():
        raise InputError(f"{directory} is a file; name a new or empty directory.")
    if directory.is_dir() and any(directory.iterdir()):
        found = sorted(entry.name for entry in directory.iterdir())
        shown = ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
        raise InputError(
            f"{directory} is not empty ({shown}); name a new or empty directory. "
            "A project that is there already is run with `efuda run`."
        )


def _call(command: list[str], directory: Path) -> None:
    environment = with_this_python_first(os.environ)
    try:
        subprocess.run(
            command, cwd=directory, env=environment, check=True, capture_output=True, text=True
        )
    except FileNotFoundError:
        raise InputError(f"{command[0]} is not installed; install it and try again.") from None
    except subprocess.CalledProcessError as fault:
        raise InputError(f"`{' '.join(command)}` failed: {fault.stderr.strip()}") from None


def _in_git(directory: Path) -> bool:
    """Whether the directory lies in a git repository that would track it."""
    inside = subprocess.run(
        ["git", "rev-parse", "--is-inside-work-tree"], cwd=directory, capture_output=True, text=True
    )
    ignored = subprocess.run(["git", "check-ignore", "-q", "."], cwd=directory, capture_output=True)
    return inside.stdout.strip() == "true" and ignored.returncode != 0


def make_repository(directory: Path) -> None:
    """Make the directory a DVC repository, inside the git repository around it if there is one."""
    dvc = [sys.executable, "-m", "dvc"]
    if _in_git(directory):
        _call([*dvc, "init", "--quiet", "--subdir"], directory)
    else:
        _call(["git", "init", "--quiet"], directory)
        _call([*dvc, "init", "--quiet"], directory)
    write_text(directory / ".dvc" / "config", DVC_CONFIG)


def create_project(directory: Path, settings: Settings) -> None:
    """Write the project's files into a new or empty directory."""
    directory.mkdir(parents=True, exist_ok=True)
    write_text(directory / "params.yaml", params_yaml(settings))
    write_text(directory / "dvc.yaml", dvc_yaml(settings))
    make_reviewed_folder(Layout(directory))
    write_text(directory / ".gitignore", IGNORED)
    write_text(directory / ".dvcignore", DVC_IGNORED)
    make_repository(directory)


def make_project(options: NewProject) -> MadeProject:
    """Choose the settings and write the project's files.

    Raises:
        InputError: If an option cannot be used; nothing is written then.
    """
    refuse_used(options.directory)
    made = _chosen(options)
    if options.encoder is None and isinstance(made.settings.encoder, ConseConfig):
        made = replace(made, told=(*made.told, CONSE_TOLD))
    create_project(options.directory, made.settings)
    return made


def _chosen(options: NewProject) -> MadeProject:
    if options.published:
        # Reads sources, which a project of another kind need not wait for.
        from efuda.new_project.published import published_project

        protocol = find_published(options.published)
        settings, check, told = published_project(protocol, options)
        return MadeProject(settings, tuple(told), check)
    names_file = vocabulary_file(options.names)
    named = label_names(options.names) if options.names is not None and not names_file else None
    told = named.told if named else ()
    options = take_images_as_source(take_captions_as_source(options))
    settings = settings_from(options, named.names if named else None, names_file)
    if captioned := with_tagalign(settings, options.directory):
        return MadeProject(captioned, (*told, captions.TOLD))
    if settings.source.kind == "images":
        return MadeProject(settings, (*told, no_labels.TOLD))
    return MadeProject(settings, told)
