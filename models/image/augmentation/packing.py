"""Three views of a batch of images.

Arrays are what comes and goes, `(batch, height, width, 3)` uint8. A packed image `(batch, height,
width)` int32 has a pixel per number, red in the lowest byte, so that moving a pixel is one load.
Planes are three tensors `(batch, height, width)` float32 in 0 to 255: red, green and blue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Planes = tuple[Any, Any, Any]
"""Red, green and blue."""
_PLACES = (0, 8, 16)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function one program of XLA.

    What is done to a batch is several of them: within one, XLA would do the work of a pixel again
    for everything that reads the pixel.
    """
    return tf.function(function, jit_compile=True)


def pack(images: Any) -> Any:
    """Arrays to packed images."""
    red, green, blue = (tf.cast(images[..., channel], tf.int32) for channel in range(3))
    return red + 256 * green + 65536 * blue


def unpack(packed: Any) -> Any:
    """Packed images to arrays."""
    shifted = tf.bitwise.right_shift(packed[..., tf.newaxis], tf.constant(_PLACES))
    return tf.cast(tf.bitwise.bitwise_and(shifted, 255), tf.uint8)


def levels(packed: Any) -> tuple[Any, Any, Any]:
    """Packed images to red, green and blue as int32."""
    red, green, blue = (
        tf.bitwise.bitwise_and(tf.bitwise.right_shift(packed, place), 255) for place in _PLACES
    )
    return red, green, blue


def to_planes(packed: Any) -> Planes:
    """Packed images to planes."""
    red, green, blue = (tf.cast(level, tf.float32) for level in levels(packed))
    return red, green, blue


def from_planes(planes: Planes) -> Any:
    """Planes to packed images, to the nearest whole number; what is outside 0 to 255 is cut."""
    # Casting cuts digits off, and is quicker than rounding.
    red, green, blue = (
        tf.cast(tf.clip_by_value(plane, 0.0, 255.0) + 0.5, tf.int32) for plane in planes
    )
    return red + 256 * green + 65536 * blue
