"""A name for an encoder that is the same wherever the same numbers come out."""

import json
from collections.abc import Mapping

import torch
from blake3 import blake3
from torch import Tensor

DIGITS = 12


def encoder_id(kind: str, tensors: Mapping[str, Tensor], facts: Mapping[str, object]) -> str:
    """Hash weights and everything else that decides what an encoder computes.

    Paths, tags and file formats are left out on purpose: the same weights under
    another name give the same vectors. Hashing 100 MB takes about 0.1 s, so
    nothing is cached.

    Args:
        kind: First part of the name, as in the settings.
        tensors: Every weight and buffer, by name; the order does not matter.
        facts: Preprocessing, variant and tokenizer, as plain JSON values.

    Returns:
        ``<kind>-<12 hex digits>``.
    """
    digest = blake3(max_threads=blake3.AUTO)
    digest.update(json.dumps([kind, facts], sort_keys=True, allow_nan=False).encode())
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        # A view as bytes takes any type, bfloat16 too, which numpy does not know.
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return f"{kind}-{digest.hexdigest(length=DIGITS // 2)}"
