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
from examples.cards.pretraining import draw_example

CHUNK = 250
MAX_PHRASES = 6
PHRASE_LENGTH = 12
"""Tokens of a phrase; what is longer is cut off."""

Chunk = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Pixels, tokens of the captions, tokens of the phrases (all zero where none is)."""


@cache
def _tokenizer(folder: Path) -> SimpleTokenizer:
    return load_tokenizer(folder)


def _draw_chunk(start: int, folder: Path, num_captions: int) -> Chunk:
    pixels = np.empty((CHUNK, IMAGE_PX, IMAGE_PX, 3), dtype=np.uint8)
    tokens = np.empty((CHUNK, num_captions, CONTEXT_LENGTH), dtype=np.int16)
    phrase_tokens = np.zeros((CHUNK, MAX_PHRASES, PHRASE_LENGTH), dtype=np.int16)
    for row in range(CHUNK):
        picture, texts, phrases = draw_example(start + row, num_captions)
        small = Image.fromarray(picture).resize((IMAGE_PX, IMAGE_PX), Image.Resampling.BICUBIC)
        pixels[row] = np.asarray(small)
        tokens[row] = _tokenizer(folder)(texts).numpy()
        kept = phrases[:MAX_PHRASES]
        phrase_tokens[row, : len(kept)] = _tokenizer(folder)(kept, PHRASE_LENGTH).numpy()
    return pixels, tokens, phrase_tokens


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
        Pixels (examples, height, width, 3), tokens of captions (examples,
        captions, context) and of phrases (examples, phrases, context).
        Example ``i`` depends on ``i`` alone.
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
    pixels, captions, phrases = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    return pixels, captions, phrases
