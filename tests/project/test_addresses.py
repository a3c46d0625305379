import pytest

from project.addresses import without_password


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:s3cret@host:5000/x", "http://…@host:5000/x"),
        ("postgresql://me:s3@cr/et@host/db", "postgresql://…@host/db"),
        ("https://s3cret@host", "https://…@host"),
        ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
        ("mysql://h/db?user=me&password=s3cret&x=1", "mysql://h/db?user=me&password=…&x=1"),
        (
            "request to http://me:s3cret@host failed, see http://other.org",
            "request to http://…@host failed, see http://other.org",
        ),
    ],
)
def test_what_lets_others_in_is_taken_out_and_nothing_else(text, shown):
    assert without_password(text) == shown
