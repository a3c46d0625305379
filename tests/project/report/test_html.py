import pytest

from project.report.html import _percent


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0%"),
        (0.004, "0.4%"),
        (0.5, "50%"),
        (0.989, "99%"),
        (0.9974, "99.7%"),
        (0.9999, "99.9%"),
        (1, "100%"),
    ],
)
def test_nearly_all_is_not_said_to_be_all(share, said):
    assert _percent(share) == said
