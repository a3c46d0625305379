"""What the encoder knows of drawn scenes: `python -m examples.cards.measure`.

Prints one JSON object: zero-shot mAP over all scenes, mAP of a linear probe
trained with all labels on one half and tested on the other, the worst
concepts, and how well sketches find scenes and names.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from PIL import Image

from examples.cards.concepts import concepts
from examples.cards.encoder_model import load_tokenizer

TEMPLATES = ("a photo of {}", "a picture of {}", "{}")


def average_precision(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Average precision of each column; NaN for a column without a positive."""
    order = np.argsort(-scores, axis=0, kind="stable")
    hits = np.take_along_axis(truth, order, axis=0)
    precision = hits.cumsum(0) / np.arange(1, len(hits) + 1)[:, None]
    with np.errstate(invalid="ignore"):
        return (precision * hits).sum(0) / hits.sum(0)


def load_truth(data: Path) -> tuple[list[Path], np.ndarray]:
    """Image files and truth (images, concepts)."""
    document = json.loads((data / "instances.json").read_text(encoding="utf-8"))
    rows = {image["id"]: row for row, image in enumerate(document["images"])}
    truth = np.zeros((len(rows), len(document["categories"])), dtype=bool)
    for box in document["annotations"]:
        truth[rows[box["image_id"]], box["category_id"] - 1] = True
    return [data / "images" / image["file_name"] for image in document["images"]], truth


@torch.inference_mode()
def encode_images(model: Any, preprocess: Any, paths: list[Path], device: str) -> np.ndarray:
    """Unit vectors (images, embed)."""
    parts = []
    for start in range(0, len(paths), 64):
        opened = [Image.open(path).convert("RGB") for path in paths[start : start + 64]]
        pixels = torch.stack([preprocess(image) for image in opened]).to(device)
        parts.append(model.encode_image(pixels, normalize=True).float().cpu().numpy())
    return np.concatenate(parts)


@torch.inference_mode()
def encode_names(model: Any, tokenizer: Any, device: str) -> np.ndarray:
    """Unit vectors of the concepts' names, the mean over templates."""
    vectors = torch.zeros(())
    for template in TEMPLATES:
        texts = [template.format(f"a {name}") for name in concepts()]
        vectors = vectors + model.encode_text(tokenizer(texts).to(device), normalize=True)
    return torch.nn.functional.normalize(vectors, dim=1).float().cpu().numpy()


def probe_scores(
    train: np.ndarray, truth: np.ndarray, test: np.ndarray, decay: float
) -> np.ndarray:
    """Logits of a linear classifier fitted by L-BFGS on frozen features."""
    torch.manual_seed(0)
    features = torch.from_numpy(train) * 10
    target = torch.from_numpy(truth).float()
    weight = torch.zeros(train.shape[1], truth.shape[1], requires_grad=True)
    bias = torch.full((truth.shape[1],), -3.0, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=150, history_size=10, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            features @ weight + bias, target, reduction="none"
        )
        total = loss.sum(1).mean() + decay * weight.square().sum()
        total.backward()
        return total

    optimizer.step(closure)
    return (torch.from_numpy(test) * 10 @ weight + bias).detach().numpy()


def sketch_figures(
    model: Any,
    preprocess: Any,
    data: Path,
    images: np.ndarray,
    truth: np.ndarray,
    names: np.ndarray,
    device: str,
) -> dict[str, float]:
    """How often a sketch finds its concept among names, and a scene with it."""
    labels = {name: column for column, name in enumerate(concepts())}
    paths = sorted((data / "sketches").glob("*/*.png"))
    if not paths:
        return {}
    vectors = encode_images(model, preprocess, paths, device)
    columns = np.array([labels[path.parent.name] for path in paths])
    best = np.argsort(-(vectors @ images.T), axis=1)[:, :10]
    hits = truth[best, columns[:, None]]
    return {
        "sketch_to_name_top1": float((np.argmax(vectors @ names.T, 1) == columns).mean()),
        "sketch_to_scene_top1": float(hits[:, 0].mean()),
        "sketch_to_scene_precision_at_10": float(hits.mean()),
        "sketch_to_scene_by_chance": float(truth.mean(0)[columns].mean()),
    }


def by_name_use(values: np.ndarray) -> dict[str, float]:
    """Mean over the concepts of each kind of name."""
    uses = np.array([concept.name_use for concept in concepts().values()])
    return {use: float(np.nanmean(values[uses == use])) for use in sorted(set(uses))}


def measure(data: Path, encoder: Path, device: str) -> dict[str, Any]:
    """All figures."""
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{encoder}")
    model = model.to(device).eval()
    paths, truth = load_truth(data)
    began = time.monotonic()
    images = encode_images(model, preprocess, paths, device)
    encode_s = time.monotonic() - began
    names = encode_names(model, load_tokenizer(encoder), device)
    zero_shot = average_precision(images @ names.T, truth)
    half = np.arange(len(images)) % 2 == 0
    probes = {
        decay: average_precision(
            probe_scores(images[half], truth[half], images[~half], decay), truth[~half]
        )
        for decay in (1e-4, 3e-4, 1e-3)
    }
    probe = max(probes.values(), key=lambda ap: float(np.nanmean(ap)))
    zero_shot_test = average_precision((images @ names.T)[~half], truth[~half])
    order = np.argsort(zero_shot)
    all_names = list(concepts())
    return {
        "num_scenes": len(images),
        "encode_ms_per_image": 1000 * encode_s / len(images),
        "zero_shot_mAP": float(np.nanmean(zero_shot)),
        "zero_shot_mAP_by_name_use": by_name_use(zero_shot),
        "zero_shot_mAP_test_half": float(np.nanmean(zero_shot_test)),
        "probe_mAP_test_half": float(np.nanmean(probe)),
        "probe_mAP_by_name_use": by_name_use(probe),
        "probe_mAP_by_decay": {str(d): float(np.nanmean(ap)) for d, ap in probes.items()},
        **sketch_figures(model, preprocess, data, images, truth, names, device),
        "logit_scale": model.state_dict()["logit_scale"].exp().item(),
        "worst": {all_names[i]: round(float(zero_shot[i]), 3) for i in order[:20]},
        "best": {all_names[i]: round(float(zero_shot[i]), 3) for i in order[-10:]},
        "worst_probe": {all_names[i]: round(float(probe[i]), 3) for i in np.argsort(probe)[:12]},
    }


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(prog="python -m examples.cards.measure")
    parser.add_argument("--data", type=Path, default=Path("data/cards"))
    parser.add_argument("--encoder", type=Path, default=Path("examples/cards/encoder"))
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    print(json.dumps(measure(args.data, args.encoder.resolve(), args.device), indent=1))


if __name__ == "__main__":
    main()
