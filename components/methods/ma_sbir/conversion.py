"""Settings of a conversion, and its fit to some classes' pictures.

A fit sees photographs that show only those classes, sketches of those classes, and (for
trained vectors) those classes' names. No sketch is ever paired with a photograph.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool

from components.methods.ma_sbir.losses import TermWeights
from components.methods.ma_sbir.modalities import Modality
from components.methods.ma_sbir.offsets import Offsets, class_balanced_mean
from components.methods.ma_sbir.query_expansion import QueryExpansion
from components.methods.ma_sbir.training import (
    RELEASED_BATCH,
    RELEASED_EPOCHS,
    ModalitySchedule,
    SeenImages,
    fit_modalities,
)
from components.methods.ma_sbir.world import PLAIN, SketchWorld

Classes = tuple[int, ...]
WEIGHTS = TermWeights(clip=0.0)
"""The released ones, but for the contrast, which moves no vector of a frozen encoder."""
OUR_SCHEDULE = ModalitySchedule(num_steps=2000, batch_size=128, weights=WEIGHTS)
"""From vectors of zero: what is left of a random start is a shift of all queries."""


Vectors = Literal["means", "trained", "released"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversion:
    """How a sketch is made comparable with photographs.

    Attributes:
        drawing: Which of the world's drawings is the query.
        vectors: Modality vectors: ``means``, the closed form; ``trained`` from zero, by
            our schedule; ``released``, trained from random vectors by the released one.
        origin: Share a of the photographs' vector from which cosines are taken.
        gap: Share s of the gap between the modalities that is taken away.
        expansion: Moves towards the nearest photographs; without it the gallery takes
            no part in the conversion.
    """

    drawing: str = PLAIN
    vectors: Vectors = "means"
    origin: float = 1.0
    gap: float = 1.0
    expansion: QueryExpansion | None = None


RAW = Conversion(origin=0.0, gap=0.0)
CENTRED = Conversion()
PUBLISHED = Conversion(vectors="released", origin=0.0)


class Fitter:
    """Fits conversions, and keeps what they share."""

    def __init__(self, world: SketchWorld) -> None:
        self.world = world
        self._means = cache(self._measure)
        self._trained = cache(self._train)

    def offsets(self, classes: Classes, conversion: Conversion, seed: int) -> Offsets:
        """What to subtract, from nothing but pictures and names of ``classes``."""
        if conversion.vectors == "means":
            vectors = self._means(classes, conversion.drawing)
        else:
            vectors = self._trained(classes, conversion.drawing, conversion.vectors, seed)
        return vectors.from_origin(conversion.origin, conversion.gap)

    def _measure(self, classes: Classes, drawing: str) -> Offsets:
        world = self.world
        photo, sketch = self._training_photos(classes), world.sketches_of(classes)
        return Offsets(
            class_balanced_mean(world.photos[photo], world.shown[photo]),
            class_balanced_mean(world.sketches[drawing][sketch], world.drawn()[sketch]),
        )

    def _train(self, classes: Classes, drawing: str, vectors: Vectors, seed: int) -> Offsets:
        seen = self._samples(classes, drawing)
        if vectors == "trained":
            start = torch.zeros(len(Modality), seen.images.shape[1])
            fitted = fit_modalities(seen, OUR_SCHEDULE, seed=seed, start=start)
        else:
            num_steps = max(1, round(RELEASED_EPOCHS * len(seen.images) / RELEASED_BATCH))
            schedule = ModalitySchedule(num_steps=num_steps, weights=WEIGHTS)
            fitted = fit_modalities(seen, schedule, seed=seed)
        rows = fitted.table.vectors.detach().numpy()
        return Offsets(rows[Modality.PHOTO], rows[Modality.SKETCH])

    def _samples(self, classes: Classes, drawing: str) -> SeenImages:
        """A photograph of several classes is a sample of each."""
        world = self.world
        training = world.shown & self._training_photos(classes)[:, None]
        showing, photo_classes = np.nonzero(training)
        sketch = world.sketches_of(classes)
        images = np.concatenate([world.photos[showing], world.sketches[drawing][sketch]])
        kinds = [Modality.PHOTO] * len(showing) + [Modality.SKETCH] * int(sketch.sum())
        return SeenImages(
            images=torch.from_numpy(images.astype(np.float32)),
            modality=torch.tensor(kinds),
            classes=torch.from_numpy(np.concatenate([photo_classes, world.sketch_classes[sketch]])),
            class_texts=torch.from_numpy(world.class_vectors.astype(np.float32)),
        )

    def _training_photos(self, classes: Classes) -> Bool[np.ndarray, " photos"]:
        return self.world.photos_only_of(classes) & self.world.shown.any(axis=1)
