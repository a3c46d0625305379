"""Any open_clip model as an encoder, with region vectors where its tower has them."""

import copy
import logging
import math
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch
from jaxtyping import Float, Int
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from components.encoders.config import LOCAL_PREFIX, OpenClipConfig
from components.encoders.encoder import ImageVectors
from components.encoders.identity import encoder_id
from components.encoders.image_tower import ImageTower
from components.encoders.open_clip_source import (
    MERGES_FILE,
    Source,
    fetched_files,
    only_local_files,
    read_local_config,
    tag_config,
)
from components.encoders.text_tokens import TOKENIZER_FILE, CanonicalTokenizer
from components.encoders.weights_cache import DOCTOR, cannot_fetch
from components.errors import InputError

CHARACTERS_PER_TOKEN = 20
"""Texts are cut here before they are split into tokens, which for one endless
word takes time that grows with its square."""
TEXT_BATCH_SIZE = 64
DEFAULT_CONTEXT_LENGTH = 77
MAX_ASPECT = 16
PREPROCESS = ("mean", "std", "interpolation", "resize_mode")

Tokenize = Callable[..., Int[Tensor, "texts tokens"]]
PROBE_TEXTS = ["a photo of a cat", "two Dogs, naïve; 12 km", "絵札"]


@dataclass(frozen=True, slots=True)
class Preprocess:
    """A picture resized, cropped and normalised as a model was trained.

    It holds nothing of the model, so that processes that only read pictures need none.
    """

    transform: Any

    def __call__(self, image: Image.Image) -> Float[Tensor, "3 height width"]:
        """The picture's pixels."""
        return self.transform(_without_far_ends(image))


class OpenClipEncoder:
    """Which towers have region vectors: :class:`components.encoders.image_tower.ImageTower`."""

    def __init__(self, config: OpenClipConfig, device: str = "cpu") -> None:
        """Load model and tokenizer.

        Raises:
            InputError: If name, tag or checkpoint is wrong, missing or unreachable.
        """
        source = fetched_files(config)
        self._device = device
        self._model: Any = _load_model(config, source).to(device)
        self._tokenize, self._context_length = _tokenizer(config, source)
        self.preprocess = Preprocess(
            image_transform_v2(_preprocess_config(self._model), is_train=False)
        )
        self.temperature = math.exp(-float(self._model.logit_scale.detach()))
        self._tower = ImageTower(self._model.visual)
        self.grid, self.embed_dim = self._measure()
        self.num_regions = self.grid[0] * self.grid[1]
        self.id = encoder_id("open_clip", self._model.state_dict(), self._facts())

    @torch.no_grad()
    def encode_images(self, pixels: Float[Tensor, "batch 3 height width"]) -> ImageVectors:
        """Global and region vectors."""
        vectors = self._tower(pixels.to(self._device))
        return ImageVectors(vectors.global_vectors.cpu(), vectors.region_vectors.cpu())

    def image_tower(self) -> ImageTower:
        """A copy of the image half, to be trained."""
        return copy.deepcopy(self._tower)

    @property
    def model(self) -> nn.Module:
        """The open_clip model itself, frozen; for what enters its text half elsewhere."""
        return self._model

    def token_numbers(self, texts: Sequence[str], length: int) -> Int[Tensor, "texts tokens"]:
        """As the model's text half reads them, but up to any ``length``."""
        return self._tokenize([self._shorten(text) for text in texts], length).long()

    @torch.no_grad()
    def encode_texts(self, texts: Sequence[str]) -> Float[Tensor, "texts embed"]:
        """Unit vectors; what exceeds the context length is cut off."""
        vectors = torch.empty(len(texts), self.embed_dim)
        for start in range(0, len(texts), TEXT_BATCH_SIZE):
            batch = [self._shorten(text) for text in texts[start : start + TEXT_BATCH_SIZE]]
            encoded = self._model.encode_text(self._tokenize(batch).to(self._device))
            vectors[start : start + len(batch)] = functional.normalize(encoded, dim=-1).cpu()
        return vectors

    def _shorten(self, text: str) -> str:
        return " ".join(text.split())[: self._context_length * CHARACTERS_PER_TOKEN]

    @torch.no_grad()
    def _measure(self) -> tuple[tuple[int, int], int]:
        blank = self.preprocess(Image.new("RGB", (64, 64)))[None].to(self._device)
        return self._tower.grid(blank), self._tower(blank).global_vectors.shape[1]

    def _facts(self) -> dict[str, object]:
        visual = self._model.visual
        # A few texts as token numbers stand for the whole tokenizer, whose own
        # form differs from library to library.
        return {
            "preprocess": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in asdict(_preprocess_config(self._model)).items()
            },
            "regions": type(visual).__name__ if self._tower.has_regions else None,
            "activations": sorted({type(part).__name__ for part in self._model.modules()}),
            "tokens": self._tokenize(PROBE_TEXTS).tolist(),
        }


