"""The folder of what people decided: git tracks it, and prepare depends on it.

It lies outside ``data``, which git ignores, and it always exists, since DVC
refuses a dependency that does not.
"""

from components.atomic import write_text
from components.errors import InputError
from project.layout import Layout

README = """\
# What people decided

`labels.parquet`, where it is, holds one row a cell that a person decided:
`example_id`, `label`, `state` (1 present, -1 absent, 0 cannot be known) and
`provenance` (`reviewed`). These cells override what the source says and are
never hidden. Commit this folder: `efuda run` prepares anew when it changes.
"""


def make_reviewed_folder(layout: Layout) -> None:
    """Make the folder with its README, unless they are there."""
    readme = layout.reviewed / "README.md"
    if not readme.exists():
        write_text(readme, README)


def refuse_unwatched_labels(layout: Layout) -> None:
    """Refuse reviewed labels where DVC does not see them: in the ignored ``data``.

    Raises:
        InputError: Saying where to move them.
    """
    unwatched = layout.root / "data" / "reviewed" / layout.reviewed_labels.name
    if unwatched.exists():
        place = layout.reviewed_labels.relative_to(layout.root)
        raise InputError(
            f"{unwatched.relative_to(layout.root)} is not read: reviewed labels belong in {place}, "
            f"which git tracks and DVC watches. Move the file there, or remove it."
        )
