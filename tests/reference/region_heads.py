"""Heads over regions, one image and label at a time, from the equations of methods.md."""

import math

import numpy as np


def softmax(scores):
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()


def gelu(x):
    return np.array([v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x])


def attended_region(regions, query, down, down_bias, up):
    """R of one label: what it attends to, refined, at unit length."""
    seen = sum(share * each for share, each in zip(softmax(regions @ query), regions, strict=True))
    full = seen + up @ gelu(down @ (query + seen) + down_bias)
    return full / np.linalg.norm(full)


def evidence_logit(regions, where, what, bias):
    """⟨v, t⟩ + b of one label."""
    shares = softmax(regions @ where)
    pooled = sum(share * each for share, each in zip(shares, regions, strict=True))
    return pooled @ what + bias
