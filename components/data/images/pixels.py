"""Decodes pictures in this process: upright 8-bit RGB, whatever was stored.

Only the decoding process calls this: hostile bytes may crash it or make it spin.
"""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import pillow_heif
from PIL import AvifImagePlugin, Image, Jpeg2KImagePlugin, TiffImagePlugin, WebPImagePlugin

from components.data.images.budget import Budget
from components.data.images.costs import Plan, check_pixels, plan_decoding
from components.data.images.fault import ImageFault, too_costly
from components.data.images.files import check_num_bytes
from components.data.images.formats import is_cut_off, known_format
from components.data.images.jpeg_scans import check_inner_scans
from components.data.images.webp_frame import first_frame, webp_size
from components.data.quarantine_reasons import ImageReason

# One picture, one thread: what it costs can then be told, and other pictures have their cores.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.register_heif_opener(
    decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
)
for _name in ("Bmp", "Gif", "Jpeg", "Mpo", "Png"):
    # Importing registers them; Pillow would import dozens of others along with them.
    import_module(f"PIL.{_name}ImagePlugin")
Image.MAX_IMAGE_PIXELS = None  # our own limit hangs on the format

_PLAIN_MODES = frozenset({"1", "L", "RGB", "RGBX", "CMYK", "YCbCr", "HSV", "P"})
_ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_ORIENTATION_TAG = 0x0112
_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GREY_16_TO_8 = bytes((value * 255 + 32_767) // 65_535 for value in range(65_536))
_BAND_PIXELS = 1 << 18
_JPEG_IN_TIFF = ("jpeg", "tiff_jpeg")
_STRIP_AND_TILE_OFFSETS = (0x0111, 0x0144)
_LIMIT_WORDS = ("memory", "alloc", "limit", "too large", "too big")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture, upright; ``full_size`` is width and height before it was scaled down."""

    image: Image.Image
    full_size: tuple[int, int]


def decode_here(
    data: bytes, budget: Budget, on_header: Callable[[int], None] = lambda num_pixels: None
) -> Decoded:
    """Decode a picture to RGB, turned upright, first frame only.

    Args:
        data: The bytes of a file.
        budget: What it may cost.
        on_header: Called with the number of pixels before they are decoded.

    Raises:
        ImageFault: With the reason, for anything that is not such a picture.
    """
    check_num_bytes(len(data))
    name = known_format(data)
    try:
        with warnings.catch_warnings():
            # Pillow warns about damaged metadata, which does not concern the pixels.
            warnings.simplefilter("ignore")
            return _decode(data, name, budget, on_header)
    except ImageFault:
        raise
    except MemoryError:
        megabytes = budget.memory(len(data)) / 1e6
        raise too_costly(f"it needs more than {megabytes:,.0f} MB of memory") from None
    except Exception as error:  # noqa: BLE001
        # Pillow's decoders raise a dozen unrelated types on hostile bytes.
        raise _damage(data, name, error) from None


def _decode(data: bytes, name: str, budget: Budget, on_header: Callable[[int], None]) -> Decoded:
    size = webp_size(data) if name == "WEBP" else None
    if size is not None:
        # Opening a WebP takes memory for its pixels, so its header is looked at before.
        check_pixels(size, budget.max_pixels)
        plan_decoding(name, "RGBA", size, data, budget)
    image = Image.open(io.BytesIO(data), formats=[name])
    stored = image.size
    plan = plan_decoding(name, image.mode, stored, data, budget)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        _check_tiff(image, data)
    on_header(stored[0] * stored[1])
    _set_scale(image, name, plan)
    if isinstance(image, WebPImagePlugin.WebPImageFile):
        orientation, image = _orientation(image), first_frame(image)
    else:
        image.load()
        orientation = _orientation(image)
    if orientation >= 5 and name != "TIFF":
        # Pillow turns the size of a TIFF while it loads it.
        stored = (stored[1], stored[0])
    rest = max(1, plan.final_scale // plan.decoder_scale)
    upright = _upright(_to_rgb(image, rest), orientation)
    upright.info.clear()
    return Decoded(upright, stored)


def _check_tiff(image: TiffImagePlugin.TiffImageFile, data: bytes) -> None:
    if image.info.get("compression") not in _JPEG_IN_TIFF:
        return
    offsets = [image.tag_v2.get(tag, ()) for tag in _STRIP_AND_TILE_OFFSETS]
    check_inner_scans(data, max(1, *(len(places) for places in offsets)))


def _set_scale(image: Image.Image, name: str, plan: Plan) -> None:
    if plan.decoder_scale == 1:
        return
    if name == "JPEG":
        width, height = image.size
        image.draft(None, (width // plan.decoder_scale, height // plan.decoder_scale))
    elif isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile):
        image.reduce = plan.decoder_scale.bit_length() - 1


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001
        # Damaged metadata must not cost the picture.
        return 1
    return value if isinstance(value, int) else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    method = _TRANSPOSES.get(orientation)
    return image if method is None else image.transpose(method)


def _to_rgb(image: Image.Image, scale: int) -> Image.Image:
    """RGB with sides divided by ``scale``, a band of rows at a time to hold no whole copy between."""
    if image.mode == "RGB" and scale == 1 and "transparency" not in image.info:
        return image
    width, height = image.size
    rgb = Image.new("RGB", (-(-width // scale), -(-height // scale)))
    rows = max(scale, _BAND_PIXELS // width // scale * scale)
    for top in range(0, height, rows):
        band = _band_to_rgb(image.crop((0, top, width, min(top + rows, height))))
        rgb.paste(band if scale == 1 else band.reduce(scale), (0, top // scale))
    return rgb


def _band_to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Pillow's own conversion clips at 255, which turns most scans white.
        return image.convert("I").point(_GREY_16_TO_8, "L").convert("RGB")
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layered).convert("RGB")
    if image.mode in _PLAIN_MODES:
        return image.convert("RGB")
    raise ImageFault(
        ImageReason.UNSUPPORTED_MODE,
        f"pixel mode {image.mode!r} has no fixed white point; "
        "save the picture with 8 or 16 bits a channel",
    )


def _damage(data: bytes, name: str, error: Exception) -> ImageFault:
    if any(word in str(error).lower() for word in _LIMIT_WORDS):
        return too_costly(f"{name} data: {error}")
    if is_cut_off(data, name):
        return ImageFault(ImageReason.TRUNCATED, f"the {name} data end too early")
    return ImageFault(ImageReason.UNREADABLE, f"damaged {name} data: {error}")
