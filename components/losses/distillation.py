"""Distillation of which labels stand out in an image.

KL(softmax(teacher / τ) ‖ softmax(student / τ)) over labels, mean over images; Hinton et
al., "Distilling the Knowledge in a Neural Network", 2015, without the factor τ².
"""

import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor


def distillation(
    teacher: Float[Tensor, "batch labels"],
    student: Float[Tensor, "batch labels"],
    temperature: float,
) -> Float[Tensor, ""]:
    """In nats, at least 0; the teacher gets no gradient."""
    wanted = (teacher.detach() / temperature).log_softmax(dim=1)
    given = (student / temperature).log_softmax(dim=1)
    return functional.kl_div(given, wanted, log_target=True, reduction="batchmean")
