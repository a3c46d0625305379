"""The guide's table of methods, written from the catalog: ``python -m tests.docs.method_table``."""

import re
from collections.abc import Iterator
from pathlib import Path

from components.methods.catalog import METHODS, Method

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "train.md"
BEGIN = "<!-- methods: written by `python -m tests.docs.method_table` -->\n"
END = "<!-- end of methods -->\n"


def table() -> str:
    """One row a method, in the order of the catalog."""
    rows = [
        f"| `{row.name}` | {row.title} | {row.explained} | {', '.join(_reads(row))} | {row.source} |"
        for row in METHODS.values()
    ]
    head = [
        "| name | called | what it does | reads, beside known labels | after |",
        "|" + "---|" * 5,
    ]
    return "\n".join([*head, *rows]) + "\n"


def renewed(page: str) -> str:
    """A page with the table between its two marks written anew."""
    between = re.compile(f"({re.escape(BEGIN)}).*({re.escape(END)})", re.DOTALL)
    return between.sub(lambda marks: f"{marks[1]}{table()}{marks[2]}", page)


def _reads(row: Method) -> Iterator[str]:
    if row.reads.regions != "none":
        yield "regions" if row.reads.regions == "required" else "regions, where there are any"
    if row.reads.captions:
        yield "captions"
    if row.reads.unlabelled:
        yield "images without labels"
    if row.reads.proposals:
        yield "its own guesses"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
