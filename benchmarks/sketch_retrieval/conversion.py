"""Settings of a conversion, and converters made of some classes' pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np
import torch
from jaxtyping import Float32

from benchmarks.sketch_retrieval.features import TEMPERATURES, Sketches
from components.methods.ma_sbir.converter import SketchConverter
from components.methods.ma_sbir.modalities import Modality
from components.methods.ma_sbir.offsets import Offsets, mean_offsets
from components.methods.ma_sbir.settling import Settling
from components.methods.ma_sbir.tempering import Spectrum, spectrum
from components.methods.ma_sbir.training import ModalitySchedule, SeenImages, fit_modalities

PHOTO_TEMPERATURE = 1.0
"""Photographs stay as the encoder gives them."""
SCHEDULE = ModalitySchedule(num_steps=100, batch_size=128)
OFFSETS = (("mean", 1.0), ("mean", 0.5), ("mean", 0.0), ("trained", 1.0))
METRICS = ((0.0, 1.0), (0.25, 1.0), (0.5, 10.0), (0.5, 3.0), (0.5, 1.0), (0.5, 0.3), (0.75, 1.0))
NEIGHBOURS = (10, 20, 40)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """Settings of a conversion; without ``settling`` the gallery takes no part in it.

    ``offsets`` names the vectors, trained or means, and ``share`` how much of the gap
    between them is taken away.
    """

    sketch_temperature: float
    offsets: str
    share: float
    power: float
    shrinkage: float
    settling: Settling | None = None


PLAIN = Candidate(sketch_temperature=1.0, offsets="mean", share=1.0, power=0.0, shrinkage=1.0)


def conversions(offsets: Sequence[tuple[str, float]] = OFFSETS) -> list[Candidate]:
    """The grid, the same for every fold."""
    return [
        Candidate(
            sketch_temperature=temperature,
            offsets=name,
            share=share,
            power=power,
            shrinkage=shrinkage,
        )
        for temperature, (name, share), (power, shrinkage) in product(
            TEMPERATURES, offsets, METRICS
        )
    ]


def settlings(conversion: Candidate) -> list[Candidate]:
    """The conversion, followed by moves towards 10, 20 or 40 photographs."""
    return [replace(conversion, settling=Settling(num_neighbours=k)) for k in NEIGHBOURS]


class Converters:
    """Makes converters from the pictures of some classes; keeps what they share."""

    def __init__(self, data: Sketches) -> None:
        self._data = data
        self.vectors = cache(self._vectors)
        self._space = cache(self._make_space)

    def make(self, classes: tuple[int, ...], candidate: Candidate, seed: int) -> SketchConverter:
        """A converter that saw nothing but the photographs and sketches of ``classes``."""
        offsets, spread = self._space(
            classes,
            candidate.sketch_temperature,
            candidate.offsets,
            candidate.share,
            seed if candidate.offsets == "trained" else 0,
        )
        metric = spread.tempering(power=candidate.power, shrinkage=candidate.shrinkage)
        return SketchConverter.of(offsets, metric)

    def _make_space(
        self, classes: tuple[int, ...], temperature: float, kind: str, share: float, seed: int
    ) -> tuple[Offsets, Spectrum]:
        data = self._data
        photo, sketch = data.photos_of(classes), data.sketches_of(classes)
        photos = data.photos[PHOTO_TEMPERATURE][photo]
        sketches = data.sketches[temperature][sketch]
        offsets = mean_offsets(
            photos, data.photo_classes[photo], sketches, data.sketch_classes[sketch]
        )
        if kind == "trained":
            vectors = self.vectors(classes, temperature, seed)
            offsets = offsets.trained(vectors[Modality.PHOTO], vectors[Modality.SKETCH])
        offsets = offsets.share(share)
        return offsets, spectrum(offsets.parts(photos, sketches))

    def _vectors(
        self, classes: tuple[int, ...], temperature: float, seed: int
    ) -> Float32[np.ndarray, "modalities embed"]:
        """MA-SBIR's modality vectors, trained on the pictures of ``classes`` and their names."""
        data = self._data
        photo, sketch = data.photos_of(classes), data.sketches_of(classes)
        kinds = [Modality.PHOTO] * int(photo.sum()) + [Modality.SKETCH] * int(sketch.sum())
        photos, sketches = data.photos[PHOTO_TEMPERATURE], data.sketches[temperature]
        seen = SeenImages(
            images=torch.from_numpy(np.concatenate([photos[photo], sketches[sketch]])),
            modality=torch.tensor(kinds),
            classes=torch.from_numpy(
                np.concatenate([data.photo_classes[photo], data.sketch_classes[sketch]])
            ),
            class_texts=torch.from_numpy(data.texts),
        )
        return fit_modalities(seen, SCHEDULE, seed=seed).table.vectors.detach().numpy()
