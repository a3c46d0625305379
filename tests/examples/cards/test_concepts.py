from examples.cards.concepts import concepts, contexts, others
from examples.cards.pictures import openmoji_folder


def test_every_concept_is_met_in_some_context() -> None:
    met = {name for context in contexts() for name in context.concepts}
    assert met == set(concepts())


def test_about_a_hundred_concepts_in_about_twelve_contexts() -> None:
    assert 95 <= len(concepts()) <= 115
    assert 11 <= len(contexts()) <= 15


def test_no_picture_stands_for_two_things() -> None:
    codes = [code for concept in concepts().values() for code in concept.pictures]
    codes += [code for code, _ in others()]
    assert len(codes) == len(set(codes))
    assert all((openmoji_folder() / f"{code}.svg").exists() for code in codes)


def test_names_kept_from_the_encoder_are_no_words_of_its_captions() -> None:
    never = {c.name for c in concepts().values() if c.name_use == "never"}
    words = {word for _, word in others()}
    words |= {word for concept in concepts().values() for word in concept.other_words}
    assert never
    assert not never & words
