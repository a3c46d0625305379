"""The three states of a cell, and who set them."""

from enum import StrEnum

PRESENT = 1
ABSENT = -1
UNKNOWN = 0


class Provenance(StrEnum):
    """Where the state of a known cell comes from."""

    OBSERVED = "observed"
    REVIEWED = "reviewed"
    IMPLIED = "implied"
    """Follows from another known cell of the image by the vocabulary's parents."""
    PSEUDO = "pseudo"
