"""Reads whole annotation files; a damaged one stops the run with its position."""

import json
from pathlib import Path
from typing import Any

from components.errors import InputError


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Raises:
        InputError: If the file is missing, empty or in another encoding, with
            the line and byte of the first fault.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; correct its path in params.yaml.") from None
    except OSError as fault:
        raise InputError(f"{path} cannot be read: {fault.strerror or fault}.") from None
    if not data.strip():
        raise InputError(f"{path} is empty; export the annotations again.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise InputError(
            f"{path} is not UTF-8 text: byte {fault.start} (line {line}) is "
            f"0x{data[fault.start]:02x}. {_advice(data)}"
        ) from None


def read_json_file(path: Path) -> Any:
    """The value of a JSON file.

    Raises:
        InputError: If it is not JSON, with the position and, where the text
            ends too early, that it looks cut off.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as fault:
        rest = text[fault.pos :].strip()
        # An unterminated string is reported at its start, not at the end.
        cut_off = not rest or fault.msg.startswith("Unterminated") or not _is_closed(text)
        advice = (
            "The file ends too early: it was cut off. Export or copy it again."
            if cut_off
            else "Correct that place or export the file again."
        )
        raise InputError(
            f"{path} is not valid JSON: {fault.msg} at line {fault.lineno}, "
            f"column {fault.colno} (character {fault.pos} of {len(text)}). {advice}"
        ) from None
    except RecursionError:
        raise InputError(f"{path} is nested too deeply to be an annotation file.") from None


def printable(text: str) -> str:
    """``text`` as UTF-8 can hold it: what cannot be written is escaped.

    File names that are not UTF-8, and lone surrogates in JSON, reach Python as
    strings that no file can store.
    """
    return text.encode("utf-8", "backslashreplace").decode()


def _is_closed(text: str) -> bool:
    return text.rstrip().endswith(("}", "]"))


def _advice(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "It looks like UTF-16: save it as UTF-8."
    return "Save it as UTF-8; for example `iconv -f latin1 -t utf-8 OLD > NEW`."
