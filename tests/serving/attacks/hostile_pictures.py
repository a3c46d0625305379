"""Small files that ask for much: one function a trick, the same bytes each time.

``HOSTILE`` has them all by name. They are decoded by tests and by the benchmark of attacks.
"""

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pillow_heif
from PIL import Image

_EOI = b"\xff\xd9"


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(size: tuple[int, int], colour: int, data: bytes, *extra: bytes) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, colour, 0, 0, 0))
    body = _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + body


def _zeros(num_bytes: int) -> bytes:
    """That many zeros, deflated, without holding them."""
    deflate = zlib.compressobj(9)
    block = bytes(1 << 20)
    parts = [deflate.compress(block) for _ in range(num_bytes >> 20)]
    parts.append(deflate.compress(bytes(num_bytes & ((1 << 20) - 1))))
    return b"".join(parts) + deflate.flush()


def webp_canvas(width: int = 10_000, height: int = 10_000) -> bytes:
    """34 bytes: a lossless WebP of one colour, a hundred million pixels."""
    bits = (width - 1) | (height - 1) << 14
    # Five prefix codes of one symbol each: no bit of data is needed for a pixel.
    stream = b"\x2f" + struct.pack("<I", bits) + bytes([0x88, 0x88, 0x08, 0x00, 0x00])
    payload = stream + bytes(len(stream) % 2) + b"\0\0"
    chunk = b"VP8L" + struct.pack("<I", len(payload)) + payload
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def webp_frames() -> bytes:
    """An animation of sixty frames; only the first is wanted."""
    frames = [Image.new("RGB", (300, 300), (4 * n, 0, 0)) for n in range(60)]
    return _saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)


def png_pixels(width: int = 9_900, height: int = 9_900) -> bytes:
    """98 million pixels of zeros, in colour."""
    return _png((width, height), 2, _zeros((3 * width + 1) * height))


def png_just_allowed() -> bytes:
    """36 million pixels of zeros: as much as memory allows, from 100 kB."""
    return png_pixels(6_000, 6_000)


def png_alpha() -> bytes:
    """36 million pixels with transparency, which have to be laid on white."""
    width = height = 6_000
    return _png((width, height), 6, _zeros((4 * width + 1) * height))


def png_long_data() -> bytes:
    """One pixel, and a quarter of a gigabyte of zeros behind it."""
    return _png((1, 1), 2, _zeros(1 << 28))


def png_texts() -> bytes:
    """Compressed comments that open into a quarter of a gigabyte."""
    text = _chunk(b"zTXt", b"c\0\0" + _zeros(1 << 20))
    return _png((1, 1), 2, zlib.compress(b"\0\0\0\0"), *([text] * 256))


def png_international_texts() -> bytes:
    """The same in the other kind of comment."""
    text = _chunk(b"iTXt", b"c\0\1\0\0\0" + _zeros(1 << 20))
    return _png((1, 1), 2, zlib.compress(b"\0\0\0\0"), *([text] * 256))


def png_profile() -> bytes:
    """A colour profile that opens into 64 MB."""
    profile = _chunk(b"iCCP", b"p\0\0" + _zeros(1 << 26))
    return _png((1, 1), 2, zlib.compress(b"\0\0\0\0"), profile)


def png_frames() -> bytes:
    """An animated PNG that announces a thousand million frames."""
    control = _chunk(b"acTL", struct.pack(">II", 1 << 30, 0))
    return _png((64, 64), 2, zlib.compress(bytes((3 * 64 + 1) * 64)), control)


