"""Why an image, or something that a source says, was set aside: closed lists."""

from enum import StrEnum


class ImageReason(StrEnum):
    """Why a file is not usable as a picture: a closed list."""

    MISSING_FILE = "missing_file"
    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    TRUNCATED = "truncated"
    TOO_MANY_PIXELS = "too_many_pixels"
    FILE_TOO_LARGE = "file_too_large"
    TOO_COSTLY = "too_costly"
    UNSUPPORTED_MODE = "unsupported_mode"
    UNREADABLE = "unreadable"


class SourceReason(StrEnum):
    """Why something a source says was set aside: a closed list."""

    DUPLICATE_ID = "duplicate_id"
    PATH_OUTSIDE_ROOT = "path_outside_root"
    MISSING_FILE = "missing_file"
    UNKNOWN_IMAGE = "unknown_image"
    UNKNOWN_LABEL = "unknown_label"
    EMPTY_LABEL = "empty_label"
    CONFLICTING_LABEL = "conflicting_label"
    BAD_ROW = "bad_row"
    BAD_ANNOTATION = "bad_annotation"
    BAD_NAME = "bad_name"


LOST_IMAGE: frozenset[str] = frozenset(
    {
        *ImageReason,
        SourceReason.DUPLICATE_ID,
        SourceReason.PATH_OUTSIDE_ROOT,
        SourceReason.BAD_NAME,
    }
)
"""Reasons that cost an image rather than one statement about it. An unknown image costs none:
a source speaks of it, and no file is there to lose."""
