"""Training end to end: what train needs of the images themselves, and what it keeps.

The recipe learns as it does on frozen vectors, with the image tower in front
(components/training/end_to_end.py). Afterwards the tower is an encoder like any other:
vectors of all images are computed with it once and kept beside the taggers, so that
calibrate, evaluate and index read a trained encoder's tagger as they read the others.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from safetensors.torch import save_file

from components.atomic import atomic_path, read_json
from components.bundle import load_bundle
from components.data.examples import Example, read_examples
from components.encoders.config import EncoderConfig, OpenClipConfig
from components.encoders.config_paths import anchored
from components.errors import InputError
from components.features.store import FeatureStore
from components.models.heads.end_to_end import EndToEndHead
from components.models.tagger import IMAGE_TOWER, Tagger, TrainedEncoder
from components.training.end_to_end import TowerTraining, end_to_end
from components.training.recipe import Recipe
from project.embedding.embed import embed_images, embed_job
from project.embedding.pixels import PictureFiles, Preprocess
from project.embedding.shard_plan import ImageWork, distinct_images
from project.encoder import project_encoder
from project.layout import Layout
from project.settings import Settings
from project.taggers import VIEW, vectors_of

if TYPE_CHECKING:
    from components.encoders.image_tower import ImageTower

RATES = {"lora": 3e-4, "full": 1e-5}
"""Learning rates of the tower where the settings name none: usual ones for CLIP."""


@dataclass(frozen=True, slots=True)
class KeptEncoder:
    """A trained tower on its way to its tagger."""

    id: str
    origin: TrainedEncoder
    weights: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderTraining:
    """The encoder before training, and where the pictures are."""

    settings: Settings
    layout: Layout
    config: OpenClipConfig
    start_id: str
    tower: Any
    preprocess: Preprocess
    images: dict[str, ImageWork]
    """All that embed could read, by content hash."""

    @classmethod
    def of(cls, settings: Settings, layout: Layout, embedded_by: str) -> "EncoderTraining":
        """Opens the project's encoder, which settings have found to be of open_clip.

        Raises:
            ArtefactError: If the vectors are not those of encoder ``embedded_by``.
        """
        from components.encoders.open_clip import OpenClipEncoder

        config = cast(OpenClipConfig, anchored(settings.encoder, layout.root))
        encoder = cast(OpenClipEncoder, project_encoder(settings, layout, embedded_by))
        readable = FeatureStore(layout.features, encoder.id).hashes(VIEW)
        images = distinct_images(read_examples(layout.examples), layout.root)
        return cls(
            settings=settings,
            layout=layout,
            config=config,
            start_id=encoder.id,
            tower=encoder.image_tower(),
            preprocess=encoder.preprocess,
            images={
                image.content_hash: image for image in images if image.content_hash in readable
            },
        )

    def recipe(self, recipe: Recipe, learning_rate: float) -> Recipe:
        """A recipe whose encoder learns too, beside a head of that learning rate."""
        train = self.settings.train
        tuning = "full" if train.encoder == "full" else "lora"
        rate = train.encoder_learning_rate or RATES[tuning]
        training = TowerTraining(
            tower=self.tower,
            tuning=tuning,
            rate=rate / learning_rate,
            rank=train.lora_rank,
            alpha=2.0 * train.lora_rank,
        )
        return end_to_end(recipe, training)

    def pictures(self, content_hashes: Sequence[str]) -> PictureFiles:
        """The pictures of images, in their order."""
        return PictureFiles(
            tuple(self.images[content_hash] for content_hash in content_hashes),
            self.preprocess,
            self.settings.embed.views,
        )

    def keep(self, head: EndToEndHead) -> KeptEncoder:
        """Make an encoder of the head's tower, and compute the vectors that its tagger reads."""
        weights = self.layout.scratch.absolute() / "image_tower.safetensors"
        weights.parent.mkdir(parents=True, exist_ok=True)
        state = cast("ImageTower", head.tower).visual.state_dict()
        with atomic_path(weights) as temporary:
            save_file({name: value.contiguous() for name, value in state.items()}, temporary)
        encoder_id = self._embed(weights, regions=head.head.needs_regions)
        origin = TrainedEncoder(tuning=self.settings.train.encoder, start_id=self.start_id)
        return KeptEncoder(id=encoder_id, origin=origin, weights=weights)

    def complete(self, directory: Path) -> None:
        """Compute the vectors that a kept tagger reads and that are not there, as of new images."""
        tagger = Tagger.load(directory)
        there = FeatureStore(self.layout.trained_features, tagger.encoder_id).hashes(VIEW)
        if not there.issuperset(self.images):
            self._embed((directory / IMAGE_TOWER).absolute(), regions=tagger.needs_regions)

    def _embed(self, weights: Path, *, regions: bool) -> str:
        config = replace(self.config, image_tower=str(weights))
        features, images = self.layout.trained_features, list(self.images.values())
        return _embed(self.settings, config, features, images, regions=regions)


def registered_tagger(
    bundle: Path, photos: Sequence[Example], settings: Settings, layout: Layout
) -> Tagger:
    """The tagger of a bundle, with vectors of some photographs for it to read.

    Those of an encoder of its own are computed where train does not keep them any more.
    """
    tagger = Tagger.load(bundle / "tagger")
    if tagger.trained_encoder is None:
        return tagger
    wanted = {photo.content_hash for photo in photos}
    if not vectors_of(tagger, layout).hashes(VIEW).issuperset(wanted):
        config = load_bundle(bundle).tag_encoder_config
        images = distinct_images(photos, layout.root)
        _embed(settings, config, layout.compared_features, images, regions=tagger.needs_regions)
    return tagger


def remove_other_vectors(layout: Layout) -> None:
    """Vectors of trained encoders whose taggers are gone."""
    described = [read_json(path) for path in layout.taggers.glob("*/seed-*/tagger.json")]
    wanted = {each["encoder_id"] for each in described if each.get("trained_encoder")}
    for directory in layout.trained_features.glob("*"):
        if directory.name not in wanted:
            shutil.rmtree(directory)


def _embed(
    settings: Settings,
    config: EncoderConfig,
    features: Path,
    images: list[ImageWork],
    *,
    regions: bool,
) -> str:
    """Compute what is missing of the vectors of a trained encoder; its id.

    Raises:
        InputError: If an image that embed could read cannot be read any more.
    """
    embed = settings.embed.model_copy(update={"views": (VIEW,), "regions": regions})
    job, encoder = embed_job(embed, config, features)
    done = embed_images(embed, job, encoder, images)
    if done.faults:
        content_hash, fault = next(iter(done.faults.items()))
        path = next(image.paths[0] for image in images if image.content_hash == content_hash)
        raise InputError(
            f"{path} could be read when it was embedded and cannot be now: {fault.detail}. "
            "Put it back, or run `efuda run prepare`."
        )
    return encoder.id
