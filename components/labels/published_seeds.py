"""The released code that masks are drawn as, and its seeds; free of heavy imports."""

from collections.abc import Mapping

RELEASED_SEEDS: Mapping[str, int] = {"cole": 1200, "hcp": 0, "cap": 1}
"""The seed that each code was released with."""
