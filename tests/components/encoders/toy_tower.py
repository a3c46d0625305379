"""A text tower of one mixing layer, and sentences of labels in its tokens."""

from dataclasses import replace

import torch
from torch import nn

from components.models.prompt_tokens import Prompter, TextTower

WIDTH, WORDS = 8, 3


class ToyTower(TextTower):
    """Each place takes in the mean of all before it."""

    context_length = 24
    reads_to_end = True

    def __init__(self, num_tokens, embed):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.table = nn.Embedding(num_tokens, WIDTH)
            self.place = nn.Parameter(torch.randn(self.context_length, WIDTH))
            self.mix = nn.Linear(WIDTH, 32)
            self.out = nn.Linear(32, embed)
        self.requires_grad_(requires_grad=False)

    def embed(self, tokens):
        return self.table(tokens)

    def forward(self, embedded, ends):
        length = embedded.shape[1]
        counts = torch.arange(1, length + 1, device=embedded.device)[:, None]
        mixed = (embedded + self.place[:length]).cumsum(dim=1) / counts.sqrt()
        read = self.out(torch.tanh(self.mix(mixed)))
        return read[torch.arange(len(read), device=read.device), ends]


def toy_prompter(num_labels, embed):
    """Labels are named by one word each; every second also by another."""
    first_name = WORDS + 2
    rest = torch.zeros(num_labels, 24, dtype=torch.int64)
    rest[:, 0] = torch.arange(num_labels) + first_name
    rest[:, 1] = 1
    rest[1::2, 1] = first_name
    rest[1::2, 2] = 1
    ends = torch.ones(num_labels, dtype=torch.int64)
    ends[1::2] = 2
    return Prompter(
        tower=ToyTower(first_name + num_labels, embed),
        names=tuple(f"label {number}" for number in range(num_labels)),
        first=torch.zeros(1, dtype=torch.int64),
        words=torch.arange(2, 2 + WORDS),
        rest=rest,
        ends=ends,
    )


def turned(prompter, order):
    """The same labels in another order."""
    order = torch.as_tensor(order)
    return replace(
        prompter,
        names=tuple(prompter.names[place] for place in order),
        rest=prompter.rest[order],
        ends=prompter.ends[order],
    )
