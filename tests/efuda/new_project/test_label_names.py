import pytest

from components.errors import InputError
from efuda.new_project.label_names import label_names, vocabulary_file
from project.vocabulary_file import MAX_LENGTH


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("dog,cat,bird", ("dog", "cat", "bird")),
        (" polar  bear , cat ,, ", ("polar bear", "cat")),
        ("dog", ("dog",)),
        ('"crane, bird",crane', ("crane, bird", "crane")),
        ("犬, Łoś, sea-lion", ("犬", "Łoś", "sea-lion")),
    ],
)
def test_names_are_read_as_they_are_meant(given, names):
    assert label_names(given).names == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("dog\ncat\n\n", ("dog", "cat")),
        ("\ufeffdog\r\ncrane, bird\r\n", ("dog", "crane, bird")),
        ("dog, cat\n", ("dog", "cat")),
        ("\n".join(f"thing {number}" for number in range(2000)), None),
    ],
)
def test_a_file_has_one_a_line(text, names, tmp_path):
    file = tmp_path / "names.txt"
    file.write_text(text, encoding="utf-8", newline="")
    found = label_names(str(file)).names
    assert found == names if names else len(found) == 2000


def test_a_name_that_comes_again_is_used_once_and_told():
    found = label_names("dog,cat,dog")
    assert found.names == ("dog", "cat")
    assert found.told == ("Named more than once, used once: 'dog'.",)
    assert label_names("dog,cat").told == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "gives no name"),
        (" , ,", "gives no name"),
        ("Dog,cat,dog", "'Dog' and 'dog' differ in upper and lower case alone"),
        ("dog," + "x" * (MAX_LENGTH + 1), f"{MAX_LENGTH} are allowed"),
        ("dog,\x07", "cannot be shown"),
        ("no-such.txt", "there is none"),
    ],
)
def test_names_that_cannot_be_labels_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        label_names(given)


def test_a_file_in_another_encoding_says_what_to_do(tmp_path):
    file = tmp_path / "names.txt"
    file.write_bytes("müsli\nkäse".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        label_names(str(file))


def test_a_yaml_file_is_a_vocabulary_file_and_is_read_at_once(tmp_path):
    file = tmp_path / "names.yaml"
    file.write_text("sparrow:\n  parents: [bird]\n")
    with pytest.raises(InputError, match=r"line 1: 'sparrow' has the parent 'bird'"):
        vocabulary_file(str(file))
    file.write_text("sparrow:\n  parents: [bird]\nbird:\n")
    assert vocabulary_file(str(file)) == file
    for given in (None, "dog,cat", "dog.txt"):
        assert vocabulary_file(given) is None
    with pytest.raises(InputError, match="does not exist"):
        vocabulary_file(str(tmp_path / "other.yaml"))
