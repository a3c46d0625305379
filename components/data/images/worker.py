"""The decoding process: reads pictures from its input, writes pixels to its output.

It bounds itself: memory by the kernel's limit on data, time by a timer of processor time that
kills it. Whoever started it takes its death for an answer.
"""

import json
import mmap
import os
import resource
import signal
from io import FileIO
from pathlib import Path

from components.data.images.budget import Budget
from components.data.images.fault import ImageFault
from components.data.images.framing import (
    READY,
    SHARED_BYTES,
    Wanted,
    framed,
    is_shared,
    read_exactly,
    read_framed,
    rows_in_band,
    shared_image,
    write_all,
)
from components.data.images.pixels import Decoded, decode_here

MEMORY_SLACK = 8_000_000
"""Bytes that the interpreter and the allocators may take on top."""
MAX_GROWTH = 64_000_000
"""Bytes that may stay behind after a picture before another process takes over."""


def main(shared_fd: int) -> None:
    """Answer until the input ends; pixels go to the memory behind ``shared_fd``."""
    shared = mmap.mmap(shared_fd, SHARED_BYTES)
    os.close(shared_fd)
    # The pixels go to the real output; what a library prints goes nowhere.
    source, output = FileIO(0), FileIO(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    at_rest = _data_bytes()
    write_all(output, READY)
    while _answer(source, output, shared, at_rest) and _data_bytes() < at_rest + MAX_GROWTH:
        pass


def _answer(stream: FileIO, output: FileIO, shared: mmap.mmap, at_rest: int) -> bool:
    try:
        header = json.loads(read_framed(stream))
        data = bytes(read_exactly(stream, header["num_bytes"]))
    except EOFError:
        return False
    budget = Budget(**header["budget"])
    try:
        decoded = _bounded(data, budget, at_rest)
    except ImageFault as fault:
        told = {"reason": fault.reason, "detail": fault.detail}
        write_all(output, framed(json.dumps(told).encode()))
    else:
        _send(decoded, header["wanted"], output, shared)
    return True


def _bounded(data: bytes, budget: Budget, at_rest: int) -> Decoded:
    """Decode within the budget; the file itself, and a copy that some decoders take, come on top."""
    memory = at_rest + budget.memory(len(data)) + 2 * len(data) + MEMORY_SLACK
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)

    def allow_time(num_pixels: int) -> None:
        signal.setitimer(signal.ITIMER_PROF, budget.time_s(len(data), num_pixels))

    try:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, hard))
        allow_time(0)
        return decode_here(data, budget, allow_time)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _send(decoded: Decoded, wanted: Wanted, output: FileIO, shared: mmap.mmap) -> None:
    image = decoded.image
    if wanted == "pixels" and is_shared(image.size):
        shared_image(shared, image.size).paste(image)
    told = {"full_size": decoded.full_size, "size": image.size}
    write_all(output, framed(json.dumps(told).encode()))
    if wanted == "pixels" and not is_shared(image.size):
        rows = rows_in_band(image.width)
        for top in range(0, image.height, rows):
            bottom = min(top + rows, image.height)
            write_all(output, image.crop((0, top, image.width, bottom)).tobytes())


def _data_bytes() -> int:
    """Writable memory of this process, which is what the limit counts."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmData"))
    return int(line.split()[1]) * 1024
