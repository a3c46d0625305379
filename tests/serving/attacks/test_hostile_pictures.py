"""Pictures made to cost much: each is decoded in fresh processes, and what it took is looked at."""

from pathlib import Path

import pytest

from components.data.images import ImageFault, decode_image
from components.data.quarantine_reasons import ImageReason
from tests.serving.asking import error_of
from tests.serving.attacks.decoding_cost import measure_cost
from tests.serving.attacks.hostile_pictures import HOSTILE

REFUSED = {
    "webp_canvas": ImageReason.TOO_MANY_PIXELS,
    "png_pixels": ImageReason.TOO_MANY_PIXELS,
    "png_texts": ImageReason.TOO_COSTLY,
    "png_international_texts": ImageReason.TOO_COSTLY,
    "png_profile": ImageReason.TOO_COSTLY,
    "jpeg_scans": ImageReason.TOO_COSTLY,
    "jpeg_scans_just_allowed": ImageReason.TOO_COSTLY,
    "jpeg_progressive_pixels": ImageReason.TOO_COSTLY,
    "gif_canvas": ImageReason.TOO_MANY_PIXELS,
    "tiff_deflate": ImageReason.TOO_MANY_PIXELS,
    "tiff_scans": ImageReason.TOO_COSTLY,
    "heic_pixels": ImageReason.TOO_COSTLY,
    "heic_announced": ImageReason.TOO_MANY_PIXELS,
    "avif_pixels": ImageReason.TOO_COSTLY,
}
DECODED = {"webp_frames", "png_frames", "gif_frames", "avif_frames", "exif_loop", "heic_grid"}
# Without the limits, the worst took 1,690 MB, and 185 s.
MOST_MB = 220
MOST_PROCESSOR_S = 6


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_sent_costs_little(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(HOSTILE[name]())
    cost = measure_cost(file)
    assert cost.outcome in {"decoded", *ImageReason}
    assert cost.outcome == REFUSED.get(name, cost.outcome)
    assert cost.outcome == "decoded" or name not in DECODED
    assert cost.megabytes < MOST_MB
    assert cost.processor_seconds < MOST_PROCESSOR_S


@pytest.mark.parametrize("name", ["webp_canvas", "jpeg_scans", "png_pixels", "heic_pixels"])
def test_a_small_bomb_among_own_files_is_too_costly(name: str) -> None:
    with pytest.raises(ImageFault, match="too costly to decode") as caught:
        decode_image(HOSTILE[name]())
    assert caught.value.reason == ImageReason.TOO_COSTLY


def test_the_service_says_that_it_is_too_costly(client) -> None:
    for address in ("/v1/tag", "/v1/tag?evidence=true"):
        answer = client.post(address, content=HOSTILE["jpeg_scans"]())
        assert error_of(answer, 422)["code"] == "too_costly"
    files = {"image": ("x", HOSTILE["png_texts"]())}
    assert error_of(client.post("/v1/search", files=files), 422)["code"] == "too_costly"
