"""Encoders that a word names: what each is, and where its weights lie.

Model and tag are those of open_clip, and the repository is the one that open_clip's own table
gives for them. No commit is written here: the first fetch takes the newest, and commit and
hashes are then written into the project's settings, which hold every later run to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

WEIGHTS = "open_clip_model.safetensors"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedEncoder:
    """One row."""

    name: str
    """What ``--encoder`` takes."""
    model: str
    pretrained: str
    repository: str
    licence: str
    megabytes: int
    """Of the weights: all numbers of the architecture in single precision."""
    good_at: str
    own_tokenizer: bool = False
    """Whether its tokenizer is fetched with the weights; else it comes with open_clip."""

    @property
    def files(self) -> tuple[str, ...]:
        """What is fetched, the small ones first."""
        return (*(TOKENIZER if self.own_tokenizer else ()), WEIGHTS)


_ROWS = (
    PublishedEncoder(
        name="clip-b32",
        model="ViT-B-32-quickgelu",
        pretrained="openai",
        repository="timm/vit_base_patch32_clip_224.openai",
        licence="MIT",
        megabytes=605,
        good_at="the quickest of these; English; shows where in a picture",
    ),
    PublishedEncoder(
        name="clip-b16",
        model="ViT-B-16-quickgelu",
        pretrained="openai",
        repository="timm/vit_base_patch16_clip_224.openai",
        licence="MIT",
        megabytes=598,
        good_at="photographs and drawings of many kinds; English; shows where in a picture",
    ),
    PublishedEncoder(
        name="clip-l14",
        model="ViT-L-14-quickgelu",
        pretrained="openai",
        repository="timm/vit_large_patch14_clip_224.openai",
        licence="MIT",
        megabytes=1710,
        good_at="as clip-b16, larger and slower; wants a GPU for many pictures",
    ),
    PublishedEncoder(
        name="siglip",
        model="ViT-B-16-SigLIP",
        pretrained="webli",
        repository="timm/ViT-B-16-SigLIP",
        licence="Apache-2.0",
        megabytes=813,
        good_at="naming what a picture shows; English; no regions",
        own_tokenizer=True,
    ),
    PublishedEncoder(
        name="siglip2",
        model="ViT-B-16-SigLIP2",
        pretrained="webli",
        repository="timm/ViT-B-16-SigLIP2",
        licence="Apache-2.0",
        megabytes=1501,
        good_at="naming what a picture shows, in many languages; no regions",
        own_tokenizer=True,
    ),
    PublishedEncoder(
        name="siglip2-large",
        model="ViT-SO400M-16-SigLIP2-256",
        pretrained="webli",
        repository="timm/ViT-SO400M-16-SigLIP2-256",
        licence="Apache-2.0",
        megabytes=4543,
        good_at="as siglip2, three times the size; wants a GPU",
        own_tokenizer=True,
    ),
)

SHORT_NAMES: Mapping[str, PublishedEncoder] = {row.name: row for row in _ROWS}


def licence_of(repository: str) -> str | None:
    """The licence of a repository of the table."""
    return next((row.licence for row in _ROWS if row.repository == repository), None)
