"""What images are made of: sizes, channels, and small pictures to compare them by."""

import dataclasses
import io
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from components.doctor.finding import Finding
from components.doctor.near_duplicates import SIDE

NAME = "image_sizes"
COLOR_SIDE = 8
"""Side in pixels of the coloured pictures."""
_DRAFT = 4 * SIDE  # pixels a JPEG is decoded to at least, for speed
_GREY = ("1", "L", "LA", "La", "I", "F")
_MIXED = 0.05  # share of images with other channels than most have
_STRETCHED, _STRETCHED_SHARE = 2.0, 0.1  # ratio of aspects, share of images that differ so much
_ENLARGED, _SHRUNK = 4.0, 16.0  # ratio of the model's side to the median image's, and inverse


@dataclasses.dataclass(frozen=True)
class Pictures:
    """The images of a split in a few numbers each."""

    sizes: np.ndarray
    """Width and height in pixels, `(images, 2)` int."""
    channels: Sequence[str]
    """`grey`, `colour` or `transparent`, one per image."""
    grey: np.ndarray
    """Thumbnails `(images, 32, 32)` uint8."""
    color: np.ndarray
    """Thumbnails `(images, 8, 8, 3)` uint8."""
    spreads: np.ndarray
    """Standard deviation of each image's pixels at 32 x 32, of 255, `(images,)`."""


def look(images: Sequence[bytes]) -> Pictures:
    """Decode images and make them small.

    Args:
        images: Encoded images.

    Raises:
        OSError: If one does not decode.
    """
    seen = [_look(data) for data in images]
    sizes, channels, grey, color, spreads = zip(*seen, strict=True) if seen else [()] * 5
    return Pictures(
        np.array(sizes, int).reshape(-1, 2),
        channels,
        np.array(grey, np.uint8).reshape(-1, SIDE, SIDE),
        np.array(color, np.uint8).reshape(-1, COLOR_SIDE, COLOR_SIDE, 3),
        np.array(spreads, float),
    )


def take(pictures: Pictures, places: np.ndarray) -> Pictures:
    """Some of the images, by their index."""
    return Pictures(
        pictures.sizes[places],
        [pictures.channels[place] for place in places],
        pictures.grey[places],
        pictures.color[places],
        pictures.spreads[places],
    )


def _look(data: bytes) -> tuple[tuple[int, int], str, np.ndarray, np.ndarray, float]:
    with Image.open(io.BytesIO(data)) as image:
        size = image.size
        channels = "grey" if image.mode in _GREY or image.mode.startswith("I;") else "colour"
        if image.has_transparency_data:
            channels = "transparent"
        image.draft("RGB", (_DRAFT, _DRAFT))
        pixels = image.convert("RGB")
    # Smooth also where it enlarges, so that copies of another size still look alike.
    small = pixels.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    spread = float(np.asarray(small, np.float32).std(axis=(0, 1)).max())
    color = small.resize((COLOR_SIDE, COLOR_SIDE), Image.Resampling.BOX)
    return size, channels, np.asarray(small.convert("L")), np.asarray(color), spread


def image_sizes(pictures: Mapping[str, Pictures], image_size: int | None = None) -> Finding:
    """Compare the images' sizes and channels with each other and with what the model reads.

    Args:
        pictures: By split, `train` among them.
        image_size: Side of the model's input in pixels, if known.

    Returns:
        `warn` for mixed channels, aspects that differ, or a model's side far from the images';
        figures `sizes` (quantiles of the shorter and longer side) and `channels` (counts by split).
    """
    train = pictures["train"]
    shorter, longer = train.sizes.min(axis=1), train.sizes.max(axis=1)
    channels = {split: dict(Counter(found.channels)) for split, found in pictures.items()}
    most, count = Counter(train.channels).most_common(1)[0]
    figures = {
        "sizes": {
            "shorter": np.quantile(shorter, (0, 0.5, 1)).tolist(),
            "longer": np.quantile(longer, (0, 0.5, 1)).tolist(),
        },
        "channels": channels,
        "model": image_size,
    }
    evidence = (
        f"{len(shorter):,} training images, sides {shorter.min()} to {longer.max()} pixels (median "
        f"{np.median(shorter):.0f} x {np.median(longer):.0f}), {count / len(shorter):.1%} {most}"
        + (f"; the model reads {image_size} x {image_size}." if image_size else ".")
    )
    problems = [
        *_channel_problems(train, most, count),
        *_shape_problems(train.sizes),
        *_scale_problems(float(np.median(shorter)), image_size),
    ]
    if not problems:
        return Finding(NAME, "pass", evidence, figures=figures)
    meanings, fixes = zip(*problems, strict=True)
    return Finding(NAME, "warn", evidence, " ".join(meanings), " ".join(fixes), figures)


def _channel_problems(train: Pictures, most: str, count: int) -> list[tuple[str, str]]:
    others = 1 - count / len(train.channels)
    if others < _MIXED:
        return []
    return [
        (
            f"{others:.1%} of the images are not {most} as the others: if that goes with the "
            "label, the model learns it instead of what is shown.",
            "Save all images of `data.source` with the same channels.",
        )
    ]


def _shape_problems(sizes: np.ndarray) -> list[tuple[str, str]]:
    aspects = np.log(sizes[:, 0] / sizes[:, 1])
    apart = np.abs(aspects - np.median(aspects)) > np.log(_STRETCHED)
    if apart.mean() < _STRETCHED_SHARE:
        return []
    return [
        (
            f"{apart.mean():.1%} of the images are stretched {_STRETCHED:g} times or more against "
            "the others when all are made the same size.",
            "Crop or pad the images to one aspect before `data.source` reads them.",
        )
    ]


def _scale_problems(side: float, image_size: int | None) -> list[tuple[str, str]]:
    if image_size is None:
        return []
    if image_size > _ENLARGED * side:
        return [
            (
                f"Images are enlarged {image_size / side:.1f} times: more computation, no more "
                "detail.",
                f"Lower `model.image_size` towards {side:.0f}.",
            )
        ]
    if side > _SHRUNK * image_size:
        return [
            (
                f"Images are shrunk {side / image_size:.1f} times: what is small in them is gone.",
                "Raise `model.image_size`, or crop the images to what matters.",
            )
        ]
    return []
