import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.data.images import OWN_FILES, Budget, ImageFault, decode_image
from components.data.images.pool import DecoderPool
from components.data.quarantine_reasons import ImageReason

MEGA = 1_000_000


def png(colour: int = 0, side: int = 8) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), (colour, 0, 0)).save(file, "PNG")
    return file.getvalue()


def noisy_png(side: int) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def budget(*, seconds: float = 5.0, memory: int = 190 * MEGA) -> Budget:
    return Budget(
        memory_per_byte=0,
        max_memory=memory,
        seconds=seconds,
        seconds_per_megabyte=0.0,
        seconds_per_megapixel=0.0,
        max_seconds=seconds,
        max_pixels=100 * MEGA,
        max_jpeg_pixels=100 * MEGA,
    )


@pytest.fixture
def pool() -> Iterator[DecoderPool]:
    pool = DecoderPool(2)
    yield pool
    pool.close()


def decoders() -> set[int]:
    """The processes that this one has started and that have not ended."""
    return {
        int(process)
        for thread in Path("/proc/self/task").iterdir()
        for process in (thread / "children").read_text().split()
    }


def reason_of(pool: DecoderPool, data: bytes, allowed: Budget) -> tuple[ImageReason, str]:
    with pytest.raises(ImageFault) as caught:
        pool.ask(data, "pixels", allowed)
    return caught.value.reason, caught.value.detail


def test_a_decoder_out_of_time_is_ended_and_the_next_picture_has_another(pool: DecoderPool) -> None:
    reason, detail = reason_of(pool, noisy_png(2_000), budget(seconds=0.01))
    assert reason == ImageReason.TOO_COSTLY
    assert detail == "too costly to decode: it takes longer than a file of its size may"
    assert pool.ask(png(), "size", budget())[0] == (8, 8)


def test_a_decoder_out_of_memory_says_so(pool: DecoderPool) -> None:
    # Full colour and transparency take more than the header tells.
    file = io.BytesIO()
    image = Image.new("RGBA", (2_500, 2_500), (9, 9, 9, 99))
    image.save(file, "AVIF", subsampling="4:4:4", speed=10)
    reason, detail = reason_of(pool, file.getvalue(), budget(memory=58 * MEGA))
    assert (reason, "memory" in detail.lower()) == (ImageReason.TOO_COSTLY, True)
    assert "it needs about" not in detail
    assert pool.ask(file.getvalue(), "size", budget())[0] == (2_500, 2_500)


def test_an_idle_decoder_that_was_killed_costs_no_picture(pool: DecoderPool) -> None:
    before = decoders()
    pool.ask(png(), "size", OWN_FILES)
    for process in decoders() - before:
        os.kill(process, signal.SIGKILL)
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    assert pool.ask(png(), "size", OWN_FILES)[0] == (8, 8)


def test_a_decoder_that_crashes_is_a_fault_of_the_picture(pool: DecoderPool, monkeypatch) -> None:
    crash = "import os; os.write(1, b'ready'); os.read(0, 4); os.abort()"
    monkeypatch.setattr("components.data.images.pool._SCRIPT", crash)
    reason, detail = reason_of(pool, png(), OWN_FILES)
    assert (reason, "SIGABRT" in detail) == (ImageReason.TOO_COSTLY, True)


def test_a_decoder_that_does_not_start_is_no_fault_of_the_picture(
    pool: DecoderPool, monkeypatch
) -> None:
    monkeypatch.setattr("components.data.images.pool._SCRIPT", "raise SystemExit(3)")
    with pytest.raises(RuntimeError, match="does not start"):
        pool.ask(png(), "size", OWN_FILES)


def test_threads_each_get_their_own_picture(pool: DecoderPool) -> None:
    sizes = [(side % 50) + 1 for side in range(100)]

    def colour_and_size(side: int) -> tuple[object, tuple[int, int]]:
        image = pool.ask(png(side, side), "pixels", OWN_FILES)[1]
        assert image is not None
        return image.getpixel((0, 0)), image.size

    before = decoders()
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(colour_and_size, sizes))
    assert found == [((side, 0, 0), (side, side)) for side in sizes]
    assert len(decoders() - before) <= 2


def test_pixels_are_the_callers_own(pool: DecoderPool) -> None:
    first = pool.ask(png(10), "pixels", OWN_FILES)[1]
    second = pool.ask(png(20), "pixels", OWN_FILES)[1]
    assert first is not None
    assert second is not None
    assert (first.getpixel((0, 0)), second.getpixel((0, 0))) == ((10, 0, 0), (20, 0, 0))


def test_large_pictures_come_in_bands(pool: DecoderPool) -> None:
    data = noisy_png(1_999)
    image = pool.ask(data, "pixels", OWN_FILES)[1]
    assert image is not None
    assert np.array_equal(np.asarray(image), np.asarray(Image.open(io.BytesIO(data))))


def test_a_fork_decodes_with_processes_of_its_own() -> None:
    decode_image(png())
    child = os.fork()
    if child == 0:
        size = decode_image(png(side=5)).size
        os._exit(0 if size == (5, 5) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert decode_image(png(side=6)).size == (6, 6)


def test_no_decoder_outlives_a_program_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    script = (
        "import os, signal, pathlib, sys\n"
        "from components.data.images import decode_image\n"
        "decode_image(pathlib.Path(sys.argv[1]))\n"
        "print(pathlib.Path(f'/proc/self/task/{os.getpid()}/children').read_text(), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "a.png"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    [process] = done.stdout.split()
    for _ in range(200):
        if not Path(f"/proc/{process}").exists() or _is_zombie(process):
            return
        signal.sigtimedwait([], 0.05)
    raise AssertionError(f"process {process} still runs")


def _is_zombie(process: str) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return True
