from benchmarks.contexts import PAIRS, variants


def test_every_pair_is_of_variants_that_differ() -> None:
    known = variants(3)
    for ours, theirs in PAIRS:
        assert known[ours] != known[theirs]
    assert known["csa.shuffled"].shuffle_contexts == 3
