import pytest

from components.captions.rule_parser import RuleParser
from components.captions.tag_vocabulary import TagLimits, TagVocabulary, build_tag_vocabulary
from components.captions.tags import CaptionTags, Mention
from components.errors import ArtefactError, InputError


def caption(*objects, parser="p"):
    mentions = tuple(
        Mention(
            name,
            "object",
            None,
            tuple(" ".join(name.split()[i:]) for i in (1, 2) if name.split()[i:]),
        )
        for name in objects
    )
    return CaptionTags(text="", parser=parser, objects=mentions)


def test_rare_long_names_count_as_their_shorter_ones():
    parses = [caption("tennis racket"), caption("tennis racket", "old shoe"), caption("shoe")]
    found = build_tag_vocabulary(parses, "object", TagLimits(min_count=2))
    assert found.names == ("shoe", "tennis racket")
    assert found.counts == (2, 2)


def test_the_most_frequent_are_kept_and_ties_follow_the_alphabet():
    parses = [caption("b", "a", "a"), caption("c"), caption("c")]
    found = build_tag_vocabulary(parses, "object", TagLimits(max_tags=2, min_count=1))
    assert found.names == ("c", "a")
    assert found.counts == (2, 1)


def test_nothing_frequent_enough_is_refused():
    with pytest.raises(InputError, match="lower min_count"):
        build_tag_vocabulary([caption("a")], "object", TagLimits(min_count=2))


def test_two_parsers_do_not_mix():
    with pytest.raises(InputError, match="by one"):
        build_tag_vocabulary([caption("a"), caption("a", parser="q")], "object", TagLimits())


@pytest.mark.parametrize("names", [("a", "a"), ("a", " "), ()])
def test_duplicate_and_empty_names_are_refused(names):
    with pytest.raises(InputError):
        TagVocabulary(kind="object", names=names, counts=(1,) * len(names), parser="p")


@pytest.mark.parametrize("limits", [{"max_tags": 0}, {"min_count": 0}])
def test_limits_have_limits(limits):
    with pytest.raises(InputError, match="at least 1"):
        TagLimits(**limits)


def test_a_saved_vocabulary_comes_back_and_a_changed_one_does_not(tmp_path):
    found = build_tag_vocabulary([caption("a", "b")], "object", TagLimits(min_count=1))
    found.save(tmp_path / "tags.json")
    assert TagVocabulary.load(tmp_path / "tags.json") == found
    text = (tmp_path / "tags.json").read_text().replace('"b"', '"x"')
    (tmp_path / "tags.json").write_text(text)
    with pytest.raises(ArtefactError, match="changed"):
        TagVocabulary.load(tmp_path / "tags.json")


def test_foreign_captions_and_bad_names_never_get_that_far():
    parses = list(RuleParser().parse_all(["Zwei rote Autos stehen vor dem Haus.", "写真", ""]))
    assert [tags.fault.reason for tags in parses if tags.fault] == [
        "not_english",
        "not_english",
        "empty",
    ]
    with pytest.raises(InputError, match="min_count"):
        build_tag_vocabulary(parses, "object", TagLimits(min_count=1))
    for wrong in (("car", "car"), ("car", "")):
        with pytest.raises(InputError):
            TagVocabulary(kind="object", names=wrong, counts=(1, 1), parser="p")
