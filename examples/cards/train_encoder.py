"""Trains the encoder of the cards world: `python -m examples.cards.train_encoder`.

Draws a pool of pictures with all that is in them (`pretraining.py`), once, and trains a small
CLIP model on it, with augmentation. Four losses are added up: pictures against the words of
their things, of which several are right at once (the multi-tag idea of TagAlign, arXiv
2312.14149); each region of a picture against the word of what lies there; and, as in CLIP,
pictures against whole captions; and two classifiers that are thrown away lead the tower.
Regions tell most about each picture, so that a processor is enough. The run writes a checkpoint now and then, and goes on from it when started again.
"""

import argparse
import hashlib
import json
import math
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from open_clip.tokenizer import SimpleTokenizer
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from components.atomic import read_json, write_json
from examples.cards.augmentation import augmented
from examples.cards.encoder_model import (
    CONTEXT_LENGTH,
    IMAGE_PX,
    MERGES_FILE,
    WEIGHTS_FILE,
    load_tokenizer,
    save_checkpoint,
    write_merges,
)
from examples.cards.fast_towers import encode_images, encode_short
from examples.cards.pool import Pool, draw_pool, pool_word
from examples.cards.pretraining import POOL_SEED
from examples.cards.training_losses import clip_loss, image_loss, region_loss, subject_loss
from examples.cards.training_state import Training, new_training, save_state
from examples.cards.training_targets import Targets, row_ids, targets_of
from examples.cards.training_words import word_table

WEIGHTS = {"image": 1.0, "region": 1.0, "caption": 0.4, "subject": 1.0}
GROUND_WEIGHT = 0.1
"""Of a region that is all ground, against one that is all things."""
SMALL_PX = 96
SMALL_UNTIL = 0.5
"""Smaller pictures cost half; until that share of the training they teach as much."""
LOG_EVERY = 20
RECORD = "training.json"
CHECKPOINT_OF = ("seed", "rate", "batch", "steps", "minutes", "pool", "examples")


def rate_share(done: float) -> float:
    """Share of the peak learning rate after the share ``done`` of the training."""
    if done < 0.04:
        return done / 0.04
    return 0.5 * (1 + math.cos(math.pi * (done - 0.04) / 0.96)) + 0.002


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures as a step sees them, what they show, and a caption each."""

    pixels: Tensor
    targets: Targets
    phrase_tokens: Tensor
    caption_tokens: Tensor
    caption_ids: Tensor


class Batches:
    """Makes the batch of each step: it follows from the step and the random states."""

    def __init__(self, pool: Pool, tokenizer: SimpleTokenizer, seed: int, size: int) -> None:
        self._pool = pool
        self._tokenizer = tokenizer
        self._seed = seed
        self._size = min(size, len(pool.pixels))
        ids = row_ids(pool.captions.reshape(-1, CONTEXT_LENGTH))
        self._caption_ids = ids.view(len(pool.captions), -1)
        self._tokens: dict[str, Tensor] = {}

    def rows(self, step: int) -> np.ndarray:
        """Examples of a step: epochs of the whole pool, each in its own order."""
        epoch, place = divmod(step, len(self._pool.pixels) // self._size)
        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._pool.pixels))
        return order[place * self._size : (place + 1) * self._size]

    def batch(self, training: Training, side_px: int) -> Batch:
        """The next step's batch, in pictures of that side."""
        pool, rows = self._pool, self.rows(training.step)
        before = torch.from_numpy(pool.owners[rows])
        pixels = torch.from_numpy(pool.pixels[rows]).permute(0, 3, 1, 2)
        pixels, owners = augmented(pixels, before, side_px, training.generator)
        subjects, colours, grid = pool.subjects[rows], pool.colours[rows], side_px // 32
        table = word_table()
        targets = targets_of(subjects, colours, owners, before, table, grid, training.rng)
        which = training.rng.integers(pool.captions.shape[1], size=len(rows))
        return Batch(
            pixels.contiguous(memory_format=torch.channels_last),
            targets,
            torch.stack([self._tokens_of(phrase) for phrase in targets.phrases]),
            torch.from_numpy(pool.captions[rows, which]).long(),
            self._caption_ids[rows, which],
        )

    def _tokens_of(self, phrase: str) -> Tensor:
        if phrase not in self._tokens:
            self._tokens[phrase] = self._tokenizer([phrase])[0]
        return self._tokens[phrase]


def losses_of(training: Training, batch: Batch) -> dict[str, Tensor]:
    """Every loss of a batch, unweighted."""
    model, heads = training.model, training.heads
    with torch.autocast("cpu", torch.bfloat16):
        images, regions = encode_images(model, batch.pixels)
        phrases = encode_short(model, batch.phrase_tokens)
        captions = encode_short(model, batch.caption_tokens)
    scale, finer = model.logit_scale.exp(), heads.region_scale.exp()
    targets = batch.targets
    by_image, by_region = heads(images, regions)
    return {
        "image": image_loss(scale * images @ phrases.T, targets),
        "region": region_loss(finer * regions @ phrases.T, targets, GROUND_WEIGHT),
        "caption": clip_loss(images, captions, scale, batch.caption_ids),
        "subject": subject_loss(by_image, by_region, targets, GROUND_WEIGHT),
    }


