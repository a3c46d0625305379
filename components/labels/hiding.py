"""Hides known cells on purpose, to measure how well they are found again.

Whether a cell stays is a function of (seed, example id, label) alone: adding
examples or labels, or reordering them, never changes the mask of the others.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from blake3 import blake3
from jaxtyping import Bool, Float, UInt64

from components.errors import InputError
from components.labels.matrix import LabelMatrix
from components.labels.states import UNKNOWN

_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True, kw_only=True, slots=True)
class SinglePositive:
    """Keeps one known positive a row, chosen uniformly, and nothing else.

    The setting of Cole et al. 2021, "Multi-Label Learning from Single Positive
    Labels". A row without a known positive keeps nothing.
    """

    def __str__(self) -> str:
        return "single-positive"


@dataclass(frozen=True, kw_only=True, slots=True)
class Partial:
    """Keeps each known cell, present or absent, with one probability."""

    share: float
    """Probability that a known cell stays known; in (0, 1)."""

    def __post_init__(self) -> None:
        _check_share("partial", self.share)

    def __str__(self) -> str:
        return f"partial:{self.share:g}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Few:
    """Keeps all known cells of a share of the rows, and nothing of the others."""

    share: float
    """Expected share of rows that stay labelled; in (0, 1)."""

    def __post_init__(self) -> None:
        _check_share("few", self.share)

    def __str__(self) -> str:
        return f"few:{self.share:g}"


HidingProtocol = SinglePositive | Partial | Few


@dataclass(frozen=True, kw_only=True, slots=True)
class Hiding:
    """What a protocol left and what it took; together they are the input.

    ``mask_hash`` is the SHA-256 of the sorted (example id, label) pairs that
    stay known, in hexadecimal.
    """

    protocol: HidingProtocol
    seed: int
    kept: LabelMatrix
    hidden: LabelMatrix
    mask_hash: str


def parse_protocol(word: str) -> HidingProtocol:
    """The protocol named on the command line or in params.yaml.

    Example:
        >>> parse_protocol("partial:0.3")
        Partial(share=0.3)

    Raises:
        InputError: If the word names no protocol or its share is out of range.
    """
    name, _, share = word.strip().partition(":")
    try:
        match name:
            case "single-positive" if not share:
                return SinglePositive()
            case "partial":
                return Partial(share=float(share))
            case "few":
                return Few(share=float(share))
            case _:
                pass
    except InputError:
        raise
    except ValueError:
        pass
    raise InputError(
        f"{word!r} is not a way to hide labels; use single-positive, partial:SHARE or few:SHARE, "
        "for example partial:0.3."
    )


def hide(labels: LabelMatrix, protocol: HidingProtocol, *, seed: int) -> Hiding:
    """Hide known cells of ``labels`` by ``protocol``; unknown cells stay unknown."""
    keep = np.zeros(labels.states.shape, dtype=np.bool_)
    columns = _label_keys(labels.vocabulary.names)
    for start in range(0, len(labels.example_ids), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        row_keys = _example_keys(labels.example_ids[rows], seed)
        keep[rows] = _kept(protocol, labels, rows, row_keys, columns)
    keep &= labels.known
    kept = np.where(keep, labels.states, np.int8(UNKNOWN))
    hidden = np.where(keep, np.int8(UNKNOWN), labels.states)
    kept_matrix = LabelMatrix(labels.example_ids, labels.vocabulary, kept)
    return Hiding(
        protocol=protocol,
        seed=seed,
        kept=kept_matrix,
        hidden=LabelMatrix(labels.example_ids, labels.vocabulary, hidden),
        mask_hash=mask_hash(kept_matrix),
    )


def mask_hash(labels: LabelMatrix) -> str:
    """SHA-256 over which cells are known, whatever the order of rows and columns."""
    names = np.array(labels.vocabulary.names, dtype=object)
    order = np.argsort(names)
    sorted_names = [name.encode() + b"\0" for name in names[order]]
    known = labels.known[:, order]
    digest = hashlib.sha256()
    for row in sorted(range(len(labels.example_ids)), key=labels.example_ids.__getitem__):
        known_columns = np.flatnonzero(known[row]).tolist()
        if known_columns:
            cells = b"".join([sorted_names[column] for column in known_columns])
            # The empty name ends a row, so no two masks share a byte string.
            digest.update(labels.example_ids[row].encode() + b"\0" + cells + b"\0")
    return digest.hexdigest()


def _kept(
    protocol: HidingProtocol,
    labels: LabelMatrix,
    rows: slice,
    row_keys: UInt64[np.ndarray, " rows"],
    label_keys: UInt64[np.ndarray, " labels"],
) -> Bool[np.ndarray, "rows labels"]:
    match protocol:
        case Few(share=share):
            stays = _uniform(row_keys) < share
            return np.broadcast_to(stays[:, None], (len(row_keys), len(label_keys)))
        case Partial(share=share):
            return _uniform(row_keys[:, None] ^ label_keys[None, :]) < share
        case SinglePositive():
            present = labels.present[rows]
            lots = _uniform(row_keys[:, None] ^ label_keys[None, :])
            winner = np.where(present, lots, 2.0).argmin(axis=1)
            chosen = np.zeros_like(present)
            chosen[np.arange(len(winner)), winner] = True
            return chosen & present


def _example_keys(example_ids: tuple[str, ...], seed: int) -> UInt64[np.ndarray, " examples"]:
    prefix = f"{seed}:".encode()
    joined = b"".join([blake3(prefix + name.encode()).digest(8) for name in example_ids])
    return np.frombuffer(joined, dtype="<u8").astype(np.uint64)


def _label_keys(names: tuple[str, ...]) -> UInt64[np.ndarray, " labels"]:
    joined = b"".join([blake3(b"label:" + name.encode()).digest(8) for name in names])
    return np.frombuffer(joined, dtype="<u8").astype(np.uint64)


def _uniform(keys: UInt64[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Numbers in [0, 1) by the SplitMix64 finaliser (Steele et al. 2014)."""
    mixed = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def _check_share(name: str, share: float) -> None:
    if not 0 < share < 1:
        raise InputError(
            f"{name} needs a share between 0 and 1, both excluded, got {share:g}; "
            f"for example {name}:0.3."
        )
