"""TagAlign's losses, one pair at a time, written from the equations of methods.md."""

import math


def _cosine(a, b):
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(sum(x * x for x in a)) / math.sqrt(sum(y * y for y in b))


def _log_softmax(row, place):
    return row[place] - math.log(sum(math.exp(x) for x in row))


def tag_term(image, tags, target, scale):
    """−Σ target / |target| · log softmax(scale · cos) of one image."""
    row = [scale * _cosine(image, tag) for tag in tags]
    size = sum(target)
    if size == 0:
        return 0.0
    return -sum(t / size * _log_softmax(row, k) for k, t in enumerate(target) if t)


def info_nce(images, captions, scale):
    """Mean over both directions of −log softmax at the own partner."""
    table = [[scale * _cosine(i, c) for c in captions] for i in images]
    count = len(images)
    rows = -sum(_log_softmax(table[k], k) for k in range(count)) / count
    columns = -sum(_log_softmax([row[k] for row in table], k) for k in range(count)) / count
    return (rows + columns) / 2
