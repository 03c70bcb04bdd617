"""The blocks of a pretrained backbone, whatever its family.

A backbone is divided into what precedes its blocks (embeddings, a stem), its blocks
in the order of computation, and what follows them (a last normalisation). How the
blocks are found:

1. Layers whose names share a beginning that ends in a number after `layer` or `block`
   are one block: `transformer_layer_3`, `conv2_block1_1_conv`, `stack0_block1_2_bn`,
   `block3a_expand_conv`, `block2_pool`.
2. Without such names, a number after `stage`, `stack`, `group`, `cell` or `mixed`.
3. Without those either, each layer with a kernel begins a block, which reaches to the
   next one.

Layers between two blocks belong to the first of them, and so do those without weights,
whatever their names. A layer that holds numbered layers, such as the encoder of a ViT, is
divided like a model. A Hub module has no layers, so its layer says by itself which variables
are a block (`VariableBlock`).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import keras

_NUMBERED = (
    re.compile(r"(?:^|.*?[^a-z])(?:layer|block)s?_?\d+[a-z]?(?![0-9a-z])"),
    re.compile(r"(?:^|.*?[^a-z])(?:stage|stack|group|cell|mixed)s?_?\d+(?![0-9a-z])"),
)
_BELOW, _ABOVE = "below the blocks", "above the blocks"


class VariableBlock:
    """Weights of a layer without layers inside, trained or frozen together.

    Args:
        name: What their names begin with.
        weights: All of the block's weights.
        learned: Those that change while the block is trained.
    """

    def __init__(
        self, name: str, weights: Sequence[keras.Variable], learned: Sequence[keras.Variable]
    ) -> None:
        self.name, self.weights = name, tuple(weights)
        self._learned = tuple(learned)

    @property
    def trainable(self) -> bool:
        """Whether the block is trained; setting it trains or freezes the block."""
        return any(weight.trainable for weight in self._learned)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for weight in self._learned:
            weight.trainable = value


@dataclasses.dataclass(frozen=True)
class Block:
    """Layers that are trained or frozen together."""

    name: str
    """Shared beginning of the layers' names."""
    layers: tuple[keras.layers.Layer | VariableBlock, ...]
    """In the order of computation."""


@dataclasses.dataclass(frozen=True)
class Blocks:
    """A backbone in parts; every layer is in exactly one."""

    below: Block
    """What precedes the first block."""
    numbered: tuple[Block, ...]
    """The blocks, from the input to the output; at least one."""
    above: Block
    """What follows the last block."""

    @property
    def all(self) -> tuple[Block, ...]:
        """Every part, from the input to the output."""
        return (self.below, *self.numbered, self.above)


def split(backbone: keras.layers.Layer) -> Blocks:
    """Divide a backbone into blocks, as the head of this file says.

    Args:
        backbone: A functional model, or any other layer, which is then one block.
    """
    if hasattr(backbone, "variable_blocks"):
        parts = [Block(part.name, (part,)) for part in backbone.variable_blocks]
        return Blocks(Block(_BELOW, ()), tuple(parts), Block(_ABOVE, ()))
    layers = list(_parts(backbone))
    for pattern in _NUMBERED:
        names = [_block_name(layer, pattern) for layer in layers]
        if _has_blocks(layers, names):
            return _group(layers, names)
    names = [layer.name if _has_kernel(layer) else None for layer in layers]
    if not any(names):
        names = [backbone.name] * len(layers)
    return _group(layers, names)


def _parts(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Layers that make up a model, or a layer of numbered layers; else the layer itself."""
    if isinstance(layer, keras.Model) and hasattr(layer, "layers"):
        return [part for child in layer.layers for part in _parts(child)]
    children = layer._flatten_layers(include_self=False, recursive=False)
    children = [child for child in children if child.weights]
    own = len(layer.weights) - sum(len(child.weights) for child in children)
    for pattern in _NUMBERED:
        if not own and _has_blocks(children, [_block_name(child, pattern) for child in children]):
            return [part for child in children for part in _parts(child)]
    return [layer]


def _block_name(layer: keras.layers.Layer, pattern: re.Pattern[str]) -> str | None:
    if not layer.weights:  # Keras numbers inputs, `input_layer_1`, and scales, `scale_layer_3`.
        return None
    found = pattern.match(layer.name)
    return found.group() if found else None


def _has_blocks(layers: list[keras.layers.Layer], names: list[str | None]) -> bool:
    """Whether at least two names are of layers that have something to learn."""
    found = {name for layer, name in zip(layers, names, strict=True) if name and layer.weights}
    return len(found) > 1


def _has_kernel(layer: keras.layers.Layer) -> bool:
    return any(len(weight.shape) > 1 for weight in layer.weights)


def _group(layers: list[keras.layers.Layer], names: list[str | None]) -> Blocks:
    """Sort the layers to their blocks; a layer without a name goes to the block before it."""
    last = max(index for index, name in enumerate(names) if name)
    members: dict[str, list[keras.layers.Layer]] = {}
    below: list[keras.layers.Layer] = []
    current = below
    for layer, name in zip(layers[: last + 1], names, strict=False):
        current = members.setdefault(name, []) if name else current
        current.append(layer)
    return Blocks(
        Block(_BELOW, tuple(below)),
        tuple(Block(name, tuple(found)) for name, found in members.items()),
        Block(_ABOVE, tuple(layers[last + 1 :])),
    )
