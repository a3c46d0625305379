"""Trains the encoder of the cards world: `python -m examples.cards.train_encoder`.

Draws a pool of pictures with captions (`pretraining.py`), keeps it in the
memory of the device and trains a small CLIP model on it, with augmentation on
the device. Made for one large GPU; a CPU manages tiny sizes, for a test.
"""

import argparse
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from open_clip import CLIP
from torch.nn import functional

from examples.cards.encoder_model import (
    MERGES_FILE,
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


def load_pool(args: argparse.Namespace, out: Path) -> Pool:
    """Draw the pool and move it to the device."""
    began = time.monotonic()
    pixels, tokens = draw_pool(
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
        with torch.autocast(args.device, torch.bfloat16, enabled=args.device == "cuda"):
            images = model.encode_image(augment(pool.pixels[rows], generator), normalize=True)
            texts = model.encode_text(pool.tokens[rows, which].long(), normalize=True)
        loss = clip_loss(
            images.float(), texts.float(), model.logit_scale.exp(), pool.caption_ids[rows, which]
        )
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
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--minutes", type=float, default=6.0, help="training time")
    parser.add_argument("--steps", type=int, help="steps instead of minutes")
    parser.add_argument("--pool", type=int, default=160_000, help="examples to draw")
    parser.add_argument("--pool-minutes", type=float, default=2.0, help="limit for drawing")
    parser.add_argument("--captions", type=int, default=6, help="captions an example")
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--rate", type=float, default=1e-3, help="peak learning rate")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    """Draw, train, and write the checkpoint with its log."""
    args = _arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    write_merges(args.out / MERGES_FILE)
    pool = load_pool(args, args.out)
    model = new_model(args.seed).to(args.device).train()
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
