"""Ways to hide labels, and the words for them on the command line and in params.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from components.errors import InputError

RELEASED_SEEDS: Mapping[str, int] = {"cole": 1200, "hcp": 0, "cap": 1}
"""The seed that each published code was released with, by the name that ``released`` takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SinglePositive:
    """Keeps one known positive a row, chosen uniformly, and nothing else.

    The setting of Cole et al. 2021, "Multi-Label Learning from Single Positive
    Labels". A row without a known positive keeps nothing.
    """

    released: Literal["cole"] | None = None
    """Draws as the released code of that name does; None by hash."""

    def __str__(self) -> str:
        return f"single-positive{_suffix(self.released)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Partial:
    """Keeps each known cell, present or absent, with one probability."""

    share: float
    """Probability that a known cell stays known; in (0, 1)."""
    released: Literal["hcp"] | None = None

    def __post_init__(self) -> None:
        _check_share("partial", self.share)

    def __str__(self) -> str:
        return f"partial:{self.share:g}{_suffix(self.released)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Few:
    """Keeps all known cells of a share of the rows, and nothing of the others."""

    share: float
    """Expected share of rows that stay labelled; in (0, 1)."""
    released: Literal["cap"] | None = None

    def __post_init__(self) -> None:
        _check_share("few", self.share)

    def __str__(self) -> str:
        return f"few:{self.share:g}{_suffix(self.released)}"


HidingProtocol = SinglePositive | Partial | Few


def parse_protocol(word: str) -> HidingProtocol:
    """The protocol named on the command line or in params.yaml.

    Example:
        >>> parse_protocol("partial:0.3")
        Partial(share=0.3, released=None)

    Raises:
        InputError: If the word names no protocol or its share is out of range.
    """
    body, _, code = word.strip().partition("@")
    name, _, share = body.partition(":")
    try:
        match (name, code):
            case ("single-positive", "" | "cole") if not share:
                return SinglePositive(released="cole" if code else None)
            case ("partial", "" | "hcp"):
                return Partial(share=float(share), released="hcp" if code else None)
            case ("few", "" | "cap"):
                return Few(share=float(share), released="cap" if code else None)
            case _:
                pass
    except InputError:
        raise
    except ValueError:
        pass
    raise InputError(
        f"{word!r} is not a way to hide labels; use single-positive, partial:SHARE or few:SHARE, "
        "for example partial:0.3; or, as released code draws them, single-positive@cole, "
        "partial:SHARE@hcp or few:SHARE@cap."
    )


def _suffix(released: str | None) -> str:
    return f"@{released}" if released else ""


def _check_share(name: str, share: float) -> None:
    if not 0 < share < 1:
        raise InputError(
            f"{name} needs a share between 0 and 1, both excluded, got {share:g}; "
            f"for example {name}:0.3."
        )
