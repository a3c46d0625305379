import pytest

from components.errors import InputError
from components.labels.protocols import parse_protocol


@pytest.mark.parametrize("word", ["single-positive", "partial:0.3", "few:0.05"])
def test_words_of_the_command_line(word: str) -> None:
    assert str(parse_protocol(word)) == word


@pytest.mark.parametrize(
    "word",
    [
        "",
        "single",
        "single-positive:1",
        "partial",
        "partial:x",
        "partial:1",
        "few:0",
        "few:nan",
    ],
)
def test_words_that_name_no_protocol(word: str) -> None:
    with pytest.raises(InputError, match=r"(hide labels|needs a share)"):
        parse_protocol(word)


@pytest.mark.parametrize("word", ["single-positive@hcp", "partial:0.5@cole", "few@cap"])
def test_only_the_code_that_was_released_can_be_named(word):
    with pytest.raises(InputError, match=r"single-positive@cole, partial:SHARE@hcp"):
        parse_protocol(word)


def test_a_code_left_out_is_none():
    assert str(parse_protocol("few:0.1@")) == "few:0.1"
