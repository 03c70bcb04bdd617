"""RandAugment and AugMix: which operations are done to an image is drawn, too.

An image that does not get an operation gets it with numbers that change nothing, so that a batch is
one computation. What moves pixels is gathered into one map, done before what changes colours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from models.image.augmentation import colour, config, draws, geometry, packing, tables
from models.image.augmentation.operation import Operation

MOVES = ("rotate", "shear_x", "shear_y", "translate_x", "translate_y")
TONES = ("auto_contrast", "equalise", "posterise", "solarise")
FACTORS = ("saturation", "contrast", "brightness", "sharpness")
RAND_AUGMENT = ("identity", *MOVES, *TONES, *FACTORS)
"""The 14 operations of Cubuk et al. (2019), section 3.1."""
AUGMIX = (*MOVES, *TONES)
"""The 9 operations of Hendrycks et al. (2019), section 3: none that its test corruptions have."""
_MOST = {
    "rotate": 30 * math.pi / 180,
    "shear_x": 0.3,
    "shear_y": 0.3,
    "translate_x": 1 / 3,
    "translate_y": 1 / 3,
}
"""At full strength: radians, slope, share of the side; Cubuk et al. (2018),
https://arxiv.org/abs/1805.09501, table 6, whose shift of 150 pixels is of images of 331 or more."""
_LARGEST_CHANGE = 0.9


class Step(NamedTuple):
    """One operation of each image; tensors `(batch,)`."""

    auto_contrast: Any
    """Whether the image has its channels stretched, bool."""
    equalise: Any
    """Whether its values are spread, bool."""
    bits: Any
    """Bits that stay."""
    threshold: Any
    """Lowest value that is inverted."""
    saturation: Any
    """Factor."""
    contrast: Any
    """Factor."""
    brightness: Any
    """Factor."""
    sharpness: Any
    """Factor."""


def draw_step(
    names: Sequence[str],
    seed: Any,
    is_used: Any,
    strength: Any,
    size: tuple[int, int],
    bits: int,
) -> tuple[Any, Step]:
    """Draw one of some operations for each image.

    Args:
        names: The operations.
        seed: `(2,)` integers.
        is_used: Images that get one, `(batch,)` bool.
        strength: `(batch,)` float32 in [0, 1].
        size: Height and width of the images in pixels.
        bits: What posterising leaves at next to no strength; four fewer at full strength, but one.

    Returns:
        A map of places, see `geometry.py`, and the rest.
    """
    number, sign = draws.uniforms(seed, tf.shape(strength)[0], 2)
    chosen = tf.cast(number * len(names), tf.int32)
    sign = tf.where(sign < 0.5, -1.0, 1.0)

    def has(name: str) -> Any:
        found = tf.constant([index for index, known in enumerate(names) if known == name], tf.int32)
        return is_used & tf.reduce_any(chosen[:, tf.newaxis] == found, axis=1)

    def moved(name: str) -> Any:
        return tf.where(has(name), sign * strength * _MOST[name], 0.0)

    def factor(name: str) -> Any:
        return tf.where(has(name), 1.0 + sign * strength * _LARGEST_CHANGE, 1.0)

    shear = geometry.affine(1, moved("shear_x"), 0, moved("shear_y"), 1, 0)
    shift = geometry.affine(
        1, 0, moved("translate_x") * size[1], 0, 1, moved("translate_y") * size[0]
    )
    maps = geometry.compose([geometry.rotation(moved("rotate")), shear, shift])
    return maps, Step(
        auto_contrast=has("auto_contrast"),
        equalise=has("equalise"),
        bits=tf.where(has("posterise"), tf.maximum(bits - tf.round(4.0 * strength), 1.0), 8.0),
        threshold=tf.where(has("solarise"), 256.0 * (1.0 - strength), 256.0),
        **{name: factor(name) for name in FACTORS},
    )


def recolour(packed: Any, step: Step, names: Sequence[str]) -> Any:
    """Do what a step does to colours; each image gets one of these at most."""
    counts = tables.count(packed)
    table = tables.stretched(tables.same(tf.shape(packed)[0]), counts, step.auto_contrast)
    table = tables.equalised(table, counts, step.equalise)
    planes = tf.unstack(table[:, tf.newaxis], axis=2)  # (batch, 1, 256) each
    planes = colour.posterise(tuple(planes), step.bits)
    planes = colour.solarise(planes, step.threshold)
    planes = colour.brightness(planes, step.brightness)
    table = tf.concat(planes, axis=1)
    packed = tables.look_up(packed, tables.contrasted(table, counts, step.contrast))
    if set(FACTORS) & set(names):
        packed = _sharpen(_saturate(packed, step.saturation), step.sharpness)
    return packed


