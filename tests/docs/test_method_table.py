from components.methods.catalog import METHODS
from tests.docs.method_table import BEGIN, END, PAGE, renewed, table


def test_the_guide_has_the_catalog_s_table():
    page = PAGE.read_text(encoding="utf-8")
    assert page == renewed(page), "write it anew with python -m tests.docs.method_table"
    assert table() in page


def test_every_method_has_its_row_and_nothing_else_of_a_page_changes():
    page = f"before\n{BEGIN}| old |\n{END}after\n"
    assert renewed(page) == f"before\n{BEGIN}{table()}{END}after\n"
    assert all(f"\n| `{name}` |" in table() for name in METHODS)
