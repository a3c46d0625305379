"""What the figures mean, in sentences that neither praise nor hide."""

from collections.abc import Mapping

RECIPES: Mapping[str, str] = {
    "zero_shot": "zero-shot",
    "assume_negative": "assume-negative",
    "ignore_unknown": "ignore-unknown",
    "entropy": "entropy (EM)",
    "vlpl": "VLPL",
    "gpr": "GPR (AEVLP)",
    "trm_ml": "TRM-ML",
    "csa": "CSA",
    "tagalign": "TagAlign",
    "ma_sbir": "MA-SBIR",
    "efuda": "Efuda",
    # Labelers and policies, which propose labels and train nothing.
    "softmax": "softmax (VLPL)",
    "platt": "calibrated per class",
    "f_beta": "F-beta per class (MAT)",
    "quantile": "quantile per class",
    "cap": "class proportions (CAP)",
    "plain_logistic": "logistic, scores and prior",
    "prototype:20": "prototypes",
    "evidence": "evidence",
    "evidence_context": "evidence with contexts",
    "evidence_f_beta": "evidence with F-beta",
    "evidence_cap": "evidence with CAP",
    "selected": "chosen on the labelled half",
}
EXPLAINED: Mapping[str, str] = {
    "zero_shot": "no training: image and label name are compared in the encoder's own space",
    "assume_negative": "trained with every unknown cell counted as absent",
    "ignore_unknown": "trained on the known cells alone",
    "entropy": "trained on the known cells, kept uncertain about all others",
    "vlpl": "trained on the known cells and on labels proposed by the encoder",
    "gpr": "trained on the known cells and on proposed labels; every other cell is believed present "
    "as far as its own probability says so",
    "trm_ml": "one attended region a label, matched with its name; a reconstruction from the "
    "public description",
    "csa": "evidence pooled over regions, label contexts and an averaged teacher; a "
    "reconstruction from the public description",
    "tagalign": "regions, trained on whole captions and on the tags that a parser reads in them",
    "efuda": "whole image and regions read together, held near zero-shot as strongly as the "
    "hold-out asks for",
}


def recipe_name(recipe: str) -> str:
    """How a recipe is called in a sentence."""
    return RECIPES.get(recipe, recipe)


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
    mean, low, high = (difference[key] for key in ("mean", "low", "high"))
    if low > 0:
        return f"{ours} beats {theirs} by {mean:.3f} {metric} [{low:.3f}, {high:.3f}]."
    if high < 0:
        return f"{ours} is worse than {theirs} by {-mean:.3f} {metric} [{-high:.3f}, {-low:.3f}]."
    return (
        f"{ours} is not distinguishable from {theirs}: the difference is {mean:+.3f} {metric} "
        f"[{low:+.3f}, {high:+.3f}]."
    )
