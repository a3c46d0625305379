"""The whole image's cosine and the best region's, each standardised over images, added up (ours).

What kind of picture it is stands in the whole, what lies in a corner of it in a region. Cosines
of regions are higher and spread further, so neither can be added to the other before both are
in their own standard deviations. Both count the same; nothing here was chosen on any data.
"""

import numpy as np

from components.methods.two_readings.settings import TwoReadingsSettings
from components.models.heads.best_region import BestRegionHead
from components.training.readings import standardised_readings
from components.training.task import Task


def attempts(task: Task) -> tuple[TwoReadingsSettings, ...]:
    """The only one there is."""
    return (TwoReadingsSettings(),)


def untrained_head(settings: TwoReadingsSettings, task: Task) -> BestRegionHead:
    """Regions are compared with the names, as whole images are."""
    return standardised_readings(
        task,
        np.asarray(task.names.vectors, np.float32),
        regions_share=settings.regions,
        whole_share=1 - settings.regions,
    )
