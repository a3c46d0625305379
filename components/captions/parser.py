"""What every caption parser offers."""

from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable

from components.captions.tags import CaptionTags


@runtime_checkable
class CaptionParser(Protocol):
    """Reads captions; says nothing about pictures.

    Attributes:
        version: Changes whenever the same caption could give other tags.
    """

    @property
    def version(self) -> str: ...

    def parse(self, text: str) -> CaptionTags:
        """The tags of one caption; a caption that cannot be read has a fault and no tags."""
        ...

    def parse_all(self, texts: Iterable[str]) -> Iterator[CaptionTags]:
        """The tags of each caption, in order; the same as one by one, but faster."""
        ...
