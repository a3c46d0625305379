"""What is wrong with a file that is not usable as a picture."""

from components.data.quarantine_reasons import ImageReason
from components.errors import InputError


class ImageFault(InputError):  # noqa: N818 (a fault of the file, not of the program)
    """A file that cannot be used as a picture.

    Attributes:
        reason: One machine-readable word.
        detail: A sentence for a person.
    """

    def __init__(self, reason: ImageReason, detail: str) -> None:
        # Both go to args, so that the fault survives a trip between processes.
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


def too_costly(why: str) -> ImageFault:
    """The fault of a file that asks for more memory or time than a picture is worth."""
    return ImageFault(ImageReason.TOO_COSTLY, f"too costly to decode: {why}")
