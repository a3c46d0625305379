from pathlib import Path

import pytest

from components.errors import InputError
from components.labels.meaning import Meaning
from project.settings.source import SourceSettings
from project.vocabulary_file import read_vocabulary, with_names

BIRDS = """\
sparrow:
  prompts:
  - a small brown {name} on a fence
  synonyms: [house sparrow, Passer domesticus]
  description: A small brown bird with a short beak.
  display: Spatz
  parents: bird
bird:
no:
"1":
"""


def read(folder: Path, text: str):
    file = folder / "names.yaml"
    file.write_text(text, encoding="utf-8")
    return read_vocabulary(file)


def test_names_come_in_order_with_what_is_said_of_them(tmp_path: Path):
    vocabulary = read(tmp_path, BIRDS)
    assert vocabulary.names == ("sparrow", "bird", "no", "1")
    assert vocabulary.meanings == {
        "sparrow": Meaning(
            prompts=("a small brown {name} on a fence",),
            synonyms=("house sparrow", "Passer domesticus"),
            description="A small brown bird with a short beak.",
            display="Spatz",
            parents=("bird",),
        )
    }
    assert read(tmp_path, "- sparrow\n- no\n").names == ("sparrow", "no")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cat:\ndog:\ncat:\n", "line 3: 'cat' is in line 1 already"),
        ("- cat\n- cat\n", "line 2: 'cat' is in line 1 already"),
        ("cat:\nCat:\n", "line 2: 'Cat' differs from 'cat' in line 1 in its spelling alone"),
        ("teddy_bear:\nTeddy bear:\n", "in its spelling alone"),
        ("'':\ndog:\n", "line 1: a name is empty"),
        ("- ' '\n- dog\n", "line 1: a name is empty"),
        ("", "names no label"),
        ("[]", "names no label"),
        ("cat", "neither a mapping nor a list"),
        ("cat: [", "not valid YAML"),
        ("cat: dog\n", "line 1: 'cat' needs keys below it"),
        (
            "cat:\n  parent: [dog]\ndog:\n",
            "line 2: 'cat' has the unknown key 'parent'. Did you mean",
        ),
        ("cat:\n  display: a\n  display: b\n", "line 3: 'cat' has display twice"),
        ("cat:\n  display: [a]\n", "display of 'cat' must be text"),
        ("cat:\n  synonyms: ['']\n", "synonyms of 'cat' is empty"),
        ("cat:\n  parents: [annimal]\nanimal:\n", "line 1: 'cat' has the parent 'annimal'"),
        ("cat:\n  parents: [annimal]\nanimal:\n", "Did you mean 'animal'?"),
        ("a:\n  parents: [b]\nb:\n  parents: [a]\n", "circle: 'a' → 'b' → 'a'"),
        ("a:\n  parents: [a]\n", "circle: 'a' → 'a'"),
        (
            "a:\n  synonyms: [x]\nb:\n  synonyms: [X]\n",
            "'X' is a synonym of 'b' and a synonym of 'a'",
        ),
        ("a:\n  synonyms: [B]\nb:\n", "'B' is a synonym of 'a' and the name of 'b'"),
        ("a:\n  display: Tier\nb:\n  display: tier\n", "the display name of 'b'"),
        ("a: &a\n  parents: *a\n", "line 1"),
        ("? [a, b]\n: c\n", "a name must be text"),
        ("x" * 201 + ":\n", "201 characters, 200 are allowed"),
    ],
)
def test_every_fault_is_told_with_its_line(tmp_path: Path, text: str, told: str):
    with pytest.raises(InputError) as fault:
        read(tmp_path, text)
    assert told in str(fault.value)
    assert "names.yaml" in str(fault.value)


def test_a_chain_longer_than_the_stack_is_read(tmp_path: Path):
    rows = [f"n{number}:\n  parents: [n{number + 1}]\n" for number in range(1500)]
    vocabulary = read(tmp_path, "".join([*rows, "n1500:\n"]))
    assert len(vocabulary) == 1501
    with pytest.raises(InputError, match="circle"):
        read(tmp_path, "".join([*rows, "n1500:\n  parents: [n0]\n"]))


def test_settings_take_the_names_of_the_file(tmp_path: Path):
    (tmp_path / "names.yaml").write_text(BIRDS)
    source = SourceSettings(kind="images", images="photos", vocabulary_file="names.yaml")
    listed, meanings = with_names(source, tmp_path)
    assert listed.vocabulary == ("sparrow", "bird", "no", "1")
    assert list(meanings) == ["sparrow"]
    plain = SourceSettings(kind="images", images="photos", vocabulary=("cat",))
    assert with_names(plain, tmp_path) == (plain, {})
    with pytest.raises(ValueError, match="exclude each other"):
        SourceSettings(kind="images", images="p", vocabulary=("a",), vocabulary_file="n.yaml")
    with pytest.raises(InputError, match=r"other\.yaml does not exist"):
        with_names(source.model_copy(update={"vocabulary_file": "other.yaml"}), tmp_path)
