from components.encoders.short_names import SHORT_NAMES
from tests.docs.encoder_table import PAGE, renewed, table


def test_the_guide_has_the_table_of_short_names():
    page = PAGE.read_text(encoding="utf-8")
    assert page == renewed(page), "write it anew with python -m tests.docs.encoder_table"
    assert table() in page
    assert all(f"\n| `{name}` |" in table() for name in SHORT_NAMES)
