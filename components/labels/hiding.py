"""Hides known cells on purpose, to measure how well they are found again.

Whether a cell stays is a function of (seed, example id, label) alone: adding
examples or labels, or reordering them, never changes the mask of the others.
Protocols that name released code (``single-positive@cole``) are the exception:
they draw as that code does, from the order of a whole list.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from blake3 import blake3
from jaxtyping import Bool, Float, UInt64

from components.errors import InputError
from components.labels.matrix import LabelMatrix
from components.labels.protocols import Few, HidingProtocol, Partial, SinglePositive
from components.labels.published_masks import (
    cap_labelled_rows,
    cole_single_positive,
    hcp_partial,
)
from components.labels.states import UNKNOWN

_ROWS_AT_ONCE = 16_384


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
    num_drawn_over: int
    """Rows that the mask was drawn over, of which these are all or a part."""
    drawn_mask_hash: str
    """``mask_hash`` of all those rows: equal for everyone who has the same list."""


def hide(
    labels: LabelMatrix,
    protocol: HidingProtocol,
    *,
    seed: int,
    drawn_over: LabelMatrix | None = None,
) -> Hiding:
    """Hide known cells of ``labels`` by ``protocol``; unknown cells stay unknown.

    Args:
        labels: The rows to hide from.
        protocol: How.
        seed: Of the mask.
        drawn_over: For a protocol of released code: the whole list in its
            published order, whose mask is drawn and of which ``labels`` are rows.
            None takes ``labels`` themselves.

    Raises:
        InputError: If ``labels`` has rows that ``drawn_over`` has not.
    """
    if protocol.released is None:
        kept = _keep(labels, _drawn_by_hash(labels, protocol, seed))
        whole = kept
    else:
        pool = drawn_over or labels
        whole = _keep(pool, _drawn_as_released(pool, protocol, seed))
        kept = _rows_of(whole, labels)
    hidden = np.where(kept.known, np.int8(UNKNOWN), labels.states)
    kept_hash = mask_hash(kept)
    return Hiding(
        protocol=protocol,
        seed=seed,
        kept=kept,
        hidden=LabelMatrix(labels.example_ids, labels.vocabulary, hidden),
        mask_hash=kept_hash,
        num_drawn_over=len(whole.example_ids),
        drawn_mask_hash=kept_hash if whole is kept else mask_hash(whole),
    )


def _keep(labels: LabelMatrix, keep: Bool[np.ndarray, "examples labels"]) -> LabelMatrix:
    states = np.where(keep, labels.states, np.int8(UNKNOWN))
    return LabelMatrix(labels.example_ids, labels.vocabulary, states)


def _rows_of(whole: LabelMatrix, labels: LabelMatrix) -> LabelMatrix:
    """The rows of ``labels`` as the mask over the whole list left them."""
    foreign = set(labels.example_ids).difference(whole.example_ids)
    if foreign:
        raise InputError(
            f"The mask of released code covers its training list alone, and {len(foreign)} images "
            f"to hide labels of are not on it, {min(foreign)!r} first. Name only train and val in "
            "hide.splits."
        )
    return whole.select(labels.example_ids)


def _drawn_by_hash(
    labels: LabelMatrix, protocol: HidingProtocol, seed: int
) -> Bool[np.ndarray, "examples labels"]:
    keep = np.zeros(labels.states.shape, dtype=np.bool_)
    columns = _label_keys(labels.vocabulary.names)
    for start in range(0, len(labels.example_ids), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        row_keys = _example_keys(labels.example_ids[rows], seed)
        keep[rows] = _kept(protocol, labels, rows, row_keys, columns)
    return keep


def _drawn_as_released(
    labels: LabelMatrix, protocol: HidingProtocol, seed: int
) -> Bool[np.ndarray, "examples labels"]:
    num_examples, num_labels = labels.states.shape
    match protocol:
        case SinglePositive():
            return cole_single_positive(labels.states, seed=seed)
        case Partial(share=share):
            return hcp_partial(num_examples, num_labels, share=share, seed=seed)
        case Few(share=share):
            keep = np.zeros(labels.states.shape, dtype=np.bool_)
            keep[cap_labelled_rows(num_examples, share=share, seed=seed)] = True
            return keep


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
