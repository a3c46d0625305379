"""Average precision the slow and obvious way, for one label."""

from collections.abc import Sequence


def slow_average_precision(
    scores: Sequence[float],
    truth: Sequence[bool],
    known: Sequence[bool],
) -> float:
    """Walk down the distinct scores, from the highest, and add up the staircase."""
    cells = [(s, t) for s, t, k in zip(scores, truth, known, strict=True) if k]
    num_positives = sum(t for _, t in cells)
    if num_positives == 0:
        return float("nan")
    steps: list[tuple[float, float]] = []
    for cut in sorted({s for s, _ in cells}, reverse=True):
        kept = [t for s, t in cells if s >= cut]
        steps.append((sum(kept) / num_positives, sum(kept) / len(kept)))
    area, recall_before = 0.0, 0.0
    for recall, precision in steps:
        area += (recall - recall_before) * precision
        recall_before = recall
    return area
