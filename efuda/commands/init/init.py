"""`efuda init`: a data project of the user's own.

It writes params.yaml, dvc.yaml and .gitignore, and makes the directory a git
and DVC repository. Images and labels stay where they are.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from components.atomic import write_text
from components.encoders.config import EncoderConfig, OpenClipConfig
from components.encoders.open_clip_source import find_source
from components.errors import InputError
from efuda.commands.init.captions import TOLD, take_captions_as_source, with_tagalign
from project.encoder_files import FORMS, checkpoint_of, parse_encoder, with_checkpoint
from project.environment import with_this_python_first
from project.graph import dvc_yaml
from project.settings import Settings, params_yaml, parse_settings
from project.settings.source import SourceSettings

KINDS: tuple[str, ...] = get_args(SourceSettings.model_fields["kind"].annotation)

IGNORED = """\
/data/
/.efuda/
/reports/report.html
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="efuda init", description="Make a data project from your images and labels."
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="a new or empty directory")
    parser.add_argument("--source", choices=KINDS, help="the format of the labels")
    parser.add_argument(
        "--published",
        metavar="PROTOCOL",
        help="a published protocol in place of --source, --annotations and --hide, such as "
        "voc2012-single-positive; a wrong name lists them all",
    )
    parser.add_argument(
        "--schedule",
        choices=("cached", "published"),
        default="cached",
        help="with --published: Efuda's own schedule for a head on cached vectors, or the "
        "published one, which is of networks trained end to end (default: cached)",
    )
    parser.add_argument(
        "--images",
        required=True,
        type=Path,
        help="folder of the images; with --published: of the whole data set",
    )
    parser.add_argument("--annotations", type=Path, help="file or folder of the labels")
    parser.add_argument(
        "--captions",
        type=Path,
        help="file of the captions; without labels: .jsonl, .csv, .parquet or COCO .json",
    )
    parser.add_argument("--sketches", type=Path, help="folder of sketches, one sub-folder a label")
    parser.add_argument(
        "--encoder", help=f"{FORMS} (default: conse; with --published: the published one)"
    )
    parser.add_argument(
        "--hide",
        metavar="PROTOCOL",
        help="hide known labels to measure how well they are found: "
        "single-positive, partial:SHARE (of the cells) or few:SHARE (of the images) stay known; "
        "single-positive@cole, partial:SHARE@hcp and few:SHARE@cap draw as released code does",
    )
    parser.add_argument("--name", help="the project's name (default: the directory's)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def from_project(path: Path, project: Path) -> str:
    """``path`` as it is written in the project's files.

    Relative where the project and the path are neighbours, so that both can be
    moved together; absolute where they have little to do with each other.
    """
    path, project = path.resolve(), project.resolve()
    near = path.is_relative_to(project.parent) and project.parent != Path(project.anchor)
    return os.path.relpath(path, project) if near else str(path)


def existing(path: Path | None, what: str, project: Path) -> str | None:
    if path is None:
        return None
    if not path.exists():
        raise InputError(f"The {what} {str(path)!r} do not exist; check the path.")
    return from_project(path, project)


def checked_encoder(text: str, project: Path) -> EncoderConfig:
    config = parse_encoder(text)
    if isinstance(config, OpenClipConfig):
        find_source(config)  # refuses names and files that do not exist
    checkpoint = checkpoint_of(config)
    if checkpoint is None:
        return config
    return with_checkpoint(config, from_project(Path(checkpoint), project))


def project_name(options: argparse.Namespace) -> str:
    name = options.name or re.sub(r"[^A-Za-z0-9_.-]+", "-", options.directory.resolve().name)
    return name.lstrip("_.-")[:64] or "project"


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings that the command line describes, checked.

    Raises:
        InputError: If a path does not exist or a value is not allowed.
    """
    project: Path = options.directory
    if options.source is None:
        raise InputError(
            "Name the format of your labels with --source, or a --published protocol; captions "
            "alone need only --captions."
        )
    if not options.images.is_dir():
        raise InputError(f"--images must be a folder, got {str(options.images)!r}.")
    if options.annotations is None and options.source != "folder":
        raise InputError(f"A source of kind {options.source} needs --annotations.")
    values: dict[str, object] = {
        "project": {"name": project_name(options)},
        "source": {
            "kind": options.source,
            "images": existing(options.images, "images", project),
            "annotations": existing(options.annotations, "annotations", project),
            "captions": existing(options.captions, "captions", project),
            "sketches": existing(options.sketches, "sketches", project),
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
    write_text(directory / ".gitignore", IGNORED)
    write_text(directory / ".dvcignore", DVC_IGNORED)
    make_repository(directory)


def main(arguments: Sequence[str]) -> int:
    """Entry point of `efuda init`."""
    options = _parser().parse_args(arguments)
    refuse_used(options.directory)
    told: list[str] = []
    check: dict[str, object] | None = None
    if options.published:
        # Reads sources, which a project of another kind need not wait for.
        from efuda.commands.init.published import published_project

        settings, check, told = published_project(options)
    else:
        take_captions_as_source(options)
        settings = settings_of(options)
        if captioned := with_tagalign(settings, options.directory):
            settings, told = captioned, [TOLD]
    create_project(options.directory, settings)
    if options.json:
        files = ["params.yaml", "dvc.yaml", ".gitignore", ".dvcignore", ".dvc"]
        report = {"project": str(options.directory), "name": settings.project.name, "files": files}
        if check is not None:
            report["published"] = check
        print(json.dumps(report, ensure_ascii=False))
    else:
        made = f"Made the project {settings.project.name!r} in {options.directory}."
        print("\n".join([made, *told]))
        print(f"Next: cd {options.directory} && efuda doctor && efuda run")
    return 0
