"""The masks that the released code of published protocols draws, cell for cell.

Three drawings, each read in the code that published results were made with:

- ``cole``: one positive an image, and the hold-out, of Cole et al. 2021,
  "Multi-Label Learning from Single Positive Labels" (preproc/
  generate_observed_labels.py and datasets.py; VLPL's copy is the same);
- ``hcp``: each cell with one probability, of HCP-MLR-PL, the code of SST and
  SARB (``changeLabelProportion`` in datasets/coco2014.py and voc2007.py);
- ``cap``: a share of the images, of CAP, Xie et al. 2023 (lib/dataset/
  get_dataset.py; D2L's copy is the same).

They run on numpy's legacy generator, whose stream is frozen, so the drawings do
not change with numpy. All depend on the order of the rows, and the first two
on that of the columns: another order of the same list is another mask.

- cole, cap: VOC by file name; COCO by image id *written as text*, without the
  images that have no label; CUB as in images.txt; NUS-WIDE as in the formatted
  files that went with the code, which are no longer offered.
- hcp: the order of the list file (VOC) or of ``images`` in the JSON (COCO), all
  images. Its columns follow a file category.json that was not to be had; the
  order of the category ids is assumed.

What could not be compared here is a mask file of the authors, since none is
public: that these functions draw the same is shown by tests against the
statements of that code written out row by row.
"""

import numpy as np
from jaxtyping import Bool, Int8, Int64

from components.errors import InputError
from components.labels.protocols import RELEASED_SEEDS
from components.labels.states import ABSENT, PRESENT

_MAX_SEED = 2**32 - 1


def cole_single_positive(
    states: Int8[np.ndarray, "examples labels"], *, seed: int = RELEASED_SEEDS["cole"]
) -> Bool[np.ndarray, "examples labels"]:
    """Which cells stay: one positive of each row that has one.

    The released code also shuffles each row's negatives, of which it then keeps
    none; this moves the stream on, so it is done here too.

    Args:
        states: Every cell known, rows in the published order; an unknown cell is
            neither a positive nor a negative.
        seed: As released: 1200.
    """
    random = _legacy(seed)
    kept = np.zeros(states.shape, dtype=np.bool_)
    for row, cells in enumerate(states):
        positives = np.flatnonzero(cells == PRESENT)
        random.shuffle(positives)
        kept[row, positives[:1]] = True
        random.shuffle(np.flatnonzero(cells == ABSENT))
    return kept


def cole_split(
    num_examples: int, *, val_share: float = 0.2, seed: int = RELEASED_SEEDS["cole"]
) -> tuple[Int64[np.ndarray, " train"], Int64[np.ndarray, " val"]]:
    """Rows of the official training list for training and for the hold-out, each sorted.

    Example:
        >>> train, val = cole_split(5717)
        >>> len(train), len(val)
        (4574, 1143)

    Raises:
        InputError: If either part would be empty.
    """
    num_val = int(np.round(val_share * num_examples))
    if not 0 < num_val < num_examples:
        raise InputError(
            f"A hold-out of {val_share:g} of {num_examples} images leaves {num_val} images in it; "
            "both parts need at least one."
        )
    drawn = _legacy(seed).permutation(num_examples)
    return np.sort(drawn[:-num_val]), np.sort(drawn[-num_val:])


def hcp_partial(
    num_examples: int, num_labels: int, *, share: float, seed: int = RELEASED_SEEDS["hcp"]
) -> Bool[np.ndarray, "examples labels"]:
    """Which cells stay: each, present or absent, with probability ``share``."""
    return _legacy(seed).random_sample((num_examples, num_labels)) < share


def cap_labelled_rows(
    num_examples: int, *, share: float, seed: int = RELEASED_SEEDS["cap"]
) -> Int64[np.ndarray, " labelled"]:
    """The rows that stay labelled, in the order drawn.

    There are ``int(share * num_examples)``, with the rounding of floating point
    that the released code has: 0.29 of 100 images are 28.

    Raises:
        InputError: If that is none.
    """
    num_labelled = int(share * num_examples)
    if num_labelled == 0:
        raise InputError(
            f"few:{share:g}@cap of {num_examples} images labels none; give a larger share."
        )
    return _legacy(seed).permutation(num_examples)[:num_labelled].astype(np.int64)


def _legacy(seed: int) -> np.random.RandomState:
    if not 0 <= seed <= _MAX_SEED:
        raise InputError(f"The seed of a released mask must be in 0…{_MAX_SEED}, got {seed}.")
    # The modern generators draw other numbers; released masks come from this one.
    return np.random.RandomState(seed)
