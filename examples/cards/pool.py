"""Draws the encoder's training examples with all cores, within a time limit."""

import multiprocessing
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import cache
from pathlib import Path

import numpy as np
from open_clip.tokenizer import SimpleTokenizer
from PIL import Image

from examples.cards.encoder_model import CONTEXT_LENGTH, IMAGE_PX, load_tokenizer
from examples.cards.pretraining import draw_pair

CHUNK = 250


Chunk = tuple[np.ndarray, np.ndarray]


@cache
def _tokenizer(folder: Path) -> SimpleTokenizer:
    return load_tokenizer(folder)


def _draw_chunk(start: int, folder: Path, num_captions: int) -> Chunk:
    pixels = np.empty((CHUNK, IMAGE_PX, IMAGE_PX, 3), dtype=np.uint8)
    tokens = np.empty((CHUNK, num_captions, CONTEXT_LENGTH), dtype=np.int16)
    for row in range(CHUNK):
        picture, texts = draw_pair(start + row, num_captions)
        small = Image.fromarray(picture).resize((IMAGE_PX, IMAGE_PX), Image.Resampling.BICUBIC)
        pixels[row] = np.asarray(small)
        tokens[row] = _tokenizer(folder)(texts).numpy()
    return pixels, tokens


def draw_pool(
    num_pairs: int, folder: Path, *, num_captions: int, num_workers: int, limit_s: float
) -> Chunk:
    """Draw up to ``num_pairs`` examples, fewer if the time limit comes first.

    Args:
        num_pairs: Examples wanted, rounded up to whole chunks.
        folder: Where the tokenizer's merges lie.
        num_captions: Captions of each example.
        num_workers: Processes that draw.
        limit_s: No chunk is begun after that time.

    Returns:
        Pixels (examples, height, width, 3) and tokens (examples, captions,
        context). Example ``i`` depends on ``i`` alone.
    """
    deadline = time.monotonic() + limit_s
    starts = iter(range(0, num_pairs, CHUNK))
    done: dict[int, Chunk] = {}
    # Forking would copy threads of torch that are already running.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(num_workers, mp_context=context) as workers:
        waiting: dict[Future[Chunk], int] = {}
        while True:
            while len(waiting) < 2 * num_workers and time.monotonic() < deadline:
                start = next(starts, None)
                if start is None:
                    break
                waiting[workers.submit(_draw_chunk, start, folder, num_captions)] = start
            if not waiting:
                break
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                done[waiting.pop(future)] = future.result()
    chunks = [done[start] for start in sorted(done)]
    return np.concatenate([c[0] for c in chunks]), np.concatenate([c[1] for c in chunks])
