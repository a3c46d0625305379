"""What the bench's plots are made of: scales, colours and rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from bench.compare import OURS

GREY_METHODS = (
    "zero_shot",
    "assume_negative",
    "ignore_unknown",
    "entropy",
    "raw",
    "centred",
    "softmax",
)
DASHES = {
    "zero_shot": "1 4",
    "assume_negative": "6 3",
    "ignore_unknown": "10 3 2 3",
    "entropy": "3 3",
    "softmax": "1 4",
}
GREY = 7
LIGHT = ("#b5381f", "#2c4f9e", "#3c8a7d", "#b98a2f", "#7d4a9e", "#5d7a1f", "#c2588f", "#8d8f98")
DARK = ("#ff9a83", "#8fabf0", "#75c7b7", "#e0b865", "#c79bea", "#b2cf6a", "#f09ac6", "#85878f")
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
MOST_TICKS = 8


def _rules(ink: str, colours: Sequence[str]) -> str:
    drawn = "".join(
        f".plot .m{n}.line{{stroke:{c};fill:none}}.plot .m{n}.fill{{fill:{c}}}"
        for n, c in enumerate(colours)
    )
    return f".plot{{color:{ink}}}{drawn}"


LIGHT_STYLE = (
    ".plot{font:12px system-ui,sans-serif}.plot text{fill:currentColor}"
    ".plot .grid{stroke:currentColor;opacity:.13}.plot .zero{stroke:currentColor;opacity:.55}"
    + _rules("#23252b", LIGHT)
)
PAGE_STYLE = Markup(  # noqa: S704 - no value of a user's is in it
    f"{LIGHT_STYLE}@media (prefers-color-scheme: dark){{{_rules('#e9e7e1', DARK)}}}"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """Values to pixels, with round ticks."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], *, start: float, end: float) -> "Scale":
        """From a little below the lowest to a little above the highest."""
        finite = [value for value in values if value == value]
        low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
        room = max(0.04 * (high - low), 0.002)
        return cls(low=low - room, high=high + room, start=start, end=end)

    def at(self, value: float) -> float:
        """The pixel of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """Round values within the scale."""
        wide = self.high - self.low
        step = next((s for s in STEPS if wide / s <= MOST_TICKS), STEPS[-1])
        first, last = -(-self.low // step), self.high // step
        return [round(n * step, 6) for n in range(int(first), int(last) + 1)]


def colour_of(method: str, methods: Sequence[str]) -> str:
    """A class of colour: ours stands out, published methods differ, baselines are grey."""
    if method == OURS:
        return "m0"
    coloured = [name for name in methods if name not in (*GREY_METHODS, OURS)]
    return f"m{1 + coloured.index(method) % (GREY - 1)}" if method in coloured else f"m{GREY}"


def interval_row(
    name: str,
    values: tuple[float, float, float],
    x: Scale,
    y: float,
    colour: str,
    *,
    strong: bool,
    signed: bool = False,
) -> str:
    """A name, its value as a dot, its bounds as a line, and the value in digits."""
    value, low, high = values
    weight = ' font-weight="700"' if strong else ""
    number = f"{value:+.3f}" if signed else f"{value:.3f}"
    return (
        f'<text x="{x.start - 12}" y="{y + 4:.1f}" text-anchor="end"{weight}>{escape(name)}</text>'
        f'<path class="{colour} line" stroke-width="2" '
        f'd="M{x.at(low):.1f} {y:.1f}H{x.at(high):.1f}"/>'
        f'<circle class="{colour} fill" cx="{x.at(value):.1f}" cy="{y:.1f}" '
        f'r="{5 if strong else 4}"><title>{number} [{low:.3f}, {high:.3f}]</title></circle>'
        f'<text x="{x.end + 14}" y="{y + 4:.1f}"{weight}>{number}</text>'
    )


def vertical_grid(x: Scale, bottom: float, *, signed: bool = False) -> list[str]:
    """Lines at the ticks with their values above; 0 is stronger where values are signed."""
    return [
        f'<path class="{"zero" if signed and tick == 0 else "grid"}" '
        f'd="M{x.at(tick):.1f} 24V{bottom}"/>'
        f'<text x="{x.at(tick):.1f}" y="14" text-anchor="middle">'
        f"{f'{tick:+g}' if signed and tick else f'{tick:g}'}</text>"
        for tick in x.ticks
    ]


def opening(width: float, height: float, label: str) -> str:
    """The first tag of a plot."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(label)}">'
    )


def closed(parts: Sequence[str]) -> Markup:
    """The whole plot."""
    return Markup("".join(parts) + "</svg>")  # noqa: S704 - names are escaped, the rest numbers


def standalone(plot: Markup) -> str:
    """A plot as a file of its own, with light colours."""
    head, _, rest = str(plot).partition(">")
    return (
        f"{head}><style>{LIGHT_STYLE}</style><rect width='100%' height='100%' fill='#fff'/>{rest}\n"
    )
