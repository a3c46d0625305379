"""Processes that decode pictures, so that a bad one costs a process and not the program."""

import contextlib
import fcntl
import json
import mmap
import os
import select
import signal
import subprocess
import sys
import threading
from io import FileIO
from pathlib import Path
from typing import cast

from PIL import Image

import components
from components.data.images.budget import Budget
from components.data.images.fault import ImageFault, too_costly
from components.data.images.framing import (
    READY,
    SHARED_BYTES,
    Wanted,
    is_shared,
    read_exactly,
    read_framed,
    request_header,
    rows_in_band,
    shared_image,
    write_all,
)
from components.data.quarantine_reasons import ImageReason

PIPE_BYTES = 1 << 20
START_TIMEOUT_S = 120.0
WALL_PER_PROCESSOR = 20.0
"""A process may wait for its turn on a busy machine, but not for ever."""
_SCRIPT = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from components.data.images.worker import main; main(int(sys.argv[1]))"
)
Answer = tuple[tuple[int, int], Image.Image | None]


class _Process:
    """One decoding process, used by one thread at a time."""

    def __init__(self) -> None:
        root = str(Path(components.__file__).parents[1])
        paths = [root, *(path for path in sys.path if path)]
        shared_fd = os.memfd_create("efuda-pixels")
        try:
            os.ftruncate(shared_fd, SHARED_BYTES)
            self._shared = mmap.mmap(shared_fd, SHARED_BYTES)
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _SCRIPT, str(shared_fd), *paths],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                pass_fds=(shared_fd,),
                start_new_session=True,  # Ctrl-C is for the program, which then closes the input
            )
        finally:
            os.close(shared_fd)
        # Without buffers, so that a forked copy of the owner has nothing left to write.
        self._input = cast(FileIO, self._process.stdin)
        self._output = cast(FileIO, self._process.stdout)
        for end in (self._input, self._output):
            # A user may have used up what the system lets them have in pipes.
            with contextlib.suppress(OSError):
                fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        try:
            self._wait(START_TIMEOUT_S)
            read_exactly(self._output, len(READY))
        except (EOFError, TimeoutError):
            self.close()
            raise RuntimeError(
                "The process that decodes pictures does not start; its own words are above."
            ) from None

    def ask(self, data: bytes, wanted: Wanted, budget: Budget) -> Answer:
        """What the process makes of a picture.

        Raises:
            ImageFault: The fault that it found.
            EOFError: If it is gone.
            TimeoutError: If it does not answer.
        """
        try:
            write_all(self._input, request_header(wanted, len(data), budget), data)
        except BrokenPipeError:
            raise EOFError from None
        self._wait(WALL_PER_PROCESSOR * budget.max_seconds)
        told = json.loads(read_framed(self._output))
        if "reason" in told:
            raise ImageFault(ImageReason(told["reason"]), told["detail"])
        width, height = told["full_size"]
        return (width, height), self._pixels(*told["size"]) if wanted == "pixels" else None

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def close(self) -> int:
        """End the process, if it has not ended by itself.

        Returns:
            Its exit status; minus the number of the signal that killed it.
        """
        self._input.close()
        self._output.close()
        try:
            return self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def forget(self) -> None:
        """Drop it in a forked copy of its owner, whose child it is not."""
        self._input.close()
        self._output.close()
        self._process.returncode = 0

    def _wait(self, timeout_s: float) -> None:
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        if not poll.poll(timeout_s * 1000):
            raise TimeoutError

    def _pixels(self, width: int, height: int) -> Image.Image:
        if is_shared((width, height)):
            # The copy is this thread's own; the memory is the next picture's.
            return shared_image(self._shared, (width, height)).convert("RGB")
        rows = rows_in_band(width)
        image = Image.new("RGB", (width, height))
        for top in range(0, height, rows):
            size = width, min(rows, height - top)
            band = Image.frombytes("RGB", size, read_exactly(self._output, 3 * size[0] * size[1]))
            image.paste(band, (0, top))
        return image


class DecoderPool:
    """Decoding processes, started as they are needed; threads may share it.

    Args:
        num_processes: How many pictures are decoded at once; other threads wait.
    """

    def __init__(self, num_processes: int) -> None:
        self._turns = threading.Semaphore(num_processes)
        self._idle: list[_Process] = []

    def ask(self, data: bytes, wanted: Wanted, budget: Budget) -> Answer:
        """Width and height as seen upright, and the picture if it is wanted.

        Raises:
            ImageFault: With the reason; ``too_costly`` too where the decoder died of it.
        """
        with self._turns:
            answer = self._try(data, wanted, budget)
            # A process that has grown ends after its answer, and another takes over.
            while answer is None:
                answer = self._try(data, wanted, budget)
            return answer

    def close(self) -> None:
        """End all processes that are idle."""
        while self._idle:
            self._idle.pop().close()

    def forget(self) -> None:
        """Let go of all processes without ending them."""
        while self._idle:
            self._idle.pop().forget()

    def _try(self, data: bytes, wanted: Wanted, budget: Budget) -> Answer | None:
        process = self._living() or _Process()
        try:
            answer = process.ask(data, wanted, budget)
        except ImageFault:
            self._idle.append(process)
            raise
        except EOFError:
            return self._gone(process)
        except TimeoutError:
            process.close()
            raise too_costly("it did not come to an end") from None
        except BaseException:
            process.close()
            raise
        self._idle.append(process)
        return answer

    def _living(self) -> _Process | None:
        """An idle process; those that were killed meanwhile must not cost a picture."""
        while True:
            try:
                process = self._idle.pop()
            except IndexError:
                return None
            if process.is_alive():
                return process
            process.close()

    def _gone(self, process: _Process) -> None:
        status = process.close()
        if status == 0:
            return
        if status == -signal.SIGPROF:
            raise too_costly("it takes longer than a file of its size may") from None
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        raise too_costly(f"its decoder ended with {how}") from None
