from benchmarks.prompts import PAIRS, VARIANTS


def test_every_pair_differs_in_its_prompts_alone() -> None:
    for ours, theirs in PAIRS:
        assert VARIANTS[ours].prompts == "tokens"
        assert VARIANTS[theirs].prompts == "residual"
        assert VARIANTS[ours].whole == VARIANTS[theirs].whole
