import numpy as np

from examples.cards.concepts import concepts
from examples.cards.training_words import FORMS, NOTHING, word_shares, word_table


def test_names_kept_back_are_no_words_of_training() -> None:
    never = {c.name for c in concepts().values() if c.name_use == "never"}
    assert not never & set(word_table().words)
    assert not [name for name in never for form in (*FORMS, NOTHING) if name in form]


def test_names_are_used_as_often_as_the_table_says() -> None:
    for name, concept in concepts().items():
        shares = word_shares(concept)
        assert abs(sum(shares.values()) - 1) < 1e-9
        assert all(share > 0 for share in shares.values())
        if concept.name_use == "seldom":
            assert shares[name] <= 0.06
        if concept.name_use == "often":
            assert shares[name] >= 0.6


def test_every_subject_is_called_something() -> None:
    table = word_table()
    assert np.allclose(table.shares.sum(axis=1), 1)
    assert len(set(table.words)) == len(table.words)
    assert table.shares.shape == (len(table.subjects), len(table.words))
    assert table.subjects[: len(concepts())] == tuple(concepts())
