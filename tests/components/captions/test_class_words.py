import json
import os
from pathlib import Path

import pytest

from components.captions.class_words import ClassWords, coco_class_words, label_words
from components.captions.rule_parser import RuleParser
from components.errors import InputError
from components.labels.meaning import Meaning
from components.labels.vocabulary import Vocabulary

REAL = Path(os.environ.get("EFUDA_REAL_DATA", "../shared/real"))
SMALL = Vocabulary(("person", "bus", "dog", "hot dog", "chair"))


def test_words_become_labels():
    words = coco_class_words(SMALL)
    tags = RuleParser(words.phrases).parse(
        "Two men with a hot dog near a double decker bus, no dog."
    )
    assert words.labels_of(tags) == {"person", "hot dog", "bus"}
    assert words.denied_by(tags) == {"dog"}


def test_words_for_no_label_are_refused():
    with pytest.raises(InputError, match="'wolf'"):
        ClassWords(SMALL, {"wolf": ("wolf",)})


def test_a_word_for_two_labels_is_refused():
    with pytest.raises(InputError, match="stands for"):
        ClassWords(SMALL, {"dog": ("pet",), "person": ("pet",)})


@pytest.mark.skipif(not (REAL / "labels").is_dir(), reason="set EFUDA_REAL_DATA")
def test_real_captions_agree_with_the_boxes():
    names = tuple((REAL / "labels/coco_names.txt").read_text().splitlines())
    words = coco_class_words(Vocabulary(names))
    lines = (REAL / "labels/coco_val2014.tsv").read_text().splitlines()
    truth = {int(line.split("\t")[0]): set(line.split("\t")[1].split(",")) for line in lines}
    rows = json.loads((REAL / "labels/coco_val2017_captions.json").read_text())[:150]
    rows = [row for row in rows if row["image_id"] in truth]
    parses = RuleParser(words.phrases).parse_all(row["captions"][0] for row in rows)
    hits = given = there = 0
    for row, tags in zip(rows, parses, strict=True):
        found, right = words.labels_of(tags), truth[row["image_id"]]
        hits, given, there = hits + len(found & right), given + len(found), there + len(right)
    assert hits / given > 0.9
    assert hits / there > 0.35


def test_synonyms_of_the_vocabulary_stand_for_their_label_before_our_words():
    said = {
        "dog": Meaning(synonyms=("Mutt", "four-legged friend")),
        "chair": Meaning(synonyms=("man",)),
    }
    words = label_words(Vocabulary(SMALL.names, said))
    assert (words.label_of("mutt"), words.label_of("man")) == ("dog", "chair")
    assert words.label_of("woman") == "person"
    assert "four-legged friend" in words.phrases
    tags = RuleParser(words.phrases).parse("Two mutts on a bus.")
    assert words.labels_of(tags) == {"dog", "bus"}
