"""Operations that change colours, each on planes, see `packing.py`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from models.image.augmentation import colour_config, draws
from models.image.augmentation.operation import Operation
from models.image.augmentation.packing import Planes

GREY = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in grey, ITU-R BT.601, section 2.5.1."""
_TO_YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
"""From red, green and blue to brightness and two axes of colour, FCC NTSC 1953."""


def draw_factor(operation: Any, seed: Any, batch: Any) -> Any:
    """Draw factors `(batch,)` around 1; 1 where nothing is changed."""
    factor, u = draws.uniforms(seed, batch, 2)
    factor = draws.between(factor, 1 - operation.strength, 1 + operation.strength)
    return tf.where(draws.is_chosen(u, operation.probability), factor, 1.0)


def draw_angle(operation: colour_config.Hue, seed: Any, batch: Any) -> Any:
    """Draw angles `(batch,)` in radians; 0 where nothing is changed."""
    angle, u = draws.uniforms(seed, batch, 2)
    angle = draws.between(angle, -operation.degrees, operation.degrees) * math.pi / 180
    return tf.where(draws.is_chosen(u, operation.probability), angle, 0.0)


def draw_shift(operation: colour_config.ChannelShift, seed: Any, batch: Any) -> Any:
    """Draw numbers `(batch, 3)` to add; 0 where nothing is changed."""
    *shifts, u = draws.uniforms(seed, batch, 4)
    shift = draws.between(tf.stack(shifts, axis=1), -operation.levels, operation.levels)
    return tf.where(draws.is_chosen(u, operation.probability)[:, tf.newaxis], shift, 0.0)


def draw_threshold(operation: colour_config.Solarise, seed: Any, batch: Any) -> Any:
    """The threshold `(batch,)`; one that inverts nothing where nothing is changed."""
    return tf.where(draw_choice(operation, seed, batch), operation.threshold, 256.0)


def draw_bits(operation: colour_config.Posterise, seed: Any, batch: Any) -> Any:
    """The bits `(batch,)` that are kept; all where nothing is changed."""
    return tf.where(draw_choice(operation, seed, batch), float(operation.bits), 8.0)


def draw_choice(operation: Operation, seed: Any, batch: Any) -> Any:
    """Draw which images are changed, `(batch,)` bool."""
    (u,) = draws.uniforms(seed, batch, 1)
    return draws.is_chosen(u, operation.probability)


def grey(planes: Planes) -> Any:
    """Brightness of each pixel, `(batch, height, width)`."""
    red, green, blue = planes
    return GREY[0] * red + GREY[1] * green + GREY[2] * blue


def brightness(planes: Planes, factor: Any) -> Planes:
    """`factor * value`, as Pillow's `ImageEnhance.Brightness`."""
    return _cut(plane * _per_image(factor) for plane in planes)


def contrast(planes: Planes, factor: Any) -> Planes:
    """`mean + factor * (value - mean)` with the mean grey, as Pillow's `ImageEnhance.Contrast`."""
    mean = tf.reduce_mean(grey(planes), axis=(1, 2), keepdims=True)
    return _cut(mean + _per_image(factor) * (plane - mean) for plane in planes)


def saturation(planes: Planes, factor: Any) -> Planes:
    """`grey + factor * (value - grey)` with the pixel's grey, as Pillow's `ImageEnhance.Color`."""
    tone = grey(planes)
    return _cut(tone + _per_image(factor) * (plane - tone) for plane in planes)


def hue(planes: Planes, angle: Any) -> Planes:
    """Turn the plane IQ of YIQ by angles `(batch,)` in radians."""
    forth = np.asarray(_TO_YIQ, np.float32)
    back = np.linalg.inv(forth)
    still, along = (np.diag(np.asarray(kept, np.float32)) for kept in ([1, 0, 0], [0, 1, 1]))
    across = np.asarray([[0, 0, 0], [0, 0, -1], [0, 1, 0]], np.float32)
    sine, cosine = (part(angle)[:, tf.newaxis, tf.newaxis] for part in (tf.sin, tf.cos))
    # (batch, 3, 3): rows are the new channels, columns the old ones.
    turn = back @ still @ forth + cosine * (back @ along @ forth) + sine * (back @ across @ forth)
    red, green, blue = planes
    return _cut(
        red * _per_image(turn[:, row, 0])
        + green * _per_image(turn[:, row, 1])
        + blue * _per_image(turn[:, row, 2])
        for row in range(3)
    )


def channel_shift(planes: Planes, shift: Any) -> Planes:
    """`value + shift` with a shift per channel, `(batch, 3)`."""
    return _cut(plane + _per_image(shift[:, channel]) for channel, plane in enumerate(planes))


def greyscale(planes: Planes, is_chosen: Any) -> Planes:
    """Grey in all channels."""
    tone = grey(planes)
    return _each(tf.where(_per_image(is_chosen), tone, plane) for plane in planes)


def solarise(planes: Planes, threshold: Any) -> Planes:
    """`255 - value` from a threshold `(batch,)` on, as Pillow's `ImageOps.solarize`."""
    return _each(tf.where(plane < _per_image(threshold), plane, 255.0 - plane) for plane in planes)


def posterise(planes: Planes, bits: Any) -> Planes:
    """Multiples of `2 ** (8 - bits)`, as Pillow's `ImageOps.posterize`; bits `(batch,)`."""
    step = _per_image(tf.pow(2.0, 8.0 - tf.cast(bits, tf.float32)))
    # Steps are powers of two, so that dividing and multiplying is exact.
    return _each(tf.floor(tf.floor(plane + 0.5) / step) * step for plane in planes)


def sharpness(planes: Planes, factor: Any) -> Planes:
    """Away from the smoothed image by a factor `(batch,)`, as Pillow's `ImageEnhance.Sharpness`."""
    return _each(_sharpened(plane, _per_image(factor)) for plane in planes)


def _sharpened(plane: Any, factor: Any) -> Any:
    """Pillow's `ImageFilter.SMOOTH`: the centre counts five times; the outermost pixels stay."""
    if min(plane.shape[1:]) < 3:
        return plane
    inner = plane[:, 1:-1, 1:-1]
    rows = plane[:, :-2] + plane[:, 1:-1] + plane[:, 2:]
    square = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    smooth = (square + 4.0 * inner) / 13.0
    sharpened = tf.clip_by_value(smooth + factor * (inner - smooth), 0.0, 255.0)
    return plane + tf.pad(sharpened - inner, [[0, 0], [1, 1], [1, 1]])


def _cut(planes: Iterable[Any]) -> Planes:
    return _each(tf.clip_by_value(plane, 0.0, 255.0) for plane in planes)


def _each(planes: Iterable[Any]) -> Planes:
    red, green, blue = planes
    return red, green, blue


def _per_image(numbers: Any) -> Any:
    """`(batch,)` -> `(batch, 1, 1)`."""
    return numbers[:, tf.newaxis, tf.newaxis]
