"""Trains the encoder of the cards world: `python -m examples.cards.train_encoder`.

Draws a pool of pictures with captions (`pretraining.py`), keeps it in memory and
trains a small CLIP model on it, with augmentation. Two losses are added up: the
contrastive loss of CLIP between pictures and captions, and one between pictures
and the phrases that their captions are made of, in which a picture has several
right answers (the multi-tag idea of TagAlign, arXiv 2312.14149). The second
tells far more about each picture, so that two CPU cores are enough.
"""

import argparse
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from open_clip import CLIP
from torch.nn import functional

from examples.cards.encoder_model import (
    MERGES_FILE,
    load_weights,
    new_model,
    save_checkpoint,
    write_merges,
)
from examples.cards.pool import draw_pool
from examples.cards.pretraining import POOL_SEED


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """The training set on the device."""

    pixels: torch.Tensor
    """uint8, (examples, 3, height, width)."""
    tokens: torch.Tensor
    """int16, (examples, captions, context)."""
    caption_ids: torch.Tensor
    """int64, (examples, captions): equal where the text is equal."""
    phrases: torch.Tensor
    """int16, (examples, phrases, context); all zero where there is none."""


def load_pool(args: argparse.Namespace, out: Path) -> Pool:
    """Draw the pool and move it to the device."""
    began = time.monotonic()
    pixels, tokens, phrases = draw_pool(
        args.pool,
        out,
        num_captions=args.captions,
        num_workers=args.workers,
        limit_s=60 * args.pool_minutes,
    )
    print(f"drew {len(pixels)} examples in {time.monotonic() - began:.0f} s", flush=True)
    # A random linear hash: equal captions, and in practice only those, agree.
    factors = np.random.default_rng(args.seed).integers(1, 2**62, size=tokens.shape[-1])
    ids = (tokens.astype(np.int64) * factors).sum(-1)
    print(f"{len(np.unique(ids))} distinct captions", flush=True)
    return Pool(
        pixels=torch.from_numpy(pixels).to(args.device).permute(0, 3, 1, 2).contiguous(),
        tokens=torch.from_numpy(tokens).to(args.device),
        caption_ids=torch.from_numpy(ids).to(args.device),
        phrases=torch.from_numpy(phrases).to(args.device),
    )


def augment(pixels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Random crop, mirror, brightness and contrast; no change of hue, which captions name."""
    count, device = len(pixels), pixels.device

    def uniform(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(count, generator=generator, device=device)

    zoom = uniform(0.72, 1.08)
    room = (1 - zoom).abs()
    mirror = torch.where(uniform(-1, 1) < 0, -1.0, 1.0)
    zeros = torch.zeros_like(zoom)
    rows = torch.stack(
        [
            torch.stack([zoom * mirror, zeros, room * uniform(-1, 1)], dim=1),
            torch.stack([zeros, zoom * uniform(0.93, 1.07), room * uniform(-1, 1)], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(rows, list(pixels.shape), align_corners=False)
    images = pixels.float() / 127.5 - 1
    images = functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    contrast = uniform(0.75, 1.2)[:, None, None, None]
    brightness = uniform(-0.2, 0.15)[:, None, None, None]
    return (images * contrast + brightness).clamp(-1, 1)


def clip_loss(
    images: torch.Tensor, texts: torch.Tensor, scale: torch.Tensor, ids: torch.Tensor
) -> torch.Tensor:
    """Symmetric contrastive loss; rows with the same caption share the target."""
    logits = scale * images @ texts.T
    same = (ids[:, None] == ids[None, :]).float()
    target = same / same.sum(1, keepdim=True)
    return (
        functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)
    ) / 2


def encode_short(model: CLIP, tokens: torch.Tensor) -> torch.Tensor:
    """Unit text vectors from as many columns as are in use.

    The causal mask makes what follows the end token irrelevant, so this equals
    the model's own ``encode_text``, which insists on the full context.
    """
    # To a type checker every part of a torch module is a tensor or a module.
    parts = cast(Any, model)
    length = int(tokens.any(dim=0).nonzero().max()) + 1
    tokens = tokens[:, :length]
    x = parts.token_embedding(tokens) + parts.positional_embedding[:length]
    x = parts.transformer(x, attn_mask=parts.attn_mask[:length, :length])
    ends = parts.ln_final(x)[torch.arange(len(x)), tokens.argmax(dim=-1)]
    return functional.normalize((ends @ parts.text_projection).float(), dim=-1)


def batch_phrases(model: CLIP, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit vectors of the batch's distinct phrases, and which picture has which."""
    given = tokens.any(dim=-1)
    unique, place = torch.unique(tokens[given], dim=0, return_inverse=True)
    belongs = torch.zeros(len(tokens), len(unique), device=tokens.device)
    belongs[given.nonzero()[:, 0], place] = 1
    return encode_short(model, unique.long()), belongs


def phrase_loss(
    images: torch.Tensor, phrases: torch.Tensor, belongs: torch.Tensor, scale: torch.Tensor
) -> torch.Tensor:
    """Contrast between pictures and all phrases of the batch, several right ones each."""
    logits = scale * images @ phrases.T
    shown = belongs.any(dim=1)
    to_phrases = belongs[shown] / belongs[shown].sum(1, keepdim=True)
    to_images = belongs.T / belongs.T.sum(1, keepdim=True)
    by_image = functional.cross_entropy(logits[shown], to_phrases)
    return (by_image + functional.cross_entropy(logits.T, to_images)) / 2


def _optimizer(model: CLIP, rate: float) -> torch.optim.AdamW:
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), eps=1e-6)


