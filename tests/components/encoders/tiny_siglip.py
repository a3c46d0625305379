"""A SigLIP-like checkpoint with a tokenizer of its own, small enough for tests."""

import json
from pathlib import Path

import torch
from open_clip.model import CustomTextCLIP
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = ["a", "photo", "of", "cat", "dog", "two", "dogs", "red", "x"]
UNKNOWN = "<unk>"
VOCABULARY = ["<pad>", "</s>", UNKNOWN, *WORDS]
MODEL = {
    "embed_dim": 24,
    "init_logit_bias": -10,
    "vision_cfg": {
        "image_size": 32,
        "timm_model_name": "test_resnet",
        "timm_model_pretrained": False,
        "timm_pool": "avg",
        "timm_proj": "linear",
    },
    "text_cfg": {
        "context_length": 64,
        "vocab_size": len(VOCABULARY),
        "hf_tokenizer_name": "nobody/tiny",
        "tokenizer_kwargs": {"clean": "canonicalize"},
        "width": 32,
        "heads": 2,
        "layers": 1,
        "no_causal_mask": True,
        "proj_bias": True,
        "pool_type": "last",
    },
}
PREPROCESS = {"mean": [0.5] * 3, "std": [0.5] * 3, "resize_mode": "squash"}


def write_tokenizer(directory: Path, *, closed: bool = True) -> None:
    """Words by number; ``closed`` texts have the end token, as SigLIP's do."""
    numbers = {token: number for number, token in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<pad>", "</s>", UNKNOWN])
    if closed:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="$A </s>", special_tokens=[("</s>", 1)]
        )
    tokenizer.save(str(directory / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "padding_side": "right",
    }
    (directory / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def write_siglip(directory: Path, seed: int = 0) -> Path:
    """Write a `local-dir:` checkpoint and return its directory."""
    directory.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = CustomTextCLIP(**MODEL)
    save_file(model.state_dict(), directory / "open_clip_model.safetensors")
    text = json.dumps({"model_cfg": MODEL | {"custom_text": True}, "preprocess_cfg": PREPROCESS})
    (directory / "open_clip_config.json").write_text(text, encoding="utf-8")
    write_tokenizer(directory)
    return directory
