"""The files that the gallery's pictures were made from, where they may be given out."""

from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from components.data.images import ImageFault, read_image_bytes
from components.search.gallery import Picture


@dataclass(frozen=True, slots=True)
class Originals:
    """Reads originals below a project's root.

    A bundle names the paths, and may come from elsewhere. So a file is given out only if
    its content is that of the picture which was indexed.
    """

    root: Path

    def read(self, picture: Picture) -> bytes | None:
        """The file's bytes; None if it is gone, or another picture by now."""
        try:
            data = read_image_bytes(self.root / picture.path)
        except ImageFault:
            return None
        return data if blake3(data).hexdigest() == picture.content_hash else None
