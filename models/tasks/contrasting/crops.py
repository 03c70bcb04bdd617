"""Two parts of an image that overlap, which belong together as nothing else of a folder does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHARE = 0.75
"""Side of each part, of that of the image."""


def upper_left(encoded: Mapping[str, Any]) -> dict[str, Any]:
    """See `_part`."""
    return _part(encoded, 0)


def lower_right(encoded: Mapping[str, Any]) -> dict[str, Any]:
    """See `_part`."""
    side = encoded["image"].shape[1]
    return _part(encoded, side - _kept(side))


def _part(encoded: Mapping[str, Any], first: int) -> dict[str, Any]:
    """Cut a part out of images, and resize it to their size, in a graph.

    Args:
        encoded: `image` `(n, side, side, 3)` uint8.
        first: Row and column where the part begins.
    """
    import tensorflow as tf

    images = encoded["image"]
    side = images.shape[1]
    end = first + _kept(side)
    resized = tf.image.resize(images[:, first:end, first:end], (side, side), antialias=True)
    return {**encoded, "image": tf.cast(tf.round(resized), images.dtype)}


def _kept(side: int) -> int:
    return max(1, round(SHARE * side))
