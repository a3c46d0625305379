"""Addresses as they may be shown and kept: without what lets others in."""

import re

_USER = re.compile(r"(?<=://)[^\s'\"]*@")
_SECRET = re.compile(
    r"([?&][^=&\s'\"]*(?:pass|pwd|token|secret|key|sig)[^=&\s'\"]*=)[^&\s'\"]+", re.IGNORECASE
)


def without_password(text: str) -> str:
    """The text with users and passwords taken out of the addresses in it.

    Example:
        >>> without_password("postgresql://me:pass@db.example.org/efuda")
        'postgresql://…@db.example.org/efuda'
        >>> without_password("https://mlflow.example.org/?token=abc&page=2")
        'https://mlflow.example.org/?token=…&page=2'
    """
    return _SECRET.sub(r"\1…", _USER.sub("…@", text))
