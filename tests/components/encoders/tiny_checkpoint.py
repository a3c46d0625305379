"""An open_clip checkpoint with random weights from a seed, small enough for tests."""

import gzip
import json
from pathlib import Path

import open_clip
import torch
from open_clip.model import CLIP
from safetensors.torch import save_file

MERGES = ["c a", "ca t</w>", "d o", "do g</w>"]
VOCABULARY_SIZE = 512 + len(MERGES) + 2
TEXT = {"context_length": 16, "vocab_size": VOCABULARY_SIZE, "width": 32, "heads": 2, "layers": 1}
VISION = {
    "vit": {"image_size": 32, "patch_size": 8, "width": 32, "head_width": 16, "layers": 2},
    "resnet": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "head_width": 16},
    "timm": {
        "image_size": 32,
        "timm_model_name": "test_resnet",
        "timm_pool": "avg",
        "timm_proj": "linear",
    },
}
PREPROCESS = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.25, 0.3]}


def write_checkpoint(directory: Path, tower: str = "vit", seed: int = 0) -> Path:
    """Write a `local-dir:` checkpoint and return its directory."""
    directory.mkdir(parents=True, exist_ok=True)
    model_config = {"embed_dim": 24, "vision_cfg": VISION[tower], "text_cfg": TEXT}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = CLIP(**model_config)
    save_file(model.state_dict(), directory / "open_clip_model.safetensors")
    text = json.dumps({"model_cfg": model_config, "preprocess_cfg": PREPROCESS})
    (directory / "open_clip_config.json").write_text(text, encoding="utf-8")
    merges = "\n".join(["#version", *MERGES])
    # No time stamp, so that equal checkpoints are equal files.
    (directory / "bpe_merges.txt.gz").write_bytes(gzip.compress(merges.encode(), mtime=0))
    return directory


def register(directory: Path, name: str) -> str:
    """Make the checkpoint's architecture known to open_clip under a name of its own."""
    config = json.loads((directory / "open_clip_config.json").read_text(encoding="utf-8"))
    path = directory / f"{name}.json"
    path.write_text(json.dumps(config["model_cfg"]), encoding="utf-8")
    open_clip.add_model_config(path)
    path.unlink()
    return name
