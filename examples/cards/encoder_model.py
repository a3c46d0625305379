"""The small CLIP model of the cards world: its shape, tokens and files.

The folder follows open_clip's `local-dir:` layout. Beside the weights lies
`bpe_merges.txt.gz`, the most frequent part of CLIP's byte-pair merges: the full
table would need more weights than the rest of the model.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import torch
from open_clip import CLIP
from open_clip.tokenizer import SimpleTokenizer, default_bpe
from safetensors.torch import load_file, save_file

NUM_MERGES = 4000
CONTEXT_LENGTH = 32
IMAGE_PX = 128
GRID = IMAGE_PX // 32
"""Rows, and columns, of the regions."""
MEAN = (0.5, 0.5, 0.5)
STD = (0.5, 0.5, 0.5)
MERGES_FILE = "bpe_merges.txt.gz"
WEIGHTS_FILE = "open_clip_model.safetensors"

MODEL_CONFIG: dict[str, Any] = {
    "embed_dim": 192,
    # A small convolutional tower learns drawn shapes from far fewer examples
    # than a transformer, which matters where a processor has to do it.
    "vision_cfg": {
        "image_size": IMAGE_PX,
        "layers": [1, 1, 1, 1],
        "width": 24,
        "head_width": 64,
    },
    "text_cfg": {
        "context_length": CONTEXT_LENGTH,
        "vocab_size": 512 + NUM_MERGES + 2,
        "width": 128,
        "heads": 4,
        "layers": 2,
    },
}
PREPROCESS_CONFIG: dict[str, Any] = {
    "size": [IMAGE_PX, IMAGE_PX],
    "mode": "RGB",
    "mean": list(MEAN),
    "std": list(STD),
    "interpolation": "bicubic",
    "resize_mode": "squash",
    "fill_color": 0,
}


def write_merges(path: Path) -> None:
    """Write the first ``NUM_MERGES`` merges of CLIP's table, with a header line."""
    table = gzip.decompress(Path(default_bpe()).read_bytes()).decode("utf-8")
    text = "\n".join(["#version: 0.2", *table.split("\n")[1 : NUM_MERGES + 1]])
    # No file name and no time in the header: equal content gives equal bytes.
    path.write_bytes(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0))


def load_tokenizer(folder: Path) -> SimpleTokenizer:
    """The tokenizer of a checkpoint folder."""
    return SimpleTokenizer(bpe_path=str(folder / MERGES_FILE), context_length=CONTEXT_LENGTH)


def new_model(seed: int) -> CLIP:
    """A model with fresh weights, the same for the same seed."""
    torch.manual_seed(seed)
    return CLIP(**MODEL_CONFIG)


def load_weights(model: CLIP, folder: Path) -> None:
    """Take the weights of a checkpoint folder."""
    weights = load_file(str(folder / WEIGHTS_FILE))
    floats = {
        name: value.float() if value.is_floating_point() else value
        for name, value in weights.items()
    }
    model.load_state_dict(floats)


def save_checkpoint(model: CLIP, folder: Path) -> None:
    """Write weights in half precision and the configuration beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: tensor.detach()
        .to("cpu", torch.float16 if tensor.is_floating_point() else tensor.dtype)
        .contiguous()
        for name, tensor in model.state_dict().items()
    }
    file = folder / WEIGHTS_FILE
    save_file(weights, str(file))
    file.chmod(0o644)  # safetensors writes for the owner alone
    config = {"model_cfg": MODEL_CONFIG, "preprocess_cfg": PREPROCESS_CONFIG}
    text = json.dumps(config, indent=2) + "\n"
    (folder / "open_clip_config.json").write_text(text, encoding="utf-8")
    if not (folder / MERGES_FILE).exists():
        write_merges(folder / MERGES_FILE)
