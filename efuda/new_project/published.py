"""A new project with the settings of a published protocol."""

from pathlib import Path
from typing import Any

from components.errors import InputError
from efuda.new_project.options import (
    NewProject,
    checked_encoder,
    existing,
    from_project,
    project_name,
)
from efuda.new_project.published_check import check_lines, check_published
from project.published import Published, find_root, settings_values
from project.settings import Settings, parse_settings


def published_project(
    chosen: Published, options: NewProject
) -> tuple[Settings, dict[str, object], list[str]]:
    """The settings, how the data compares with what was published, and the same for a person.

    Raises:
        InputError: If the data set is laid out otherwise, or an option does not go
            with the protocol.
    """
    decided = [
        name for name in ("source", "annotations", "hide", "names") if getattr(options, name)
    ]
    if decided:
        raise InputError(f"--published decides --{decided[0]} itself; leave that out.")
    root = find_root(chosen.data, options.images)
    values = settings_values(chosen, Path(from_project(root, options.directory)), options.schedule)
    for key in ("captions", "sketches"):
        values["source"][key] = existing(getattr(options, key), key, options.directory)
    settings = _parsed(values, chosen, options)
    # The project's directory does not exist yet, so its relative paths lead nowhere.
    here = settings_values(chosen, root.resolve(), options.schedule)
    check = check_published(chosen, _parsed(here, chosen, options), Path())
    told = [*check_lines(check, chosen), _schedule_line(options, chosen)]
    return settings, check.as_json(), told


def _parsed(values: dict[str, Any], chosen: Published, options: NewProject) -> Settings:
    values["project"] = {"name": project_name(options)}
    if options.encoder:
        values["encoder"] = checked_encoder(options.encoder, options.directory)
    return parse_settings(values, f"The protocol {chosen.name}")


def _schedule_line(options: NewProject, chosen: Published) -> str:
    schedule = chosen.protocol.schedule
    numbers = (
        f"learning rate {schedule.learning_rate:g}, {schedule.epochs} epochs, "
        f"batches of {schedule.batch_size}"
    )
    if options.schedule == "published":
        return f"  schedule: the published one, {numbers}, of {chosen.protocol.trained}"
    return (
        f"  schedule: Efuda's own, for a head on cached vectors; figures are `cached`. The "
        f"published one ({numbers}) is of {chosen.protocol.trained}; --schedule published takes it."
    )
