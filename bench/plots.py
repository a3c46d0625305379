"""The bench's plots, as SVG."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from bench.compare import OURS, Difference
from bench.plot_parts import (
    DASHES,
    GREY,
    Scale,
    closed,
    colour_of,
    interval_row,
    opening,
    vertical_grid,
)
from bench.table import Entry, Table
from project.report.words import recipe_name

ROW = 22


def share_plot(table: Table, kind: str, words: str) -> Markup:
    """A figure over the share of labels that are known; one line a method.

    Args:
        table: Holds the protocols ``kind:SHARE``.
        kind: ``partial`` or ``few``.
        words: Below the horizontal axis.
    """
    shares = sorted(float(p.partition(":")[2]) for p in table.protocols if p.startswith(kind))
    lines = {
        method: [
            (place, table.entries[method, f"{kind}:{share:g}"])
            for place, share in enumerate(shares)
            if (method, f"{kind}:{share:g}") in table.entries
        ]
        for method in table.methods
    }
    lines = {method: points for method, points in lines.items() if points}
    values = [entry.value for points in lines.values() for _, entry in points]
    width, height = 620, 340
    y = Scale.over(values, start=height - 48, end=14)
    x = Scale(low=0, high=max(len(shares) - 1, 1), start=52, end=width - 150)
    parts = [opening(width, height, f"{table.metric} over {words}")]
    parts += [
        f'<path class="grid" d="M{x.start} {y.at(t):.1f}H{x.end}"/>'
        f'<text x="{x.start - 8}" y="{y.at(t) + 4:.1f}" text-anchor="end">{t:g}</text>'
        for t in y.ticks
    ]
    parts += [
        f'<text x="{x.at(n):.1f}" y="{height - 28}" text-anchor="middle">{share:.0%}</text>'
        for n, share in enumerate(shares)
    ]
    middle = (x.start + x.end) / 2
    parts.append(f'<text x="{middle:.0f}" y="{height - 8}" text-anchor="middle">{words}</text>')
    parts.append(
        f'<text transform="translate(12 {height / 2 - 20:.0f}) rotate(-90)" '
        f'text-anchor="middle">{escape(table.metric)}</text>'
    )
    for method in sorted(lines, key=lambda name: name == OURS):
        parts += _curve(method, lines[method], x, y, table.methods)
    parts += _line_names(lines, x, y, table.methods)
    return closed(parts)


def _curve(
    method: str, points: list[tuple[int, Entry]], x: Scale, y: Scale, methods: Sequence[str]
) -> list[str]:
    colour = colour_of(method, methods)
    thick = 3 if method == OURS else 1.7
    places = [(x.at(n), y.at(entry.value)) for n, entry in points]
    path = "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
    title = f"<title>{escape(recipe_name(method))}</title>"
    dots = [
        f'<circle class="{colour} fill" cx="{a:.1f}" cy="{b:.1f}" r="{thick + 0.7:.1f}">'
        f"<title>{escape(recipe_name(method))}: {entry.value:.3f} "
        f"[{entry.low:.3f}, {entry.high:.3f}]</title></circle>"
        for (a, b), (_, entry) in zip(places, points, strict=True)
    ]
    line = f'<path class="{colour} line" stroke-width="{thick}"{_dashed(method)} d="M{path}">'
    return [f"{line}{title}</path>", *dots]


def _line_names(
    lines: dict[str, list[tuple[int, Entry]]], x: Scale, y: Scale, methods: Sequence[str]
) -> list[str]:
    """Names at the right ends of the lines, moved apart where they would touch."""
    ends = sorted((y.at(points[-1][1].value), method) for method, points in lines.items())
    places: list[float] = []
    for wanted, _ in ends:
        places.append(max(wanted, places[-1] + 15) if places else wanted)
    overflow = max(0.0, places[-1] - y.start) if places else 0.0
    for number in reversed(range(len(places))):
        limit = places[number + 1] - 15 if number + 1 < len(places) else places[number] - overflow
        places[number] = min(places[number], limit)
    parts = []
    for (wanted, method), place in zip(ends, places, strict=True):
        colour = colour_of(method, methods)
        last = x.at(lines[method][-1][0])
        weight = ' font-weight="700"' if method == OURS else ""
        parts.append(
            f'<path class="{colour} line" opacity=".4" '
            f'd="M{last + 5:.1f} {wanted:.1f}L{x.end + 14} {place:.1f}"/>'
            f'<text class="{colour} fill" x="{x.end + 18}" y="{place + 4:.1f}"{weight}>'
            f"{escape(recipe_name(method))}</text>"
        )
    return parts


def interval_plot(table: Table) -> Markup:
    """A dot with its interval for each method, protocol under protocol."""
    entries = list(table.entries.values())
    bounds = [bound for entry in entries for bound in (entry.low, entry.high)]
    longest = max((len(recipe_name(method)) for method in table.methods), default=0)
    left, width = max(150, 7 * longest + 20), 720
    x = Scale.over(bounds, start=left, end=width - 62)
    rows: list[tuple[str, str | None]] = []
    for protocol in table.protocols:
        rows.append((protocol, None))
        present = [m for m in table.methods if (m, protocol) in table.entries]
        present.sort(key=lambda m: -table.entries[m, protocol].value)
        rows += [(protocol, method) for method in present]
    height = 34 + ROW * len(rows)
    parts = [opening(width, height, f"{table.metric} of every method in every protocol")]
    parts += vertical_grid(x, height - 6)
    for number, (protocol, method) in enumerate(rows):
        y = 34 + ROW * (number + 0.5)
        if method is None:
            name = f'<text x="0" y="{y + 6:.1f}" font-weight="700">{escape(protocol)}</text>'
            parts.append(name)
            continue
        entry = table.entries[method, protocol]
        parts.append(
            interval_row(
                recipe_name(method),
                (entry.value, entry.low, entry.high),
                x,
                y,
                colour_of(method, table.methods),
                strong=method == OURS,
            )
        )
    return closed(parts)


def difference_plot(
    differences: Sequence[Difference], methods: Sequence[str], *, naming_rivals: bool = True
) -> Markup:
    """Paired differences with their intervals about 0, one line each."""
    bounds = [b for d in differences for b in (d.interval.low, d.interval.high, 0.0)]
    left, width = 300, 720
    x = Scale.over(bounds, start=left, end=width - 62)
    height = 34 + ROW * len(differences)
    parts = [opening(width, height, "paired differences with 95 % intervals")]
    parts += vertical_grid(x, height - 6, signed=True)
    for number, each in enumerate(differences):
        bounds_of = each.interval
        rival = f" − {recipe_name(each.against)}" if naming_rivals else ""
        label = f"{each.protocol}: {recipe_name(each.method)}{rival}"
        parts.append(
            interval_row(
                label,
                (bounds_of.mean, bounds_of.low, bounds_of.high),
                x,
                34 + ROW * (number + 0.5),
                f"m{GREY}" if each.verdict == "level" else colour_of(each.method, methods),
                strong=each.verdict != "level",
                signed=True,
            )
        )
    return closed(parts)


def _dashed(method: str) -> str:
    """Baselines share a colour and differ by their dashes."""
    return f' stroke-dasharray="{DASHES[method]}"' if method in DASHES else ""
