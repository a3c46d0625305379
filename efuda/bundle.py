"""A serving bundle in this process: pictures in, tags out, as the service would answer."""

import io
from collections.abc import Iterable, Iterator
from itertools import islice
from os import PathLike
from pathlib import Path

from PIL import Image

from components import bundle as bundles
from components.data.images import OWN_FILES, ImageFault, read_image_bytes
from components.encoders.catalog import build_encoder
from components.encoders.encoder import Encoder
from components.errors import InputError
from serving.encoding import BatchEncoder, ImageTask
from serving.messages import Tag, TagQuery
from serving.service import Service, check_encoder

Picture = str | PathLike[str] | bytes | Image.Image
"""A file, the bytes of one, or a picture that is open already."""


def load_bundle(directory: str | PathLike[str], *, device: str = "cpu") -> "PictureTagger":
    """Open a serving bundle to tag pictures in this process.

    Args:
        directory: Such as ``data/bundle`` in a project, which the stage register writes.
        device: A torch device for the encoder.

    Raises:
        ArtefactError: If the bundle is missing, damaged or not of one piece.
        InputError: If its encoder cannot be built, or is another one by now.

    Example:
        >>> import efuda
        >>> tagger = efuda.load_bundle("data/bundle")
        >>> tagger.labels
        ('red', 'green', 'blue', 'yellow')
        >>> [tag.label for tag in tagger.tag("blue.png") if tag.present]
        ['blue']
    """
    bundle = bundles.load_bundle(Path(directory))
    encoder = build_encoder(bundle.tag_encoder_config, device)
    check_encoder(bundle, encoder.id, for_tags=True)
    return PictureTagger(bundle, encoder)


class PictureTagger:
    """Tags pictures with a bundle, as the service that hosts the same bundle would.

    Threads may share it; they wait for each other while the encoder computes.

    Example:
        >>> import efuda
        >>> tagger = efuda.load_bundle("data/bundle")
        >>> [best] = tagger.tag("blue.png", top_k=1)
        >>> best.label, best.present, round(best.probability, 1)
        ('blue', True, 0.9)
        >>> from PIL import Image
        >>> for tags in tagger.tag_all(["blue.png", Image.open("red.png")], top_k=1):
        ...     print(tags[0].label)
        blue
        red
    """

    def __init__(self, bundle: bundles.Bundle, encoder: Encoder) -> None:
        self._service = Service(bundle)
        self._batches = BatchEncoder(encoder, OWN_FILES)

    @property
    def version(self) -> str:
        """The bundle's version: a hash of its files."""
        return self._service.bundle.version

    @property
    def labels(self) -> tuple[str, ...]:
        """The label names that it knows, in the order of the vocabulary."""
        return self._service.bundle.vocabulary.names

    @property
    def calibrated(self) -> bool:
        """Whether a tag's number is a probability; without labels it is a mere score."""
        return self._service.bundle.calibration.is_calibrated

    def tag(self, picture: Picture, *, top_k: int = 10, evidence: bool = False) -> list[Tag]:
        """The tags of a picture, most probable first.

        Args:
            picture: A path, the bytes of an image file, or a picture of Pillow's.
            top_k: How many tags at least; one that is present is never left out.
            evidence: Whether to tell where in the picture each tag is seen.

        Raises:
            InputError: If the picture cannot be used.
        """
        [tags] = self.tag_all([picture], top_k=top_k, evidence=evidence)
        return tags

    def tag_all(
        self,
        pictures: Iterable[Picture],
        *,
        top_k: int = 10,
        evidence: bool = False,
        batch_size: int = 16,
    ) -> Iterator[list[Tag]]:
        """The tags of many pictures, in their order; a batch at a time is in memory.

        Args:
            pictures: As :meth:`tag` takes them.
            top_k: How many tags at least.
            evidence: Whether to tell where in the picture each tag is seen.
            batch_size: How many pictures are encoded at once.

        Raises:
            InputError: If a picture cannot be used, naming which; those before it are
                answered.
        """
        query = TagQuery(top_k=top_k, all=False, evidence=evidence)
        wants_regions = evidence or self._service.reads_regions
        numbered = enumerate(pictures)
        while batch := list(islice(numbered, batch_size)):
            tasks = [ImageTask(_body(picture, place), wants_regions) for place, picture in batch]
            outcomes = self._batches.encode_images(tasks)
            for (place, picture), outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, ImageFault):
                    raise _unusable(picture, place, outcome)
                yield self._service.tag(outcome, query).tags


def _body(picture: Picture, place: int) -> bytes:
    """The bytes of an image file; those that it would be kept in for an open picture."""
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, Image.Image):
        file = io.BytesIO()
        # Without loss, and as upright as it is where it came from.
        kept = picture if picture.mode in _PNG_MODES else picture.convert("RGB")
        kept.save(file, "PNG", exif=picture.getexif(), compress_level=1)
        return file.getvalue()
    try:
        return read_image_bytes(Path(picture))
    except ImageFault as fault:
        raise _unusable(picture, place, fault) from None


_PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})


def _unusable(picture: Picture, place: int, fault: ImageFault) -> InputError:
    name = f" ({picture})" if isinstance(picture, str | PathLike) else ""
    return InputError(f"Picture {place}{name} cannot be used: {fault.detail}.")