def _repeated_scans(side: int, num_scans: int) -> bytes:
    data = _saved(Image.new("RGB", (side, side), (90, 60, 30)), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    return data[:start] + data[start:-2] * num_scans + _EOI


def jpeg_scans() -> bytes:
    """A progressive JPEG of 16 million pixels whose last scan comes back a hundred times and more."""
    return _repeated_scans(4_000, 150)


def jpeg_scans_just_allowed() -> bytes:
    """Few scans, many pixels: under both limits, over their product."""
    return _repeated_scans(5_600, 80)


def jpeg_progressive_pixels() -> bytes:
    """A progressive JPEG of 36 million pixels, whose coefficients must all be held."""
    return _saved(Image.new("RGB", (6_000, 6_000)), "JPEG", progressive=True, subsampling=0)


def jpeg_largest() -> bytes:
    """A baseline JPEG of 250 million grey pixels: decoded at a quarter."""
    return _saved(Image.new("L", (15_800, 15_800)), "JPEG", quality=10)


def jpeg_many_profiles() -> bytes:
    """Every part of a colour profile that there can be, and comments up to 8 MB."""
    data = _saved(_noise(32, 32), "JPEG")
    part = b"\xff\xe2" + struct.pack(">H", 65_535) + b"ICC_PROFILE\0\1\xff"
    return data[:2] + (part + bytes(65_533 - 14)) * 128 + data[2:]


def exif_loop() -> bytes:
    """EXIF whose directories point at themselves, and count to four thousand million."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x0112, 3, 0xFFFFFFFF, 8)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + entry + struct.pack("<I", 8)
    data = _saved(_noise(32, 32), "JPEG")
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def gif_canvas() -> bytes:
    """A canvas of four thousand million pixels, of which a frame fills one."""
    data = bytearray(_saved(Image.new("P", (1, 1)), "GIF"))
    data[6:10] = b"\xff\xff\xff\xff"
    return bytes(data)


def gif_frames() -> bytes:
    """Fifty thousand frames of one pixel."""
    data = _saved(Image.new("P", (1, 1)), "GIF")
    frame = data[data.index(b",", 13) : -1]
    return data[:-1] + frame * 50_000 + b";"


def gif_pixels() -> bytes:
    """64 million pixels of one colour."""
    return _saved(Image.new("P", (8_000, 8_000)), "GIF")


def bmp_runs() -> bytes:
    """Run lengths that jump to the end of a row of a million pixels again and again."""
    width, height = 1_000_000, 36
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 0, 0, 0, 256, 0)
    data = b"\0\2\xff\xff" * 5_000 + b"\0\1"
    offset = 14 + len(info) + 1024
    return (
        b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + info + bytes(1024) + data
    )


def _tiff(fields: Mapping[int, tuple[int, int]], data: bytes, next_directory: int = 0) -> bytes:
    """A TIFF of one directory; fields hold (type, value), and ``data`` lies at its end."""
    directory = struct.pack("<H", len(fields))
    start = 8 + 2 + 12 * len(fields) + 4
    for tag, (kind, value) in sorted(fields.items()):
        number = start if tag in (273, 324) else value
        directory += struct.pack("<HHII", tag, kind, 1, number)
    return b"II*\0\x08\0\0\0" + directory + struct.pack("<I", next_directory) + data


def _strip(width: int, height: int, compression: int, data: bytes) -> dict[int, tuple[int, int]]:
    return {
        256: (4, width),
        257: (4, height),
        258: (3, 8),
        259: (3, compression),
        262: (3, 1),
        273: (4, 0),
        277: (3, 1),
        278: (4, height),
        279: (4, len(data)),
    }


def tiff_deflate() -> bytes:
    """98 million grey pixels in one deflated strip."""
    data = _zeros(9_900 * 9_900)
    return _tiff(_strip(9_900, 9_900, 8, data), data)


def tiff_tiles() -> bytes:
    """A picture of 16 pixels in a tile of four thousand million."""
    data = _zeros(1 << 20)
    fields = _strip(4, 4, 8, data)
    for tag in (273, 278, 279):
        del fields[tag]
    fields |= {322: (4, 65_520), 323: (4, 65_520), 324: (4, 0), 325: (4, len(data))}
    return _tiff(fields, data)


def tiff_directories() -> bytes:
    """A directory whose next one is itself."""
    data = bytes(64)
    return _tiff(_strip(8, 8, 1, data), data, next_directory=8)


def tiff_scans() -> bytes:
    """A JPEG of many scans inside a TIFF, where no marker of the outer file tells them."""
    data = _saved(Image.new("L", (4_000, 4_000), 90), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    stream = data[:start] + data[start:-2] * 300 + _EOI
    return _tiff(_strip(4_000, 4_000, 7, stream), stream)


def jp2_pixels() -> bytes:
    """16 million pixels of one colour, in wavelets."""
    image = Image.new("RGB", (4_000, 4_000), (9, 9, 9))
    return _saved(image, "JPEG2000", quality_mode="rates", quality_layers=[1_000])


def jp2_tiles() -> bytes:
    """A hundred and sixty thousand tiles of one pixel are announced."""
    data = bytearray(_saved(_noise(64, 64), "JPEG2000", no_jp2=True))
    size = data.index(b"\xff\x51") + 4
    struct.pack_into(">IIIIIIII", data, size + 2, 400, 400, 0, 0, 1, 1, 0, 0)
    return bytes(data)


def jp2_components() -> bytes:
    """Sixteen thousand components are announced."""
    data = bytearray(_saved(_noise(64, 64), "JPEG2000", no_jp2=True))
    size = data.index(b"\xff\x51") + 4
    struct.pack_into(">H", data, size + 34, 16_384)
    return bytes(data)


def heic_pixels() -> bytes:
    """16 million pixels of one colour, of which the properties say that they are 64 million."""
    data = _heif(Image.new("RGB", (4_000, 4_000), (30, 60, 90)))
    return data.replace(_extent(4_000), _extent(8_000))


def heic_grid() -> bytes:
    """A grid of nine hundred tiles."""
    return _heif(Image.new("RGB", (1_920, 1_920), (30, 60, 90)), tile_size=64)


def heic_announced() -> bytes:
    """A small picture whose properties announce four thousand million pixels."""
    data = _heif(_noise(64, 64))
    return data.replace(_extent(64), _extent(65_535))


def _extent(side: int) -> bytes:
    return struct.pack(">4sIII", b"ispe", 0, side, side)


def _heif(image: Image.Image, **options: object) -> bytes:
    pillow_heif.register_heif_opener()
    return _saved(image, "HEIF", quality=10, enc_params={"preset": "ultrafast"}, **options)


def avif_pixels() -> bytes:
    """36 million pixels of one colour."""
    return _saved(Image.new("RGB", (6_000, 6_000), (9, 9, 9)), "AVIF", speed=10, quality=10)


def avif_frames() -> bytes:
    """A sequence of sixty frames; only the first is wanted."""
    frames = [Image.new("RGB", (400, 400), (4 * n, 0, 0)) for n in range(60)]
    return _saved(frames[0], "AVIF", save_all=True, append_images=frames[1:], speed=10)


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    make.__name__: cache(make)
    for make in (
        *(webp_canvas, webp_frames),
        *(png_pixels, png_just_allowed, png_alpha, png_long_data, png_texts),
        *(png_international_texts, png_profile, png_frames),
        *(jpeg_scans, jpeg_scans_just_allowed, jpeg_progressive_pixels, jpeg_largest),
        *(jpeg_many_profiles, exif_loop),
        *(gif_canvas, gif_frames, gif_pixels, bmp_runs),
        *(tiff_deflate, tiff_tiles, tiff_directories, tiff_scans),
        *(jp2_pixels, jp2_tiles, jp2_components),
        *(heic_pixels, heic_grid, heic_announced, avif_pixels, avif_frames),
    )
}