def _without_far_ends(image: Image.Image) -> Image.Image:
    """Cut the ends off a very long picture, which the centre crop would discard anyway.

    Scaling its short side up first would need memory that grows with its length.
    """
    short, long = sorted(image.size)
    if long <= MAX_ASPECT * short:
        return image
    width, height = (min(side, MAX_ASPECT * short) for side in image.size)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _preprocess_config(model: Any) -> PreprocessCfg:
    return PreprocessCfg(**model.visual.preprocess_cfg)


@contextmanager
def _quiet(level: int = logging.CRITICAL) -> Generator[None]:
    """open_clip and the hub report on the root logger what the error says anyway."""
    previous = logging.root.manager.disable
    logging.disable(level)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.disable(previous)


def _load_model(config: OpenClipConfig, source: Source) -> nn.Module:
    pretrained = str(source.file) if source.file is not None else config.pretrained
    try:
        with _quiet(), only_local_files(source):
            model = open_clip.create_model(
                config.model,
                pretrained=pretrained,
                require_pretrained=True,
                weights_only=True,
                pretrained_text=False,
                **_as_trained(config, source),
            )
    except Exception as fault:
        reason = " ".join(str(fault).split())[:300]
        if source.hub is not None and not source.cached:
            raise InputError(cannot_fetch(source.hub, reason)) from fault
        place = source.directory or source.file or source.hub
        raise InputError(
            f"The checkpoint {place} does not fit {config.model} or is damaged: {reason}. "
            f"Give the architecture it was trained as in encoder.model. {DOCTOR}"
        ) from fault
    if config.image_tower is not None:
        _replace_image_tower(model, Path(config.image_tower))
    return model.eval().requires_grad_(requires_grad=False)


def _as_trained(config: OpenClipConfig, source: Source) -> dict[str, Any]:
    """What a tag says of its weights, and open_clip does not take from it.

    It only warns where the activations differ, and knows no preprocessing of a bare file.
    """
    if config.pretrained is None or (source.file is not None and source.held_to is None):
        return {}
    tag = tag_config(config.model, config.pretrained)
    return {
        "force_quick_gelu": bool(tag.get("quick_gelu")),
        "force_preprocess_cfg": {name: tag[name] for name in PREPROCESS if name in tag},
    }


def _replace_image_tower(model: Any, weights: Path) -> None:
    try:
        model.visual.load_state_dict(load_file(weights))
    except (OSError, RuntimeError, SafetensorError) as fault:
        reason = " ".join(str(fault).split())[:300]
        raise InputError(
            f"{weights} holds no image tower of this architecture or is damaged: {reason}. Give "
            "the model that it was trained from in encoder.model, or leave out "
            "encoder.image_tower."
        ) from fault


def _tokenizer(config: OpenClipConfig, source: Source) -> tuple[Tokenize, int]:
    if source.directory is not None and (source.directory / MERGES_FILE).is_file():
        text_config = read_local_config(source.directory)["model_cfg"]["text_cfg"]
        tokenizer = open_clip.SimpleTokenizer(
            bpe_path=str(source.directory / MERGES_FILE),
            context_length=text_config.get("context_length", DEFAULT_CONTEXT_LENGTH),
        )
        return tokenizer, tokenizer.context_length or DEFAULT_CONTEXT_LENGTH
    if (canonical := _canonical_tokenizer(config, source)) is not None:
        return canonical, canonical.context_length
    try:
        with _quiet():
            tokenizer = open_clip.get_tokenizer(config.model)
    except Exception as fault:
        reason = " ".join(str(fault).split())[:300]
        raise InputError(
            f"The tokenizer of {config.model} cannot be had ({reason}). Models that name a "
            f"tokenizer of the hub need its files beside a {LOCAL_PREFIX} checkpoint. {DOCTOR}"
        ) from fault
    return tokenizer, tokenizer.context_length or DEFAULT_CONTEXT_LENGTH


def _canonical_tokenizer(config: OpenClipConfig, source: Source) -> CanonicalTokenizer | None:
    """That of a SigLIP model whose tokenizer's files are here; None for other models."""
    folder = source.directory or source.folder
    if folder is None or not (folder / TOKENIZER_FILE).is_file():
        return None
    if source.directory is not None:
        text_config = read_local_config(source.directory)["model_cfg"]["text_cfg"]
    else:
        known: Any = open_clip.get_model_config(config.model.replace("/", "-"))
        text_config = known["text_cfg"]
    if text_config.get("tokenizer_kwargs") != {"clean": "canonicalize"}:
        return None
    return CanonicalTokenizer(folder, text_config.get("context_length", DEFAULT_CONTEXT_LENGTH))