def train_step(training: Training, batch: Batch) -> dict[str, float]:
    """One step of the optimiser; returns the losses and scales before it."""
    # The fused kernels of attention are slow on a processor where sequences are this short.
    with sdpa_kernel(SDPBackend.MATH):
        losses = losses_of(training, batch)
        total = torch.stack([WEIGHTS[name] * loss for name, loss in losses.items()]).sum()
        training.optimizer.zero_grad(set_to_none=True)
        total.backward()
    nn.utils.clip_grad_norm_(training.model.parameters(), 1.0)
    scales = {"scale": training.model.logit_scale, "region_scale": training.heads.region_scale}
    row = {name: round(loss.item(), 3) for name, loss in losses.items()}
    row |= {name: round(scale.exp().item(), 3) for name, scale in scales.items()}
    training.optimizer.step()
    with torch.no_grad():
        for scale in scales.values():
            scale.clamp_(0, math.log(100))
    return row


def train(
    training: Training, pool: Pool, args: argparse.Namespace, until_step: int | None = None
) -> None:
    """Train until ``--steps`` are done or ``--minutes`` are over, or up to a step of that."""
    batches = Batches(pool, load_tokenizer(args.out), args.seed, args.batch)
    before, saved_s = time.monotonic(), training.seen_s
    while True:
        done = training.step / args.steps if args.steps else training.seen_s / (60 * args.minutes)
        if done >= 1 or training.step == until_step:
            break
        for group in training.optimizer.param_groups:
            group["lr"] = args.rate * rate_share(done)
        row = train_step(
            training, batches.batch(training, SMALL_PX if done < SMALL_UNTIL else IMAGE_PX)
        )
        now = time.monotonic()
        training.seen_s, before = training.seen_s + now - before, now
        if training.step % LOG_EVERY == 0:
            told = {"step": training.step, "elapsed_s": round(training.seen_s, 1)} | row
            training.log.append(told)
            print(json.dumps(told), flush=True)
        training.step += 1
        if training.seen_s - saved_s > args.save_every_s:
            save_state(training, args.state)
            saved_s = training.seen_s


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.cards.train_encoder")
    parser.add_argument("--out", type=Path, default=Path("examples/cards/encoder"))
    work = Path.home() / ".cache" / "efuda-cards"
    parser.add_argument("--work", type=Path, default=work, help="examples and checkpoint")
    parser.add_argument("--start", type=Path, help="go on from this folder's weights")
    parser.add_argument("--minutes", type=float, default=60.0, help="training time in all")
    parser.add_argument("--steps", type=int, help="steps instead of minutes")
    parser.add_argument("--pool", type=int, default=30_000, help="examples to draw")
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--rate", type=float, default=1e-3, help="peak learning rate")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--save-every-s", type=float, default=180.0)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def state_path(args: argparse.Namespace) -> Path:
    """The checkpoint of a run; a run with other settings has another."""
    settings = {**vars(args), "pool": pool_word(), "examples": args.pool}
    told = {name: str(settings[name]) for name in CHECKPOINT_OF}
    hashed = hashlib.sha256(json.dumps(told).encode())
    if args.start:
        hashed.update((args.start / WEIGHTS_FILE).read_bytes())
    return args.work / f"state-{hashed.hexdigest()[:12]}.pt"


def record(training: Training, args: argparse.Namespace) -> dict[str, object]:
    """What made the weights: the runs of ``--start``, and this one."""
    before = read_json(args.start / RECORD)["runs"] if args.start else []
    run = {
        "command": " ".join(["python -m examples.cards.train_encoder", *sys.argv[1:]]),
        "pool_seed": POOL_SEED,
        "pool": pool_word(),
        "num_examples": args.pool,
        "batch": args.batch,
        "rate": args.rate,
        "seed": args.seed,
        "steps": training.step,
        "minutes": round(training.seen_s / 60, 1),
        "log": training.log[:: max(1, len(training.log) // 40)] + training.log[-1:],
    }
    return {"schema_version": 2, "runs": [*before, run]}


def main() -> None:
    """Draw, train, and write the checkpoint with its log."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    args.work.mkdir(parents=True, exist_ok=True)
    write_merges(args.out / MERGES_FILE)
    pool = draw_pool(args.pool, args.work / "pool", args.out, args.workers)
    args.state = state_path(args)
    training = new_training(args.seed, args.rate, args.start, args.state)
    train(training, pool, args)
    save_state(training, args.state)
    made_by = record(training, args)
    save_checkpoint(training.model, args.out)
    write_json(args.out / RECORD, made_by)


if __name__ == "__main__":
    main()
