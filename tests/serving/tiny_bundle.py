"""A bundle of 24 coloured cards, and an encoder that sees nothing but colour."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from components.bundle import write_bundle
from components.calibration.calibration import Calibration
from components.encoders.config import ConseConfig
from components.encoders.encoder import ImageVectors
from components.labels.vocabulary import Vocabulary
from components.models.heads.linear import LinearHead
from components.models.tagger import Tagger
from components.search.gallery import GalleryTag, Picture, gallery_of
from components.search.index import SearchIndex
from components.search.modality_means import ModalityMeans
from components.search.previews import write_previews

COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 170, 40),
    "blue": (40, 60, 220),
    "yellow": (240, 220, 30),
}
NUM_EACH = 6
DIM = 4


class ColourEncoder:
    """Vectors are the ink of each part of a picture as red, green, blue and darkness."""

    id = "colour-0123456789ab"
    embed_dim = DIM
    grid = (4, 4)
    num_regions = 16
    temperature = 0.1

    def preprocess(self, image: Image.Image) -> torch.Tensor:
        small = np.asarray(image.resize((32, 32)), dtype=np.float32) / 255
        return torch.from_numpy(small).permute(2, 0, 1)

    def encode_images(self, pixels: torch.Tensor) -> ImageVectors:
        regions = torch.nn.functional.adaptive_avg_pool2d(pixels, (4, 4))
        regions = regions.flatten(2).transpose(1, 2)
        return ImageVectors(_vectors(regions.mean(dim=1)), _vectors(regions))

    def encode_texts(self, texts: Sequence[str]) -> torch.Tensor:
        rows = []
        for text in texts:
            text.encode()  # as a tokeniser does
            named = [rgb for name, rgb in COLOURS.items() if name in text.casefold()]
            rows.append(torch.tensor(named[0] if named else (128, 128, 128)) / 255.0)
        return _vectors(torch.stack(rows))


class SwappedEncoder(ColourEncoder):
    """Sees red where green is, and green where red is."""

    id = "swapped-0123456789ab"

    def encode_images(self, pixels):
        seen = super().encode_images(pixels)
        order = [1, 0, 2, 3]
        return ImageVectors(seen.global_vectors[:, order], seen.region_vectors[..., order])


def _vectors(rgb: torch.Tensor) -> torch.Tensor:
    deviation = rgb - rgb.mean(dim=-1, keepdim=True)
    raw = torch.cat([deviation, 1.05 - rgb.mean(dim=-1, keepdim=True)], dim=-1)
    return torch.nn.functional.normalize(raw, dim=-1)


def card(colour: str, place: int = 0) -> Image.Image:
    """A disc of one colour on white."""
    image = Image.new("RGB", (160, 120), "white")
    left = 10 + 8 * place
    ImageDraw.Draw(image).ellipse((left, 15, left + 90, 105), fill=COLOURS[colour])
    return image


def tiny_bundle(root: Path) -> Path:
    """Write the bundle below ``root`` and return its directory."""
    encoder = ColourEncoder()
    names = tuple(COLOURS)
    vocabulary = Vocabulary(names)
    vocabulary.save(root / "vocabulary.json")
    text = encoder.encode_texts(names).numpy()
    Tagger(
        recipe="zero_shot",
        seed=0,
        encoder_id=encoder.id,
        vocabulary=vocabulary,
        head=LinearHead.of(
            text / np.float32(0.1),
            np.full(len(names), -8, np.float32),
        ),
    ).save(root / "tagger")
    calibration_of(names).save(root / "calibration.json")
    index_dir = root / "index"
    index_dir.mkdir()
    pictures = {
        f"deck/{name} {place}.png": card(name, place) for name in names for place in range(NUM_EACH)
    }
    pixels = torch.stack([encoder.preprocess(picture) for picture in pictures.values()])
    vectors = encoder.encode_images(pixels).global_vectors.numpy()
    hashes = {f"{place:064x}": picture for place, picture in enumerate(pictures.values())}
    gallery_of(
        [
            Picture(picture_id, f"photos/{picture_id}", key, 160, 120, _tags(picture_id))
            for picture_id, key in zip(pictures, hashes, strict=True)
        ],
        names,
    ).save(index_dir)
    write_previews(index_dir / "previews.zip", hashes, hashes.__getitem__, long_side_px=96)
    mean = vectors.mean(axis=0)
    ModalityMeans(mean, mean, "none").save(index_dir)
    facts = {
        "preview_px": 96,
        "relevance_leads": {"text": 0.4, "image": 0.4, "sketch": 0.4},
        "relevance_low_leads": {"text": 0.3},
        "recall": {"text": {"recall": 1.0}},
    }
    SearchIndex(encoder.id, vectors.astype(np.float16), None, facts).save(index_dir)
    write_bundle(
        root / "bundle",
        encoder_config=ConseConfig(),
        tagger_dir=root / "tagger",
        calibration_path=root / "calibration.json",
        index_dir=index_dir,
        vocabulary_path=root / "vocabulary.json",
        templates=["a photo of a {name}"],
        name="tiny",
    )
    return root / "bundle"


def _tags(picture_id: str) -> tuple[GalleryTag, ...]:
    colour = picture_id.removeprefix("deck/").split()[0]
    return (GalleryTag(colour, 1.0, "observed"),)


def calibration_of(names: tuple[str, ...]) -> Calibration:
    ones = np.ones(len(names))
    return Calibration(
        names=names,
        slope=ones,
        intercept=0 * ones,
        threshold=0.5 * ones,
        threshold_low=0.4 * ones,
        threshold_high=0.6 * ones,
        f_beta=ones,
        positives=np.full(len(names), 9),
        negatives=np.full(len(names), 9),
        source=("class",) * len(names),
        holdout_positives=np.full(len(names), 9),
    )
