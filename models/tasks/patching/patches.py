"""Images as square patches, and which of them are hidden; all but `pattern` in a graph."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

HIDDEN = 128
"""What hidden pixels show: grey."""
_EPSILON = 1e-6
"""Added to the variance of a patch whose pixels are from 0 to 1."""
_STEPS = (0.7548776662466927, 0.5698402909980532)
"""Of a sequence that fills a square evenly: 1 over the plastic number, and its square (Roberts
2018, "The Unreasonable Effectiveness of Quasirandom Sequences")."""


def cut(images: Any, patch: int) -> Any:
    """Patches of images, row by row.

    Args:
        images: `(n, side, side, 3)`.
        patch: Side of a patch in pixels; divides `side`.

    Returns:
        `(n, patches, patch * patch * 3)`.
    """
    import tensorflow as tf

    count = images.shape[1] // patch
    parts = tf.reshape(images, (-1, count, patch, count, patch, 3))
    return tf.reshape(tf.transpose(parts, (0, 1, 3, 2, 4, 5)), (-1, count**2, patch**2 * 3))


def joined(parts: Any, patch: int) -> Any:
    """The images that patches are of; undoes `cut`."""
    import tensorflow as tf

    count = math.isqrt(parts.shape[1])
    parts = tf.reshape(parts, (-1, count, count, patch, patch, 3))
    images = tf.transpose(parts, (0, 1, 3, 2, 4, 5))
    return tf.reshape(images, (-1, count * patch, count * patch, 3))


def moments(parts: Any) -> tuple[Any, Any]:
    """Mean and variance of the pixels of each patch, from 0 to 1, each `(n, patches, 1)`."""
    import tensorflow as tf

    return tf.nn.moments(tf.cast(parts, tf.float32) / 255, axes=[-1], keepdims=True)


def normalised(parts: Any) -> Any:
    """Patches less their own mean, over their own deviation; a flat one is 0.

    He et al. (2021), "Masked Autoencoders Are Scalable Vision Learners",
    https://arxiv.org/abs/2111.06377, section 3.
    """
    import tensorflow as tf

    mean, variance = moments(parts)
    return (tf.cast(parts, tf.float32) / 255 - mean) * tf.math.rsqrt(variance + _EPSILON)


def in_pixels(told: Any, parts: Any) -> Any:
    """What was told of normalised patches, in their own brightness and contrast, 0 to 255."""
    import tensorflow as tf

    mean, variance = moments(parts)
    return tf.clip_by_value((told * tf.sqrt(variance + _EPSILON) + mean) * 255, 0.0, 255.0)


def kept_variance(parts: Any) -> Any:
    """Mean square of each normalised patch, `(n, patches)`: 1, less where it is as good as flat."""
    _, variance = moments(parts)
    return (variance / (variance + _EPSILON))[..., 0]


def count(patches: int, share: float) -> int:
    """How many patches are hidden: at least one, and one is seen."""
    return min(max(1, round(share * patches)), patches - 1)


def drawn(seed: Any, rows: Any, patches: int, share: float) -> Any:
    """Which patches are hidden, `(rows, patches)` bool, as many of each image."""
    import tensorflow as tf

    order = tf.argsort(
        tf.argsort(tf.random.stateless_uniform((rows, patches), seed), axis=1), axis=1
    )
    return order < count(patches, share)


def pattern(patches: int, share: float) -> np.ndarray:
    """Which patches of an image that is judged are hidden, evenly spread, `(patches,)` bool."""
    places = np.arange(patches)
    side = math.isqrt(patches)
    heights = (places // side * _STEPS[0] + places % side * _STEPS[1]) % 1
    hidden = np.zeros(patches, bool)
    hidden[np.argsort(heights, kind="stable")[: count(patches, share)]] = True
    return hidden


def hide(images: Any, hidden: Any, patch: int) -> Any:
    """Images whose hidden patches are grey.

    Args:
        images: `(n, side, side, 3)` uint8.
        hidden: `(n, patches)` bool.
        patch: Side of a patch in pixels.
    """
    import tensorflow as tf

    parts = cut(images, patch)
    return joined(tf.where(hidden[..., None], tf.cast(HIDDEN, parts.dtype), parts), patch)


def target(images: Any, hidden: Any, patch: int) -> Any:
    """Normalised patches and, as the last number of each, whether it is hidden.

    Returns:
        `(n, patches, patch * patch * 3 + 1)` float32.
    """
    import tensorflow as tf

    flags = tf.cast(hidden, tf.float32)[..., None]
    return tf.concat([normalised(cut(images, patch)), flags], axis=-1)
