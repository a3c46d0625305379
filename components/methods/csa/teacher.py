"""The teacher: an average over the student's steps."""

import torch
from torch import Tensor, nn

from components.models.heads.head import Head, detached_copy


class AveragedHead(nn.Module):
    """A copy of a head that follows it slowly and is never trained itself.

    After t steps the average keeps min(decay, (1 + t) / (10 + t)) of itself, so that it
    forgets its start soon (the usual warm-up of such averages; ours for CSA).
    """

    steps: Tensor

    def __init__(self, student: Head, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.head = detached_copy(student).requires_grad_(False)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def follow(self, student: Head) -> None:
        """Move towards the student as it is after a step."""
        self.steps += 1
        count = int(self.steps)
        kept = min(self.decay, (1 + count) / (10 + count))
        for own, new in zip(self.head.parameters(), student.parameters(), strict=True):
            own.lerp_(new, 1 - kept)
