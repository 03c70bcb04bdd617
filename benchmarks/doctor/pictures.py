"""Drawn images for the doctor's benchmark: shapes in front of a landscape, and coloured digits."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

Rows = list[tuple[bytes, bytes]]
Colour = tuple[int, int, int]
_ROWS = 800
_SIDE = 32
_FINER = 4
_DIGIT_SIDE = 24
_SHAPES = {"disc": 40, "square": 4, "star": 5, "triangle": 3}


def scenes() -> Rows:
    """Warm shapes of any size, place, turn and colour before sky and ground; 32 x 32 PNG."""
    rng = random.Random(11)
    labels = [list(_SHAPES)[index % len(_SHAPES)] for index in range(_ROWS)]
    return [(encoded(_scene(label, rng)), label.encode()) for label in labels]


def photos() -> Rows:
    """The scenes as many cameras save them: sizes, light, frames, colour and quality vary.

    None of it has to do with the label.
    """
    rng = random.Random(13)
    return [(_photo(content, rng), label) for content, label in scenes()]


def coloured(digits: Rows) -> Rows:
    """Digits in any ink on any paper, 24 x 24 PNG.

    Args:
        digits: Grey images of digits, and labels.
    """
    rng = random.Random(17)

    def paint(content: bytes) -> bytes:
        grey = Image.open(io.BytesIO(content)).convert("L")
        grey = grey.resize((_DIGIT_SIDE, _DIGIT_SIDE), Image.Resampling.BICUBIC)
        paper, ink = _colour((140, 255), rng), _colour((0, 110), rng)
        return encoded(ImageOps.colorize(grey, paper, ink))

    return [(paint(content), label) for content, label in digits]


def encoded(image: Image.Image, form: str = "PNG", **settings: int) -> bytes:
    """An image as a file's content."""
    stream = io.BytesIO()
    image.save(stream, form, **settings)
    return stream.getvalue()


def decoded(content: bytes) -> Image.Image:
    """A file's content as an image in colours."""
    return Image.open(io.BytesIO(content)).convert("RGB")


def _scene(label: str, rng: random.Random) -> Image.Image:
    side = _SIDE * _FINER
    image = _landscape(side, rng)
    radius = rng.uniform(0.2, 0.38) * side
    centre = [rng.uniform(radius, side - radius) for _ in range(2)]
    colour = (rng.randint(150, 255), rng.randint(20, 190), rng.randint(0, 90))
    corners = _corners(_SHAPES[label], label == "star", centre, radius, rng)
    ImageDraw.Draw(image).polygon(corners, fill=colour)
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    grain = np.random.default_rng(rng.getrandbits(32)).normal(0, 6, (_SIDE, _SIDE, 3))
    return Image.fromarray(np.clip(np.asarray(small) + grain, 0, 255).astype(np.uint8))


def _landscape(side: int, rng: random.Random) -> Image.Image:
    """Blue above, green or brown below."""
    image = Image.new("RGB", (side, side), _near((110, 160, 220), rng))
    horizon = round(rng.uniform(0.35, 0.75) * side)
    ground = _near(rng.choice(((70, 120, 60), (120, 95, 60), (150, 140, 110))), rng)
    image.paste(ground, (0, horizon, side, side))
    return image


def _corners(
    count: int, is_star: bool, centre: Sequence[float], radius: float, rng: random.Random
) -> list[tuple[float, float]]:
    """Corners of a regular polygon, or of a star with dents between them."""
    turn = rng.uniform(0, 2 * math.pi)
    radii = [radius, 0.45 * radius] if is_star else [radius]
    points = count * len(radii)
    return [
        (
            centre[0] + radii[i % len(radii)] * math.cos(turn + 2 * math.pi * i / points),
            centre[1] + radii[i % len(radii)] * math.sin(turn + 2 * math.pi * i / points),
        )
        for i in range(points)
    ]


def _photo(content: bytes, rng: random.Random) -> bytes:
    image = ImageEnhance.Brightness(decoded(content)).enhance(rng.uniform(0.6, 1.3))
    if rng.random() < 0.15:
        image = image.convert("L").convert("RGB")
    if rng.random() < 0.15:
        image = ImageOps.expand(image, 2, rng.choice(("white", "black")))
    width = rng.randint(32, 56)
    image = image.resize((width, round(width * rng.choice((0.75, 1.0, 1.0, 1.33)))))
    return encoded(image, "JPEG", quality=rng.randint(60, 95))


def _near(colour: Colour, rng: random.Random) -> Colour:
    red, green, blue = (min(255, max(0, part + rng.randint(-30, 30))) for part in colour)
    return red, green, blue


def _colour(limits: tuple[int, int], rng: random.Random) -> Colour:
    return rng.randint(*limits), rng.randint(*limits), rng.randint(*limits)
