"""A list of operations as one function of a batch.

All random numbers are drawn first, by TensorFlow's own kernels; what is then done to the pixels is
compiled by XLA into a few loops over them, which is several times faster than one kernel after the
other, and needs neither a further library nor the training step's device.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from models.image.augmentation import (
    colour,
    covering,
    drawn_policies,
    draws,
    geometry,
    packing,
    tables,
)
from models.image.augmentation.config import (
    Crop,
    Erasing,
    Fill,
    Flip,
    ImageOperation,
    Rotation,
)
from models.image.augmentation.operation import mixes_targets
from models.tensor import Tensor

Augment = Callable[[Any, Any, Any], tuple[Any, Any]]
"""Images `(batch, height, width, 3)` uint8, targets `(batch, ...)` and a seed `(2,)` to images and
targets; these are softened, `(batch, k)` float32, if an operation mixes them."""
_Step = Callable[[Tensor, Any], Tensor]
"""Images, packed or not, and what was drawn for each operation to changed images."""
_SHARES: dict[str, Callable[[Any], Tensor]] = {
    "cutmix": lambda drawn: drawn[1],
    "mixup": lambda drawn: drawn,
}
"""Share `(batch,)` that an image keeps of itself, of what was drawn to mix it."""
_COLOUR = {
    "brightness": (colour.draw_factor, colour.brightness),
    "channel_shift": (colour.draw_shift, colour.channel_shift),
    "contrast": (colour.draw_factor, colour.contrast),
    "greyscale": (colour.draw_choice, colour.greyscale),
    "hue": (colour.draw_angle, colour.hue),
    "posterise": (colour.draw_bits, colour.posterise),
    "saturation": (colour.draw_factor, colour.saturation),
    "solarise": (colour.draw_threshold, colour.solarise),
}


def augmenter(
    operations: Sequence[ImageOperation], soften: Callable[[Any], Any] = lambda targets: targets
) -> Augment:
    """Return the function that augments a batch.

    It is a function of its arguments alone, in a graph and outside of one. Operations are done in
    their order; neighbours that move pixels are done at once, so that what one moves out of the
    image another may move in again, and pixels are interpolated once. Values are rounded after
    neighbours that change colours, not between them.

    Args:
        operations: What is done to an image.
        soften: Targets `(batch, ...)` to float32 `(batch, k)` that can be mixed: shares of the
            classes for ids; called only if an operation mixes.
    """
    operations = tuple(operations)
    change = _change(operations)

    def augment(images: Tensor, targets: Tensor, seed: Tensor) -> tuple[Tensor, Tensor]:
        batch, shape = tf.shape(images)[0], images.shape
        drawn = [
            _DRAWN[operation.kind](operation, draws.fold(seed, index), batch, tuple(shape[1:3]))
            for index, operation in enumerate(operations)
        ]
        images = tf.ensure_shape(change(images, drawn), shape)
        return images, _mix_targets(operations, targets, drawn, soften)

    return augment


def _change(operations: Sequence[ImageOperation]) -> _Step:
    """The function of images and of what was drawn for each operation."""
    if operations and all(isinstance(operation, Flip) for operation in operations):
        # Packing would take longer than this.
        return lambda images, drawn: geometry.mirror(images, geometry.compose(drawn))
    pack, unpack = packing.compiled(packing.pack), packing.compiled(packing.unpack)
    steps = _steps(operations)

    def change(images: Tensor, drawn: Sequence[Any]) -> Tensor:
        packed = pack(images)
        for step in steps:
            packed = tf.ensure_shape(step(packed, drawn), images.shape[:3])
        return unpack(packed)

    return change


def _steps(operations: Sequence[ImageOperation]) -> list[_Step]:
    """Functions of packed images and of what was drawn for each operation."""
    steps = []
    for block in blocks(operations):
        kinds = {operations[index].kind for index in block}
        if kinds <= set(geometry.DRAWN):
            steps.append(_moving(operations, block))
        elif kinds <= set(_COLOUR):
            steps.append(_recolouring(operations, block))
        else:
            steps.append(_covering(operations[block[0]], block[0]))
    return steps


def blocks(operations: Sequence[ImageOperation]) -> list[list[int]]:
    """Indices of neighbours that are done at once.

    They change colours, or move pixels and agree on what is shown outside of the image.
    """
    found: list[list[int]] = []
    for index in range(len(operations)):
        together = [*found[-1], index] if found else [index]
        kinds = {operations[i].kind for i in together}
        fills = {fill for i in together if (fill := _fill(operations[i])) is not None}
        moves = kinds <= set(geometry.DRAWN) and len(fills) <= 1
        if found and (moves or kinds <= set(_COLOUR)):
            found[-1].append(index)
        else:
            found.append([index])
    return found


def _moving(operations: Sequence[ImageOperation], block: list[int]) -> _Step:
    # Without a `fill`, only rounding leads out of the image.
    fills = [_fill(operations[index]) for index in block]
    fill: Fill = next((fill for fill in fills if fill is not None), "edge")
    show = geometry.mover({operations[index].kind for index in block}, fill)
    return lambda packed, drawn: show(packed, geometry.compose([drawn[i] for i in block]))


def _fill(operation: ImageOperation) -> Fill | None:
    """What is shown outside of the image by an operation that says so."""
    return operation.fill if isinstance(operation, Crop | Rotation) else None


def _recolouring(operations: Sequence[ImageOperation], block: list[int]) -> _Step:
    @packing.compiled
    def recolour(packed: Tensor, drawn: Sequence[Any]) -> Tensor:
        planes = packing.to_planes(packed)
        for index, numbers in zip(block, drawn, strict=True):
            planes = _COLOUR[operations[index].kind][1](planes, numbers)
        return packing.from_planes(planes)

    return lambda packed, drawn: recolour(packed, [drawn[index] for index in block])


def _covering(operation: ImageOperation, index: int) -> _Step:
    change = _COVERING[operation.kind](operation)
    return lambda packed, drawn: change(packed, drawn[index])


def _mix_targets(
    operations: Sequence[ImageOperation],
    targets: Any,
    drawn: Sequence[Any],
    soften: Callable[[Any], Any],
) -> Any:
    if not mixes_targets(operations):
        return targets
    targets = soften(targets)
    for operation, numbers in zip(operations, drawn, strict=True):
        if operation.mixes:
            targets = covering.mix_targets(targets, _SHARES[operation.kind](numbers))
    return targets


def _erase(operation: Erasing) -> Callable[[Any, Any], Any]:
    return packing.compiled(functools.partial(covering.erase, fill=operation.fill))


def _of_any_size(draw: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any, Any], Any]:
    """What is drawn for colours, which takes no size of the images."""
    return lambda operation, seed, batch, size: draw(operation, seed, batch)


_DRAWN: dict[str, Callable[[Any, Any, Any, tuple[int, int]], Any]] = {
    **geometry.DRAWN,
    **{kind: _of_any_size(draw) for kind, (draw, _) in _COLOUR.items()},
    "augmix": drawn_policies.draw_augmix,
    "cutmix": covering.draw_cutmix,
    "equalise": _of_any_size(colour.draw_choice),
    "erasing": covering.draw_erasing,
    "mixup": covering.draw_mixup,
    "rand_augment": drawn_policies.draw_rand_augment,
}
"""What an operation does to each image, drawn as tensors."""
_COVERING: dict[str, Callable[[Any], Callable[[Any, Any], Any]]] = {
    "augmix": drawn_policies.augmix,
    "cutmix": lambda _: packing.compiled(covering.cutmix),
    "equalise": lambda _: tables.equalise,
    "erasing": _erase,
    "mixup": lambda _: packing.compiled(covering.mixup),
    "rand_augment": drawn_policies.rand_augment,
}
"""The function of packed images and what was drawn, of operations that are done alone."""
