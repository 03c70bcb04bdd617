"""What little an image could be told by, without looking at what it shows.

Each cue is a few numbers of every image: of its file, of all pixels at once, or of one small place.
Geirhos et al. (2020), "Shortcut Learning in Deep Neural Networks",
https://arxiv.org/abs/2004.07780, collect such cues that networks were found to go by.
"""

from __future__ import annotations

import dataclasses
import functools
import io
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageChops

CELLS = 8
"""Places along a side of an image that are looked at one by one."""
EXAMPLE_SIDE = 48
"""Side in pixels of the pictures that are shown as examples."""
_LIGHTER, _DARKER = ImageChops.lighter, ImageChops.darker
_SIDE = 64  # pixels of the picture that is cut into places: eight along a place
_DRAFT = 256  # pixels that a JPEG is decoded to at least, for speed
_BLOCK = 8  # pixels along a block of JPEG
_FORMATS = ("JPEG", "PNG", "MPO", "BMP")
_STRIP = 16  # a border is this part of a side
_INNER = 3  # strips from a border to what it is compared with
_ALONG = 48  # pixels that a strip has along its side
_SIDES = ("top", "right", "bottom", "left")
_GREY = 24  # of 255: how far the channels of a grey pixel differ, for a JPEG, too
_BLACK, _WHITE = 2, 253  # of 255: darker, and lighter, for a JPEG, too
_STORED = ("size", "file format", "compression", "channels")
_WHOLE = ("brightness", "contrast", "sharpness", "extreme pixels")


@dataclasses.dataclass(frozen=True)
class Cues:
    """All cues of some images; each array is `(images, numbers)` float32."""

    file: Mapping[str, np.ndarray]
    """What content cannot explain: size, format, compression, channels."""
    whole: Mapping[str, np.ndarray]
    """What content may explain: brightness, contrast, colours, sharpness, extreme pixels."""
    borders: Mapping[str, np.ndarray]
    """Outermost strip of each side, without its ends."""
    inner: Mapping[str, np.ndarray]
    """By the same names, a strip that lies further in."""
    places: np.ndarray
    """Numbers of each place, `(images, 8, 8, 6)`, rows from top to bottom."""


def read(images: Sequence[bytes]) -> Cues:
    """Measure encoded images.

    Args:
        images: Encoded images, at least one.

    Raises:
        OSError: If one does not decode.
    """
    seen = [_look(data) for data in images]
    pictures = np.stack([one.picture for one in seen])
    borders, inner = (_strips(np.stack([one.strips[depth] for one in seen])) for depth in (0, 1))
    stored = {name: np.array([one.stored[name] for one in seen], np.float32) for name in _STORED}
    whole = {name: np.array([one.whole[name] for one in seen], np.float32) for name in _WHOLE}
    return Cues(stored, {**whole, "colours": _colours(pictures)}, borders, inner, _places(pictures))


def example(data: bytes) -> bytes:
    """An image small enough to be kept in a report, as PNG."""
    with Image.open(io.BytesIO(data)) as image:
        small = image.convert("RGB")
    small.thumbnail((EXAMPLE_SIDE, EXAMPLE_SIDE))
    stream = io.BytesIO()
    small.save(stream, "PNG")
    return stream.getvalue()


@dataclasses.dataclass(frozen=True)
class _Seen:
    """What is kept of an image once it has been decoded."""

    stored: Mapping[str, Sequence[float]]
    whole: Mapping[str, Sequence[float]]
    strips: tuple[np.ndarray, np.ndarray]
    picture: np.ndarray


def _look(data: bytes) -> _Seen:
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        number = _FORMATS.index(image.format) if image.format in _FORMATS else -1
        tables = [sum(table) for table in getattr(image, "quantization", {}).values()]
        has_alpha = image.has_transparency_data
        image.draft("RGB", (_DRAFT, _DRAFT))
        is_whole = image.size == (width, height)
        picture = image.convert("RGB")
    grey = np.asarray(picture.convert("L"), np.int16)
    channels = picture.split()
    lightest, darkest = (functools.reduce(pick, channels) for pick in (_LIGHTER, _DARKER))
    chroma = np.asarray(ImageChops.subtract(lightest, darkest))
    blocks = _blockiness(grey) if is_whole else 0.0
    stored = {
        "size": (width, height, width / height),
        "file format": (number,),
        "compression": (*[*tables, 0, 0][:2], blocks),
        "channels": (has_alpha, np.count_nonzero(chroma > _GREY) / chroma.size),
    }
    outer, inner = (
        np.stack([_strip(picture, side, depth) for side in _SIDES]) for depth in (0, _INNER)
    )
    return _Seen(stored, _whole(grey, int(chroma.max())), (outer, inner), _small(picture))


