"""A Gaussian discriminant over the regions that are surest of their name (PIAA, ICML 2026).

For each name the 512 regions with the least entropy are taken as its examples, a discriminant
is fitted, its surest examples are kept, and it is fitted again. The score of an image is 0.9
of its best region's and 0.1 of the whole image's cosine.

Ours, where the paper sets a number for each data set or reads labels' scales:

- the entropy is that of a softmax at the encoder's own temperature, not at 60;
- all examples of a name count the same, and "surest" is judged by scores, not by a softmax
  whose temperature differs from data set to data set;
- both parts of an image's score are in standard deviations over the training images, where the
  paper adds shares of two softmaxes, each sharpened by hand;
- a name that no region speaks for keeps its text, less the mean of all texts.
"""

import numpy as np
from jaxtyping import Float32

from components.methods.region_discriminant.certain_regions import certain_regions
from components.methods.region_discriminant.discriminant import (
    fitted_discriminant,
    kept_by_first_fit,
)
from components.methods.region_discriminant.settings import RegionDiscriminantSettings
from components.models.heads.best_region import BestRegionHead
from components.training.readings import rows_looked_at, standardised_readings
from components.training.task import Task


def attempts(task: Task) -> tuple[RegionDiscriminantSettings, ...]:
    """The only one there is."""
    return (RegionDiscriminantSettings(),)


def untrained_head(settings: RegionDiscriminantSettings, task: Task) -> BestRegionHead:
    """Learns from regions of training images; their labels are not read."""
    return standardised_readings(
        task,
        directions(settings, task),
        regions_share=settings.regions,
        whole_share=1 - settings.regions,
    )


def directions(
    settings: RegionDiscriminantSettings, task: Task
) -> Float32[np.ndarray, "labels embed"]:
    """What to look for in regions; a bias would change no label's order."""
    names = np.asarray(task.names.vectors, np.float32)
    text = names - names.mean(axis=0) if len(names) > 1 else names
    chosen = certain_regions(task.regions[0], rows_looked_at(task), task.names, settings.certain)
    first = fitted_discriminant(chosen.vectors, chosen.label, len(names))
    if first.fitted.sum() < 2:  # nothing to tell apart
        return text
    rows, label = kept_by_first_fit(chosen.vectors, chosen.label, first)
    last = fitted_discriminant(chosen.vectors[rows], label, len(names))
    return np.where(last.fitted[:, None], last.weight, text)
