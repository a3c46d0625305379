"""What the figures mean, in sentences that neither praise nor hide."""

from collections.abc import Mapping
from typing import Any

from components.methods.catalog import METHODS


def recipe_name(recipe: str) -> str:
    """How a recipe is called in a sentence: its title in the catalog, else its own name."""
    row = METHODS.get(recipe)
    return row.title if row else recipe


def difference_sentence(pair: str, difference: Mapping[str, float], metric: str = "mAP") -> str:
    """One paired difference in words.

    A difference counts as one only if its whole interval lies on one side of 0.

    Args:
        pair: ``"a - b"``.
        difference: ``mean``, ``low`` and ``high``.
        metric: The figure that differs.

    Example:
        >>> difference_sentence("vlpl - zero_shot", {"mean": 0.05, "low": 0.02, "high": 0.08})
        'VLPL beats zero-shot by 0.050 mAP [0.020, 0.080].'
    """
    ours, theirs = (recipe_name(part) for part in pair.split(" - "))
    return comparison_sentence(ours, theirs, difference, metric)


def comparison_sentence(
    ours: str, theirs: str, difference: Mapping[str, float], metric: str
) -> str:
    """The difference of two sides in words; see :func:`difference_sentence`."""
    mean, low, high = (difference[key] for key in ("mean", "low", "high"))
    if low > 0:
        return f"{ours} beats {theirs} by {mean:.3f} {metric} [{low:.3f}, {high:.3f}]."
    if high < 0:
        return f"{ours} is worse than {theirs} by {-mean:.3f} {metric} [{-high:.3f}, {-low:.3f}]."
    return (
        f"{ours} is not distinguishable from {theirs}: the difference is {mean:+.3f} {metric} "
        f"[{low:+.3f}, {high:+.3f}]."
    )


def rival_sentence(metrics: Mapping[str, Any]) -> str:
    """Which of several methods without training the trained ones are compared with, and why.

    Args:
        metrics: The content of reports/metrics.json.

    Returns:
        A sentence; empty where there is no choice.
    """
    rival = metrics.get("rival")
    untrained = [
        name for name in metrics["test"] if name in METHODS and not METHODS[name].is_trained
    ]
    if not rival or len(untrained) < 2:
        return ""
    why = {
        "figures": "the best of them on the hold-out",
        "order": "the first in an order written down beforehand, since the hold-out says too little",
    }[rival["by"]]
    return (
        f"Of {len(untrained)} methods without training, trained ones are compared with "
        f"{recipe_name(rival['recipe'])}: {why}."
    )
