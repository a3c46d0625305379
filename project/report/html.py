"""Pages that consist of one file: styles, charts and pictures are inside."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from project.report.style import PALETTE, colour_variables
from project.report.words import recipe_name

SHARED = Path(__file__).parent / "templates"
"""What every page is made of; a page's own template lies beside the code that fills it."""


def render_page(template: Path, **values: object) -> str:
    """Fill a template; every value is escaped, and a missing one is an error.

    Args:
        template: A file that may extend or import what is in :data:`SHARED`.
        values: By their names in the template.
    """
    environment = Environment(
        loader=FileSystemLoader([template.parent, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = _count
    environment.filters["recipe_name"] = recipe_name
    environment.filters["percent"] = _percent
    environment.filters["figure"] = _figure
    return environment.get_template(template.name).render(
        palette=colour_variables(PALETTE), **values
    )


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _percent(share: float) -> str:
    """Whole percents, and a digit more near both ends: nearly all is not all."""
    if share in (0, 1):
        return f"{share:.0%}"
    if 0.1 <= share <= 0.99:
        return f"{share:.0%}"
    return f"{min(max(share, 0.001), 0.999):.1%}"


def _figure(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.3f}"
