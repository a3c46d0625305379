"""Losses of TRM-ML, one cell or pair at a time, from their papers' equations."""

import math


def asymmetric_cell(logit, present, *, gamma_positive, gamma_negative, clip):
    p = 1 / (1 + math.exp(-logit))
    if present:
        return (1 - p) ** gamma_positive * -math.log(p)
    shifted = max(p - clip, 0.0)
    return shifted**gamma_negative * -math.log(1 - shifted)


def contrast(vectors, classes, temperature):
    def pull(i, j):
        return math.exp(
            sum(x * y for x, y in zip(vectors[i], vectors[j], strict=True)) / temperature
        )

    each = []
    for i in range(len(vectors)):
        partners = [j for j in range(len(vectors)) if j != i and classes[j] == classes[i]]
        if partners:
            below = sum(pull(i, a) for a in range(len(vectors)) if a != i)
            each.append(-sum(math.log(pull(i, p) / below) for p in partners) / len(partners))
    return sum(each) / len(each) if each else 0.0


def divergence(teacher, student, temperature):
    def shares(row):
        sizes = [math.exp(x / temperature) for x in row]
        return [size / sum(sizes) for size in sizes]

    total = 0.0
    for wanted, given in zip(teacher, student, strict=True):
        pairs = zip(shares(wanted), shares(given), strict=True)
        total += sum(p * math.log(p / q) for p, q in pairs)
    return total / len(teacher)
