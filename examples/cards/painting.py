"""Scenes as pixels, with the box and the visible area of each thing."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from examples.cards.pictures import sprite
from examples.cards.scenes import SCENE_PX, Scene, Thing

Pixels = Float[np.ndarray, "height width 3"]


@dataclass(frozen=True, slots=True)
class Outline:
    """Where the visible part of a thing lies, in pixels."""

    left: int
    top: int
    width: int
    height: int
    area: int


def _rgb(colour: str) -> Float[np.ndarray, " 3"]:
    return np.array([int(colour[i : i + 2], 16) for i in (0, 2, 4)], dtype=np.float32)


def _mask(pattern: str, rng: np.random.Generator) -> Float[np.ndarray, "height width"]:
    """A texture in [-1, 1]."""
    rows, columns = np.mgrid[0:SCENE_PX, 0:SCENE_PX].astype(np.float32)
    turn = rng.uniform(0, np.pi)
    along = rows * np.cos(turn) + columns * np.sin(turn)
    across = columns * np.cos(turn) - rows * np.sin(turn)
    period = rng.uniform(14, 30)
    match pattern:
        case "gradient":
            return 2 * (along - along.min()) / np.ptp(along) - 1
        case "grain":
            coarse = rng.normal(size=(20, 20)).astype(np.float32)
            smooth = Image.fromarray(coarse).resize((SCENE_PX, SCENE_PX), Image.Resampling.BICUBIC)
            return np.clip(np.asarray(smooth) / 2, -1, 1)
        case "stripes":
            return np.sign(np.sin(2 * np.pi * along / period))
        case "dots":
            cells = np.hypot(along % period - period / 2, across % period - period / 2)
            return np.where(cells < period * 0.22, 1.0, -0.3)
        case "checks":
            return np.sign(np.sin(2 * np.pi * along / period) * np.sin(2 * np.pi * across / period))
        case "waves":
            return np.sin(2 * np.pi * (along + 5 * np.sin(across / 9)) / period)
        case "tiles":
            joints = (along % period < 2) | (across % (2 * period) < 2)
            return np.where(joints, -1.0, 0.2)
        case _:
            return np.zeros((SCENE_PX, SCENE_PX), dtype=np.float32)


def backdrop(scene: Scene) -> Pixels:
    """The ground of a scene without its things, before its filter."""
    rng = np.random.default_rng(scene.texture_seed)
    texture = _mask(scene.pattern, rng)[..., None] * rng.uniform(10, 22)
    shift = rng.normal(0, 6, size=3)
    noise = rng.normal(0, 2.5, size=(SCENE_PX, SCENE_PX, 1))
    return (_rgb(scene.colour) + shift + texture + noise).astype(np.float32)


def _filtered(pixels: Pixels, name: str) -> Pixels:
    grey = pixels @ np.array([0.3, 0.59, 0.11], dtype=np.float32)
    match name:
        case "warm":
            return pixels * np.array([1.05, 1.0, 0.88], dtype=np.float32)
        case "cool":
            return pixels * np.array([0.9, 0.98, 1.06], dtype=np.float32)
        case "night":
            return pixels * np.array([0.42, 0.46, 0.62], dtype=np.float32)
        case "faded":
            return 0.45 * pixels + 115
        case "sepia":
            brown = grey[..., None] * np.array([1.07, 0.92, 0.7], dtype=np.float32)
            return 0.7 * brown + 0.3 * pixels
        case _:
            return pixels


def _stamp(thing: Thing) -> Image.Image:
    """The thing at its size and angle, RGBA."""
    picture = sprite(thing.picture, thing.colour, outlined=thing.outlined)
    scale = thing.size_px / max(picture.size)
    width, height = (max(4, round(side * scale)) for side in picture.size)
    picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    if thing.mirrored:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return picture.rotate(thing.angle_deg, Image.Resampling.BICUBIC, expand=True)


def paint(scene: Scene) -> tuple[UInt8[np.ndarray, "height width 3"], list[Outline | None]]:
    """Paint a scene.

    Returns:
        The pixels, and for each thing its outline; None where nothing of the
        thing can be seen.
    """
    pixels, owners = paint_on(backdrop(scene), scene)
    return pixels, [_outline(owners == index) for index in range(1, len(scene.things) + 1)]


def paint_on(
    ground: Pixels, scene: Scene
) -> tuple[UInt8[np.ndarray, "height width 3"], UInt8[np.ndarray, "height width"]]:
    """Paint the things of a scene on a ground.

    Returns:
        The pixels, and which thing is seen where: 0 is the ground, 1 the first thing.
    """
    canvas = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    owner = Image.new("L", canvas.size, 0)
    for index, thing in enumerate(scene.things, start=1):
        stamp = _stamp(thing)
        left, top = (round(c - side / 2) for c, side in zip(thing.centre, stamp.size, strict=True))
        alpha = stamp.getchannel("A")
        canvas.paste(stamp.convert("RGB"), (left, top), alpha)
        owner.paste(index, (left, top), alpha.point([255 * (a > 96) for a in range(256)]))
    pixels = _filtered(np.asarray(canvas, dtype=np.float32), scene.filter)
    return np.clip(pixels, 0, 255).astype(np.uint8), np.asarray(owner)


def _outline(mask: np.ndarray) -> Outline | None:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    left, top = int(columns[0]), int(rows[0])
    return Outline(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1, int(mask.sum()))
