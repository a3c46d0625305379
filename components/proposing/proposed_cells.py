"""Proposed cells on their way to a file: many are kept outside memory, in the order of images."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType

import numpy as np

CELL = np.dtype([("image", "<i4"), ("label", "<i4"), ("score", "<f4"), ("state", "i1")])
"""Place of the image in the order of ids, column of the label, probability, +1 or -1."""


class CellFile:
    """Cells written once and read in parts; nothing of it is left when the process ends."""

    def __init__(self, scratch: Path) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._file = TemporaryFile(dir=scratch)  # noqa: SIM115 - closed by __exit__
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __enter__(self) -> "CellFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, cells: np.ndarray) -> None:
        """Cells of :data:`CELL`, after those before."""
        self._file.write(cells.tobytes())
        self._count += len(cells)

    def parts(self, at_once: int) -> Iterator[np.ndarray]:
        """All of them in their order, some at a time."""
        self._file.seek(0)
        for start in range(0, self._count, at_once):
            length = min(at_once, self._count - start)
            yield np.frombuffer(self._file.read(length * CELL.itemsize), CELL)
