"""Whether contexts help CSA, and weights that were measured, on cards.

Run from the project root: ``python -m benchmarks.contexts [--json] [--cards PROJECT]``.
CSA is trained with the contexts it finds, with none, and with the same contexts dealt
out to labels at random (the control); and with pseudo-labels that count fully or by
their confidence, instead of by how often such ones were right. Same masks, hold-outs
and seeds for all; mAP on the test split at the epoch that the hold-out likes best.
Differences are paired; intervals draw seeds and test images anew. Each fit is kept
below ``--out``, so that a run that was stopped goes on where it was; ``--fresh`` forgets
them, as is needed after a change of the method.
"""

from dataclasses import replace

from benchmarks.csa_variants import (
    Study,
    kept_folder,
    open_cards,
    signed_line,
    study_figures,
    study_parser,
)
from components.errors import InputError
from components.methods.csa.settings import CSASettings

PROTOCOLS = ("few:0.05", "few:0.1", "few:0.2")
ON_REGIONS = CSASettings(whole="absent")


def variants(seed: int) -> dict[str, CSASettings]:
    """By name; the first part says what the image is read from."""
    return {
        "csa": CSASettings(),
        "csa.no_contexts": CSASettings(context_weight=0.0),
        "csa.shuffled": CSASettings(shuffle_contexts=seed),
        "csa.uniform": CSASettings(weighting="uniform"),
        "csa.confidence": CSASettings(weighting="confidence"),
        "regions": ON_REGIONS,
        "regions.no_contexts": replace(ON_REGIONS, context_weight=0.0),
        "regions.shuffled": replace(ON_REGIONS, shuffle_contexts=seed),
    }


PAIRS = (
    ("csa", "csa.no_contexts"),
    ("csa.shuffled", "csa.no_contexts"),
    ("csa", "csa.shuffled"),
    ("csa", "csa.uniform"),
    ("csa", "csa.confidence"),
    ("regions", "regions.no_contexts"),
    ("regions.shuffled", "regions.no_contexts"),
    ("regions", "regions.shuffled"),
)


def main() -> None:
    """Print each protocol's figures as soon as they are known."""
    parser = study_parser(__doc__, seeds=5, protocols=PROTOCOLS)
    arguments = parser.parse_args()
    try:
        world = open_cards(arguments.out, arguments.cards)
    except InputError as fault:
        parser.error(str(fault))
    kept = kept_folder(arguments.out / "contexts", fresh=arguments.fresh)
    study = Study(variants=variants, pairs=PAIRS)
    protocols = arguments.protocol or PROTOCOLS
    for figure in study_figures(study, world, protocols, seeds=arguments.seeds, kept=kept):
        print(signed_line(figure, as_json=arguments.json), flush=True)


if __name__ == "__main__":
    main()