@packing.compiled
def _saturate(packed: Any, factor: Any) -> Any:
    return packing.from_planes(colour.saturation(packing.to_planes(packed), factor))


@packing.compiled
def _sharpen(packed: Any, factor: Any) -> Any:
    return packing.from_planes(colour.sharpness(packing.to_planes(packed), factor))


def draw_rand_augment(
    operation: config.RandAugment, seed: Any, batch: Any, size: tuple[int, int]
) -> tuple[Any, list[Step]]:
    """Draw one map, and what each step does to colours."""
    choice, steps = draws.split(seed, 2)
    is_used = _is_used(operation, choice, batch)
    strength = tf.fill((batch,), operation.magnitude / 30)
    drawn = [
        draw_step(RAND_AUGMENT, step, is_used, strength, size, bits=8)
        for step in draws.split(steps, operation.operations)
    ]
    return geometry.compose([maps for maps, _ in drawn]), [step for _, step in drawn]


def rand_augment(operation: config.RandAugment) -> Callable[[Any, Any], Any]:
    """Return the function of packed images and of what was drawn."""
    return _chain(RAND_AUGMENT)


def draw_augmix(
    operation: config.AugMix, seed: Any, batch: Any, size: tuple[int, int]
) -> tuple[tuple[Any, list[Step]], Any]:
    """Draw chains for `width` copies of the batch, one copy after the other, and their shares.

    Returns:
        Maps and steps of `width * batch` images, and the shares `(batch, 1 + width)` of the image
        itself and of each of its chains.
    """
    choice, lengths, weights, share, steps = draws.split(seed, 5)
    is_used = _is_used(operation, choice, batch)
    length, *strengths = draws.uniforms(lengths, operation.width * batch, 1 + operation.depth)
    drawn = []
    seeds = draws.split(steps, operation.depth)
    for index, (strength, step) in enumerate(zip(strengths, seeds, strict=True)):
        is_reached = index < tf.floor(length * operation.depth) + 1
        is_reached &= tf.tile(is_used, (operation.width,))
        # Each operation's strength is drawn up to the severity, as in the paper's code.
        strength = draws.between(strength, 0.1, max(operation.severity, 0.1)) / 10
        # Of 4 bits downwards, as in that code: of 8 the usual severity would change nothing.
        drawn.append(draw_step(AUGMIX, step, is_reached, strength, size, bits=4))
    shares = draws.dirichlet(weights, batch, operation.width, operation.alpha)
    blend = draws.dirichlet(share, batch, 2, operation.alpha)[:, :1]
    blend = tf.where(is_used[:, tf.newaxis], blend, 0.0)
    chains = geometry.compose([maps for maps, _ in drawn]), [step for _, step in drawn]
    return chains, tf.concat([1.0 - blend, blend * shares], axis=1)


def augmix(operation: config.AugMix) -> Callable[[Any, Any], Any]:
    """Return the function of packed images and of what was drawn."""
    chain = _chain(AUGMIX)

    @packing.compiled
    def blend(packed: Any, chained: Any, shares: Any) -> Any:
        images = tf.reshape(
            tf.concat([packed, chained], axis=0), (-1, *tf.unstack(tf.shape(packed)))
        )
        weights = tf.transpose(shares)[:, :, tf.newaxis, tf.newaxis]
        red, green, blue = (
            tf.reduce_sum(weights * plane, axis=0) for plane in packing.to_planes(images)
        )
        return packing.from_planes((red, green, blue))

    def mix(packed: Any, drawn: Any) -> Any:
        chains, shares = drawn
        copies = tf.ensure_shape(
            tf.tile(packed, (operation.width, 1, 1)), (None, *packed.shape[1:])
        )
        return blend(packed, chain(copies, chains), shares)

    return mix


def _chain(names: Sequence[str]) -> Callable[[Any, Any], Any]:
    """What is done to a chain of steps of these operations."""
    show = geometry.mover({"rotation"}, "black")

    def run(packed: Any, drawn: Any) -> Any:
        maps, steps = drawn
        packed = show(packed, maps)
        for step in steps:
            packed = recolour(packed, step, names)
        return packed

    return run


def _is_used(operation: Operation, seed: Any, batch: Any) -> Any:
    (u,) = draws.uniforms(seed, batch, 1)
    return draws.is_chosen(u, operation.probability)
