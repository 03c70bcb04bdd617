"""Operations that move pixels: each draws affine maps, and one resampling does several of them.

A map `(batch, 2, 3)` float32 leads from a place in the result to the place in the image that is
shown there. Places are `(x, y, 1)` in pixels, right and down from the image's centre.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import tensorflow as tf

from models.image.augmentation import config, draws, packing

WHOLE = frozenset({"crop", "flip"})
"""Kinds that move whole pixels onto whole pixels, so that nothing is interpolated."""


def affine(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
    """Maps `x' = a x + b y + c`, `y' = d x + e y + f` from six tensors `(batch,)` or numbers."""
    batch = next(tf.shape(entry)[0] for entry in (a, b, c, d, e, f) if tf.is_tensor(entry))
    entries = [
        tf.broadcast_to(tf.cast(entry, tf.float32), (batch,)) for entry in (a, b, c, d, e, f)
    ]
    return tf.reshape(tf.stack(entries, axis=1), (-1, 2, 3))


def compose(maps: Sequence[Any]) -> Any:
    """One map that does several, the first of them first."""
    first, *others = maps
    for other in others:
        # Products of so small matrices cost more as a matrix product than written out.
        linear, shift = first[:, :, :2, tf.newaxis], first[:, :, 2:]
        product = tf.reduce_sum(linear * other[:, tf.newaxis], axis=2)
        first = product + tf.pad(shift, [[0, 0], [0, 0], [2, 0]])
    return first


def choose(is_chosen: Any, maps: Any) -> Any:
    """The maps where chosen, elsewhere the one that moves nothing."""
    unmoved = tf.constant([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    return tf.where(is_chosen[:, tf.newaxis, tf.newaxis], maps, unmoved)


def draw_crop(operation: config.Crop, seed: Any, batch: Any, size: tuple[int, int]) -> Any:
    """Draw whole shifts of up to `padding` pixels."""
    x, y, u = draws.uniforms(seed, batch, 3)
    width = 2 * operation.padding + 1
    x, y = (tf.floor(number * width) - operation.padding for number in (x, y))
    return choose(draws.is_chosen(u, operation.probability), affine(1, 0, x, 0, 1, y))


def draw_resized_crop(
    operation: config.ResizedCrop, seed: Any, batch: Any, size: tuple[int, int]
) -> Any:
    """Draw windows of an area and a ratio, evenly over the places where they fit."""
    area, ratio, x, y, u = draws.uniforms(seed, batch, 5)
    area = draws.between(area, *operation.area)
    # A window of the ratio w / h in pixels covers these shares of the image's sides.
    stretch = draws.between_in_logarithm(ratio, *operation.ratio) * size[0] / size[1]
    width = tf.minimum(tf.sqrt(area * stretch), 1.0)
    height = tf.minimum(tf.sqrt(area / stretch), 1.0)
    x = (x - 0.5) * (1.0 - width) * size[1]
    y = (y - 0.5) * (1.0 - height) * size[0]
    return choose(draws.is_chosen(u, operation.probability), affine(width, 0, x, 0, height, y))


def draw_flip(operation: config.Flip, seed: Any, batch: Any, size: tuple[int, int]) -> Any:
    """Draw which images are mirrored."""
    x, y = (
        tf.where(draws.is_chosen(u, operation.probability), -1.0, 1.0)
        for u in draws.uniforms(seed, batch, 2)
    )
    is_horizontal, is_vertical = (
        operation.direction in (direction, "both") for direction in ("horizontal", "vertical")
    )
    return affine(x if is_horizontal else 1, 0, 0, 0, y if is_vertical else 1, 0 * y)


def draw_rotation(operation: config.Rotation, seed: Any, batch: Any, size: tuple[int, int]) -> Any:
    """Draw angles; a positive one turns the image counter-clockwise."""
    angle, u = draws.uniforms(seed, batch, 2)
    angle = draws.between(angle, -operation.degrees, operation.degrees) * math.pi / 180
    return choose(draws.is_chosen(u, operation.probability), rotation(angle))


def rotation(angle: Any) -> Any:
    """Maps that turn by angles `(batch,)` in radians, counter-clockwise as seen."""
    sine, cosine = tf.sin(angle), tf.cos(angle)
    return affine(cosine, -sine, 0, sine, cosine, 0)


DRAWN: dict[str, Callable[..., Any]] = {
    "crop": draw_crop,
    "flip": draw_flip,
    "resized_crop": draw_resized_crop,
    "rotation": draw_rotation,
}
"""By kind, the function that draws its maps."""


def mover(kinds: Collection[str], fill: config.Fill) -> Callable[[Any, Any], Any]:
    """Return the function that shows packed images through the maps of these kinds of operations.

    Args:
        kinds: Whose maps they are products of.
        fill: What is shown where a map leads out of the image.
    """
    place = _places if "rotation" in kinds else _aligned_places
    show = _look_up if WHOLE.issuperset(kinds) else _interpolate
    if place is _places:  # As many as pixels, so they are better made where they are needed.
        return packing.compiled(lambda packed, maps: show(packed, *place(packed, maps), fill))
    compiled = packing.compiled(lambda packed, y, x: show(packed, y, x, fill))
    return lambda packed, maps: compiled(packed, *place(packed, maps))


@packing.compiled
def mirror(images: Any, maps: Any) -> Any:
    """Show arrays through maps of flips alone."""
    for axis, direction in ((1, maps[:, 1, 1]), (2, maps[:, 0, 0])):
        is_flipped = tf.reshape(direction < 0, (-1, 1, 1, 1))
        images = tf.where(is_flipped, tf.reverse(images, [axis]), images)
    return images


def _places(packed: Any, maps: Any) -> tuple[Any, Any]:
    """Row and column that each pixel shows, float32 `(batch, height, width)`."""
    height, width = packed.shape[1:3]
    rows, columns = (_from_centre(size) for size in (height, width))
    rows, entry = rows[:, tf.newaxis], tf.reshape(maps, (-1, 6, 1, 1))
    x = entry[:, 0] * columns + entry[:, 1] * rows + entry[:, 2] + (width - 1) / 2
    y = entry[:, 3] * columns + entry[:, 4] * rows + entry[:, 5] + (height - 1) / 2
    return y, x


def _aligned_places(packed: Any, maps: Any) -> tuple[Any, Any]:
    """As `_places`, where rows come from rows: `(batch, height, 1)` and `(batch, 1, width)`."""
    height, width = packed.shape[1:3]
    x = maps[:, 0, :1] * _from_centre(width) + maps[:, 0, 2:] + (width - 1) / 2
    y = maps[:, 1, 1:2] * _from_centre(height) + maps[:, 1, 2:] + (height - 1) / 2
    return y[:, :, tf.newaxis], x[:, tf.newaxis, :]


def _from_centre(size: int) -> Any:
    return tf.range(size, dtype=tf.float32) - (size - 1) / 2


def _interpolate(packed: Any, y: Any, x: Any, fill: config.Fill) -> Any:
    """Mean of the four pixels around each place, weighted by how near they are."""
    top, left = tf.floor(y), tf.floor(x)
    lower_share, right_share = y - top, x - left
    total: Any = (0.0, 0.0, 0.0)
    for down, vertical in ((0.0, 1.0 - lower_share), (1.0, lower_share)):
        for right, horizontal in ((0.0, 1.0 - right_share), (1.0, right_share)):
            corner = packing.to_planes(_look_up(packed, top + down, left + right, fill))
            share = vertical * horizontal
            total = tuple(mean + share * plane for mean, plane in zip(total, corner, strict=True))
    return packing.from_planes(total)


def _look_up(packed: Any, rows: Any, columns: Any, fill: config.Fill) -> Any:
    """Pixels at whole places, float32 that broadcast to `(batch, height, width)`."""
    height, width = packed.shape[1:3]
    rows, columns = (tf.cast(tf.round(place), tf.int32) for place in (rows, columns))
    inside_row, inside_column = _INSIDE[fill](rows, height), _INSIDE[fill](columns, width)
    first = tf.range(tf.shape(packed)[0])[:, tf.newaxis, tf.newaxis] * height
    index = (first + inside_row) * width + inside_column
    found = tf.gather(tf.reshape(packed, (-1,)), index)
    is_inside = (rows == inside_row) & (columns == inside_column)
    # It is true for other fills, but without it XLA's loops take up to three times as long.
    return tf.where(is_inside if fill == "black" else index >= 0, found, 0)


def _to_edge(places: Any, size: int) -> Any:
    return tf.clip_by_value(places, 0, size - 1)


def _mirrored(places: Any, size: int) -> Any:
    """Reflect at the edges, which are shown twice: d c b a | a b c d | d c b a."""
    places = tf.math.floormod(places, 2 * size)
    return tf.minimum(places, 2 * size - 1 - places)


_INSIDE = {"black": _to_edge, "edge": _to_edge, "reflect": _mirrored}
