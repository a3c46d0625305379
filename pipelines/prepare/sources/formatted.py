"""The arrays that the released code of Cole et al. 2021 makes of a data set.

    formatted_train_images.npy, formatted_val_images.npy     paths of images
    formatted_train_labels.npy, formatted_val_labels.npy     0 or 1, images × labels

Single-positive and semi-supervised papers share data sets in this form; the
re-crawled NUS-WIDE exists in no other. ``val`` is what they test on.
"""

from pathlib import Path

import numpy as np

from components.data.examples import Split
from components.errors import InputError
from components.labels.states import ABSENT, PRESENT
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.paths import require_folder
from pipelines.prepare.sources.records import SourceRecords
from project.settings.source import SourceSettings

PARTS: tuple[tuple[Split, str], ...] = (("train", "train"), ("test", "val"))


def read(source: SourceSettings, root: Path) -> SourceRecords:
    """Read the four arrays; ``source.vocabulary`` names the columns, which they do not.

    Raises:
        InputError: If an array is missing, holds pickled objects or does not fit
            the others.
    """
    if source.annotations is None:
        raise InputError("A formatted source needs source.annotations: the folder of the arrays.")
    if source.vocabulary is None:
        raise InputError(
            "The arrays of a formatted source do not name their labels; list the names in the "
            "order of the columns in source.vocabulary."
        )
    folder = root / source.annotations
    require_folder(folder, "source.annotations")
    names = source.vocabulary
    collector = RecordCollector(source.images, source.annotations)
    for split, word in PARTS:
        images = _array(folder / f"formatted_{word}_images.npy")
        path = folder / f"formatted_{word}_labels.npy"
        labels = _array(path)
        _check(images, labels, path, len(names))
        for row, image in enumerate(images):
            collector.add(
                image=_text(image).replace("\\", "/"),
                where=f"formatted_{word}_images.npy, row {row},",
                cells={names[column]: PRESENT for column in np.flatnonzero(labels[row] == 1)},
                rest=ABSENT,
                split=split,
            )
    return collector.finish(names, declared=True)


def _array(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise InputError(
            f"{path} does not exist; source.annotations must name the folder that holds "
            "formatted_{train,val}_{images,labels}.npy."
        ) from None
    except (ValueError, OSError, EOFError) as fault:
        raise InputError(
            f"{path} is not a plain array of numpy's: {fault}. Pickled objects are never read; "
            "load the array where it was made and save it as text, numpy.array(list, dtype=str)."
        ) from None


def _check(images: np.ndarray, labels: np.ndarray, path: Path, num_names: int) -> None:
    if images.ndim != 1 or images.dtype.kind not in "US":
        raise InputError(
            f"{path.name.replace('labels', 'images')} must be a list of paths as text, got shape "
            f"{images.shape} of {images.dtype}."
        )
    if labels.shape != (len(images), num_names):
        raise InputError(
            f"{path} has shape {labels.shape}, but there are {len(images)} images and {num_names} "
            "names in source.vocabulary."
        )
    if not np.isin(labels, (0, 1)).all():
        raise InputError(f"{path} must hold only 0 and 1, as the released code writes it.")


def _text(value: np.str_ | np.bytes_) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
