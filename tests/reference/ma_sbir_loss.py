"""MA-SBIR's terms, row by row, from methods.md, section 5."""

import math

import numpy as np


def norm(v):
    return v / math.sqrt(sum(x * x for x in v))


def cosine(a, b):
    return float(sum(x * y for x, y in zip(norm(a), norm(b), strict=True)))


def centre(z_v, z_t):
    return norm((z_v + z_t) / 2)


def sem(m, rows):
    total = 0.0
    for z_v, z_t, i, j, _ in rows:
        e = centre(z_v, z_t)
        total += (1 - cosine(z_t - m[j], e)) + (1 - cosine(z_v - m[i], e))
    return total / len(rows)


def rec(m, rows):
    total = 0.0
    for z_v, z_t, i, j, _ in rows:
        c_t_i = norm(z_t - m[j] + m[i])
        c_v_j = norm(z_v - m[i] + m[j])
        total += (1 - cosine(c_t_i, z_v)) + (1 - cosine(c_v_j, z_t))
    return total / len(rows)


def cross_entropy(logits, target):
    top = max(logits)
    return top + math.log(sum(math.exp(x - top) for x in logits)) - logits[target]


def mod(m, a, b, rows):
    of_text, of_image = [], []
    for z_v, z_t, i, j, _ in rows:
        for q in range(len(m)):
            if q != j:
                of_text.append(cross_entropy(a @ norm(z_t - m[j] + m[q]) + b, q))
            if q != i:
                of_image.append(cross_entropy(a @ norm(z_v - m[i] + m[q]) + b, q))
    return 0.5 * (np.mean(of_text) + np.mean(of_image))


def orth(m, rows):
    values = []
    for z_v, z_t, i, j, _ in rows:
        e = centre(z_v, z_t)
        values += [sum(abs(x * y) for x, y in zip(e, m[k], strict=True)) for k in (i, j)]
    return np.mean(values)


def clip(scale, rows):
    """Each row asked both ways; the targets are spread over all rows of its class."""
    total = 0.0
    for a, (z_v, z_t, _, _, own) in enumerate(rows):
        positives = [b for b, row in enumerate(rows) if row[4] == own]
        assert a in positives
        to_texts = [scale * float(z_v @ row[1]) for row in rows]
        to_images = [scale * float(z_t @ row[0]) for row in rows]
        for logits in (to_texts, to_images):
            total += np.mean([cross_entropy(logits, b) for b in positives])
    return total / (2 * len(rows))