def rate_share(done: float) -> float:
    """Share of the peak learning rate after the share ``done`` of the training."""
    if done < 0.05:
        return done / 0.05
    return 0.5 * (1 + math.cos(math.pi * (done - 0.05) / 0.95)) + 0.002


def train(model: CLIP, pool: Pool, args: argparse.Namespace) -> list[dict[str, float]]:
    """Train until ``--steps`` are done or ``--minutes`` are over; return the log."""
    generator = torch.Generator(device=args.device).manual_seed(args.seed)
    optimizer = _optimizer(model, args.rate)
    batch, log, step, began = min(args.batch, len(pool.pixels)), [], 0, time.monotonic()
    order, cursor = torch.empty(0, dtype=torch.long), 0
    while True:
        elapsed_s = time.monotonic() - began
        done = step / args.steps if args.steps else elapsed_s / (60 * args.minutes)
        if done >= 1:
            return log
        if cursor + batch > len(order):
            order, cursor = (
                torch.randperm(len(pool.pixels), generator=generator, device=args.device),
                0,
            )
        rows, cursor = order[cursor : cursor + batch], cursor + batch
        which = torch.randint(
            pool.tokens.shape[1], (batch,), generator=generator, device=args.device
        )
        for group in optimizer.param_groups:
            group["lr"] = args.rate * rate_share(done)
        pixels = augment(pool.pixels[rows], generator)
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        with torch.autocast(args.device, torch.bfloat16):
            images = model.encode_image(pixels, normalize=True).float()
            texts = encode_short(model, pool.tokens[rows, which].long())
            phrases, belongs = batch_phrases(model, pool.phrases[rows])
        scale = model.logit_scale.exp()
        by_caption = clip_loss(images, texts, scale, pool.caption_ids[rows, which])
        loss = phrase_loss(images, phrases, belongs, scale) + 0.5 * by_caption
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, math.log(100))
        if step % 100 == 0 or step in (5, 10, 20, 50):
            log.append(_row(step, elapsed_s, loss, model))
        step += 1


def _row(step: int, elapsed_s: float, loss: torch.Tensor, model: CLIP) -> dict[str, float]:
    row = {
        "step": step,
        "elapsed_s": round(elapsed_s, 1),
        "loss": round(loss.item(), 4),
        "scale": round(model.logit_scale.exp().item(), 2),
    }
    print(json.dumps(row), flush=True)
    return row


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.cards.train_encoder")
    parser.add_argument("--out", type=Path, default=Path("examples/cards/encoder"))
    parser.add_argument("--start", type=Path, help="go on from this folder's checkpoint")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--minutes", type=float, default=20.0, help="training time")
    parser.add_argument("--steps", type=int, help="steps instead of minutes")
    parser.add_argument("--pool", type=int, default=40_000, help="examples to draw")
    parser.add_argument("--pool-minutes", type=float, default=30.0, help="limit for drawing")
    parser.add_argument("--captions", type=int, default=4, help="captions an example")
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    """Draw, train, and write the checkpoint with its log."""
    args = _arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    write_merges(args.out / MERGES_FILE)
    pool = load_pool(args, args.out)
    model = new_model(args.seed)
    if args.start:
        load_weights(model, args.start)
    model = model.to(args.device).train()
    model.visual = model.visual.to(memory_format=torch.channels_last)
    log = train(model, pool, args)
    save_checkpoint(model, args.out)
    report = {
        "schema_version": 1,
        "pool_seed": POOL_SEED,
        "num_examples": len(pool.pixels),
        "num_captions": args.captions,
        "batch": args.batch,
        "rate": args.rate,
        "seed": args.seed,
        "device": torch.cuda.get_device_name() if args.device == "cuda" else "cpu",
        "log": log[:: max(1, len(log) // 50)] + log[-1:],
    }
    (args.out / "training.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
