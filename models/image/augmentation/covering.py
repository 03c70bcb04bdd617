"""Rectangles: covered by random erasing, taken from another image by CutMix; and MixUp.

The other image of each is the one before it in the batch, the last one's for the first: batches
come shuffled, so this is as random as a draw.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from models.image.augmentation import config, draws, packing

Box = tuple[Any, Any, Any, Any]
"""First row, end of the rows, first column, end of the columns, each `(batch,)` int32."""
_FILLS = {"black": 0, "grey": 0x808080}


def draw_erasing(operation: config.Erasing, seed: Any, batch: Any, size: tuple[int, int]) -> Any:
    """Draw rectangles, empty where nothing is covered, and what noise begins with."""
    area, ratio, row, column, noise, u = draws.uniforms(seed, batch, 6)
    area = draws.between(area, *operation.area) * size[0] * size[1]
    ratio = draws.between_in_logarithm(ratio, *operation.ratio)
    is_chosen = tf.cast(draws.is_chosen(u, operation.probability), tf.float32)
    height = tf.minimum(tf.round(tf.sqrt(area * ratio)), size[0]) * is_chosen
    width = tf.minimum(tf.round(tf.sqrt(area / ratio)), size[1])
    top = tf.floor(row * (size[0] - height + 1))
    left = tf.floor(column * (size[1] - width + 1))
    ends = (top, top + height, left, left + width)
    return tuple(tf.cast(end, tf.int32) for end in ends), tf.cast(noise * 2**24, tf.uint32)


def erase(packed: Any, drawn: Any, fill: str) -> Any:
    """Cover rectangles of packed images."""
    box, noise = drawn
    cover = _noise(noise, packed.shape[1:]) if fill == "noise" else _FILLS[fill]
    return tf.where(_inside(box, packed), cover, packed)


def _noise(begin: Any, shape: Any) -> Any:
    """A colour per pixel, `(batch, height, width)` int32, packed.

    A hash of the place and of `begin` `(batch,)` uint32, the finaliser of MurmurHash3 (Appleby,
    2011): a random generator would cost more than all the rest of the operation.
    """
    places = tf.reshape(tf.range(shape.num_elements(), dtype=tf.int32), shape)
    mixed = tf.cast(places, tf.uint32) * tf.constant(0x9E3779B1, tf.uint32)
    mixed += begin[:, tf.newaxis, tf.newaxis]
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = tf.bitwise.bitwise_xor(mixed, _shifted(mixed, shift))
        mixed *= tf.constant(factor, tf.uint32)
    return tf.cast(_shifted(mixed, 8), tf.int32)


def _shifted(number: Any, bits: int) -> Any:
    return tf.bitwise.right_shift(number, tf.constant(bits, tf.uint32))


def draw_mixup(operation: config.MixUp, seed: Any, batch: Any, size: tuple[int, int]) -> Any:
    """Draw the share `(batch,)` of an image in its blend, 1 where nothing is blended."""
    choice, blend = draws.split(seed, 2)
    (u,) = draws.uniforms(choice, batch, 1)
    share = draws.dirichlet(blend, batch, 2, operation.alpha)[:, 0]
    return tf.where(draws.is_chosen(u, operation.probability), share, 1.0)


def mixup(packed: Any, share: Any) -> Any:
    """Blend packed images with the ones before them."""
    share = share[:, tf.newaxis, tf.newaxis]
    planes = zip(packing.to_planes(packed), packing.to_planes(_before(packed)), strict=True)
    red, green, blue = (share * own + (1.0 - share) * other for own, other in planes)
    return packing.from_planes((red, green, blue))


def draw_cutmix(operation: config.CutMix, seed: Any, batch: Any, size: tuple[int, int]) -> Any:
    """Draw rectangles and the share `(batch,)` that they leave, 1 where nothing is cut."""
    place, blend = draws.split(seed, 2)
    row, column, u = draws.uniforms(place, batch, 3)
    share = draws.dirichlet(blend, batch, 2, operation.alpha)[:, 0]
    side = tf.where(draws.is_chosen(u, operation.probability), tf.sqrt(1.0 - share), 0.0)
    ends = []
    for centre, length in zip((row, column), size, strict=True):
        first = tf.round(centre * length - side * length / 2)
        ends += [first, first + tf.round(side * length)]
        ends[-2:] = [tf.clip_by_value(end, 0.0, float(length)) for end in ends[-2:]]
    cut = (ends[1] - ends[0]) * (ends[3] - ends[2]) / (size[0] * size[1])
    return tuple(tf.cast(end, tf.int32) for end in ends), 1.0 - cut


def cutmix(packed: Any, drawn: Any) -> Any:
    """Put rectangles of the images before them into packed images."""
    box, _ = drawn
    return tf.where(_inside(box, packed), _before(packed), packed)


def mix_targets(targets: Any, share: Any) -> Any:
    """Mix softened targets `(batch, k)` as `mixup` mixes images."""
    share = share[:, tf.newaxis]
    return share * targets + (1.0 - share) * _before(targets)


def _before(rows: Any) -> Any:
    return tf.roll(rows, 1, axis=0)


def _inside(box: Box, packed: Any) -> Any:
    """Whether a pixel is in its image's rectangle, `(batch, height, width)` bool."""
    top, bottom, left, right = (tf.reshape(end, (-1, 1, 1)) for end in box)
    rows = tf.range(packed.shape[1])[:, tf.newaxis]
    columns = tf.range(packed.shape[2])[tf.newaxis, :]
    return (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
