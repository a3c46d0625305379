"""The guide's table of encoders, from their short names: ``python -m tests.docs.encoder_table``."""

import re
from pathlib import Path

from components.encoders.short_names import SHORT_NAMES
from efuda.commands.encoders import CONSE

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "embed.md"
BEGIN = "<!-- encoders: written by `python -m tests.docs.encoder_table` -->\n"
END = "<!-- end of encoders -->\n"


def table() -> str:
    """One row an encoder, that of no download first."""
    rows = [f"| `conse` | {CONSE['good_at']} | none | {CONSE['licence']} | two packages |"]
    rows += [
        f"| `{row.name}` | {row.good_at} | {row.megabytes:,} MB | {row.licence} "
        f"| `{row.model}` `{row.pretrained}`, {row.repository} |"
        for row in SHORT_NAMES.values()
    ]
    head = ["| name | good at | download | licence | model and tag of open_clip, repository |"]
    return "\n".join([*head, "|" + "---|" * 5, *rows]) + "\n"


def renewed(page: str) -> str:
    """A page with the table between its two marks written anew."""
    between = re.compile(f"({re.escape(BEGIN)}).*({re.escape(END)})", re.DOTALL)
    return between.sub(lambda marks: f"{marks[1]}{table()}{marks[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
