"""What the pictures of a batch show, said in the words that this batch uses."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor
from torch.nn import functional

from examples.cards.captions import article
from examples.cards.training_words import COLOURS, FORMS, NOTHING, WordTable

COLOURED_SHARE = 0.3
"""Share of coloured things that are called by word and colour, as in "a red car"."""
LEFT_SHARE = 0.3
"""A thing of which a crop leaves less than that share counts neither as there nor as not."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Columns are the distinct phrases of a batch; the first stands for no thing at all."""

    phrases: tuple[str, ...]
    images: Bool[Tensor, "batch phrases"]
    """Phrases that this batch uses for something in the picture."""
    open_images: Bool[Tensor, "batch phrases"]
    """Phrases that would be right as well; they count neither way."""
    regions: Float[Tensor, "batch regions phrases"]
    """Share of each region that belongs to what a phrase is used for; rows add up to 1."""
    open_regions: Bool[Tensor, "batch regions phrases"]
    subjects: Bool[Tensor, "batch subjects"]
    """Rows of the word table that are in the picture."""
    open_subjects: Bool[Tensor, "batch subjects"]
    """Those of which a crop left little."""
    region_subjects: Float[Tensor, "batch regions subjects_and_ground"]
    """Share of each region that is a subject's; the last is the ground."""


def _chosen(
    subjects: np.ndarray, colours: np.ndarray, table: WordTable, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Word and colour by which each thing is called; alike for equal things of a picture."""
    sums = table.shares.cumsum(axis=1)
    draws = rng.random(subjects.shape)
    coloured = (rng.random(subjects.shape) < COLOURED_SHARE) & (colours >= 0)
    # The first of equal things draws for all of them.
    same = (subjects[:, :, None] == subjects[:, None, :]).argmax(axis=2)
    draws = np.take_along_axis(draws, same, axis=1)
    found = (sums[subjects.clip(0)] < draws[..., None]).sum(axis=2)
    words = np.where(subjects >= 0, np.minimum(found, sums.shape[1] - 1), -1)
    return words, np.where(coloured & (subjects >= 0), colours, -1)


def _form(word: str, rng: np.random.Generator) -> str:
    form = FORMS[int(rng.integers(len(FORMS)))]
    bare = form == "{}" and rng.random() < 0.5
    return form.format(word if bare else article(word))


def targets_of(
    subjects: np.ndarray,
    colours: np.ndarray,
    owners: UInt8[Tensor, "batch side side"],
    before: UInt8[Tensor, "batch side side"],
    table: WordTable,
    grid: int,
    rng: np.random.Generator,
) -> Targets:
    """Words drawn for the things of a batch, and where they hold.

    Args:
        subjects: Rows of the word table (batch, things), -1 where there is none.
        colours: Their colours (batch, things), -1 without one.
        owners: Which thing is seen where after augmentation.
        before: The same before augmentation.
        table: The words.
        grid: Rows, and columns, of the encoder's regions.
        rng: Draws the words.
    """
    things = subjects.shape[1]
    words, shades = _chosen(subjects, colours, table, rng)
    keys = np.where(words >= 0, (words + 1) * (len(COLOURS) + 1) + shades + 1, 0)
    columns, place = np.unique(np.append(0, keys.ravel()), return_inverse=True)
    place = torch.from_numpy(place[1:].reshape(keys.shape))
    word_of, shade_of = columns // (len(COLOURS) + 1) - 1, columns % (len(COLOURS) + 1) - 1
    phrases = tuple(
        NOTHING
        if w < 0
        else _form(f"{COLOURS[s]} {table.words[w]}" if s >= 0 else table.words[w], rng)
        for w, s in zip(word_of, shade_of, strict=True)
    )
    right = table.true[subjects.clip(0)][:, :, word_of.clip(0)]
    right &= (shade_of == -1) | (colours[:, :, None] == shade_of)
    right &= (subjects >= 0)[:, :, None] & (word_of >= 0)
    right = torch.from_numpy(right)
    used = functional.one_hot(place, len(columns)).bool() & (place > 0)[..., None]
    masks = functional.one_hot(owners.long(), things + 1).permute(0, 3, 1, 2).float()
    left = masks.flatten(2).sum(2)[:, 1:]
    full = functional.one_hot(before.long(), things + 1).flatten(1, 2).sum(1)[:, 1:]
    there = left > LEFT_SHARE * full
    touched = left > 0
    images = (used & there[..., None]).any(1)
    open_images = ((right | used) & touched[..., None]).any(1) & ~images
    cells = functional.adaptive_avg_pool2d(masks, grid).flatten(2).transpose(1, 2)
    nothing = torch.zeros(len(subjects), 1, len(columns))
    nothing[..., 0] = 1
    kinds = torch.cat([nothing, used.float()], dim=1)
    # Things that have no word (they can hardly be seen) leave the ground to nobody.
    regions = cells @ kinds
    regions = regions / regions.sum(2, keepdim=True).clamp(min=1e-6)
    near = (cells[..., 1:] > 0).float() @ (right | used).float() > 0
    rows = torch.from_numpy(np.where(subjects >= 0, subjects, len(table.subjects))).long()
    kinds = functional.one_hot(rows, len(table.subjects) + 1)
    shown = (kinds.bool() & there[..., None]).any(1)[:, :-1]
    cut = (kinds.bool() & touched[..., None]).any(1)[:, :-1] & ~shown
    ground = torch.zeros(len(subjects), 1, kinds.shape[2])
    ground[..., -1] = 1
    return Targets(
        phrases=phrases,
        images=images,
        open_images=open_images,
        regions=regions,
        open_regions=near & (regions == 0),
        subjects=shown,
        open_subjects=cut,
        region_subjects=cells @ torch.cat([ground, kinds.float()], dim=1),
    )


def row_ids(tokens: np.ndarray) -> Int64[Tensor, " rows"]:
    """Numbers of token rows, equal where the rows are."""
    return torch.from_numpy(np.unique(tokens, axis=0, return_inverse=True)[1].reshape(-1))