def _whole(grey: np.ndarray, chroma: int) -> dict[str, Sequence[float]]:
    counts = np.bincount(grey.ravel(), minlength=256) / grey.size
    levels = np.arange(256)
    mean = float(counts @ levels)
    deviation = float(np.sqrt(counts @ (levels - mean) ** 2))
    low, middle, high = np.searchsorted(np.cumsum(counts), (0.05, 0.5, 0.95))
    edges, noise = _edges(grey), _noise(grey)
    present = np.flatnonzero(counts)
    ends = counts[:_BLACK].sum(), counts[_WHITE + 1 :].sum()
    return {
        "brightness": (mean, middle),
        "contrast": (deviation, high - low),
        "sharpness": (edges, noise, noise / (edges + 1)),
        "extreme pixels": (present[0], present[-1], *ends, chroma),
    }


def _edges(grey: np.ndarray) -> float:
    return float(sum(np.abs(np.diff(grey, axis=a)).mean() for a in (0, 1) if grey.shape[a] > 1))


def _noise(grey: np.ndarray) -> float:
    """Immerkaer (1996), "Fast Noise Variance Estimation", equation 4, without its constant."""
    if min(grey.shape) < 3:
        return 0.0
    return float(np.abs(np.diff(np.diff(grey, 2, axis=0), 2, axis=1)).mean())


def _blockiness(grey: np.ndarray) -> float:
    """How much higher steps between JPEG's blocks are than those within, as a ratio.

    Wang, Bovik and Evans (2000), "Blind measurement of blocking artifacts in images", in pixels.
    """
    ratios = []
    for axis in (0, 1):
        steps = np.abs(np.diff(grey, axis=axis)).mean(axis=1 - axis)
        at_blocks = np.arange(1, len(steps) + 1) % _BLOCK == 0
        if at_blocks.any() and not at_blocks.all():
            ratios.append(steps[at_blocks].mean() / (steps[~at_blocks].mean() + 1))
    return float(np.mean(ratios)) if ratios else 0.0


def _strip(picture: Image.Image, side: str, depth: int) -> np.ndarray:
    """A strip along a side, some strips further in, as `(48, 3)`; without its ends."""
    upright = side in ("left", "right")
    width, height = picture.size if not upright else picture.size[::-1]
    thick, end = max(1, height // _STRIP), width // CELLS
    first = min(depth * thick, height - thick)
    across = (first, first + thick)
    if side in ("bottom", "right"):
        across = (height - first - thick, height - first)
    along = (end, width - end)
    if upright:
        box, size = (across[0], along[0], across[1], along[1]), (1, _ALONG)
    else:
        box, size = (along[0], across[0], along[1], across[1]), (_ALONG, 1)
    return np.asarray(picture.resize(size, Image.Resampling.BOX, box)).reshape(_ALONG, 3)


def _small(picture: Image.Image) -> np.ndarray:
    """An image of any size as `(64, 64, 3)`."""
    is_enlarged = min(picture.size) < _SIDE
    method = Image.Resampling.NEAREST if is_enlarged else Image.Resampling.BOX
    return np.asarray(picture.resize((_SIDE, _SIDE), method))


def _strips(strips: np.ndarray) -> dict[str, np.ndarray]:
    return {f"{side} border": _numbers(strips[:, place]) for place, side in enumerate(_SIDES)}


def _places(pictures: np.ndarray) -> np.ndarray:
    side = _SIDE // CELLS
    cut = pictures.reshape(-1, CELLS, side, CELLS, side, 3).swapaxes(2, 3)
    return _numbers(cut.reshape(-1, CELLS, CELLS, side * side, 3))


def _numbers(regions: np.ndarray) -> np.ndarray:
    """Mean colour, and spread and ends of grey, of regions `(..., pixels, 3)`: `(..., 6)`."""
    regions = regions.astype(np.float32)
    grey = regions.mean(axis=-1)
    spread = np.stack([grey.std(axis=-1), grey.min(axis=-1), grey.max(axis=-1)], axis=-1)
    return np.concatenate([regions.mean(axis=-2), spread], axis=-1)


def _colours(pictures: np.ndarray) -> np.ndarray:
    """Mean opponent colours, their spread, and the mean distance from grey, `(images, 4)`.

    Hasler and Suesstrunk (2003), "Measuring colourfulness in natural images", section 3.
    """
    red, green, blue = np.moveaxis(pictures.reshape(len(pictures), -1, 3), -1, 0).astype(np.float32)
    first, second = red - green, (red + green) / 2 - blue
    spread = np.hypot(first.std(axis=1), second.std(axis=1))
    lightest = np.maximum(np.maximum(red, green), blue)
    chroma = (lightest - np.minimum(np.minimum(red, green), blue)).mean(axis=1)
    return np.stack([first.mean(axis=1), second.mean(axis=1), spread, chroma], axis=1)


def pixels(data: bytes) -> int:
    """Number of pixels of an encoded image, from its header."""
    with Image.open(io.BytesIO(data)) as image:
        return image.width * image.height
