"""Which part of a pretrained model is trained.

A frozen layer keeps its weights, batch normalisation in it stays on its stored
statistics (Keras does that for every layer with `trainable=False`), and its dropout
is switched off: there is nothing to regularise, and the noise would only blur the
features that the trained part sees.
"""

from __future__ import annotations

import dataclasses
import re

import keras

_BLOCK = re.compile(r"layer_(\d+)$")


@dataclasses.dataclass(frozen=True)
class TrainableCounts:
    """How many numbers a model learns and how many it only carries."""

    trainable: int
    """Number of scalars that training changes."""
    frozen: int
    """Number of scalars that training leaves alone."""


def train_all(backbone: keras.Model) -> None:
    """Train every layer (`fine_tuning: full`)."""
    backbone.trainable = True


def train_top(backbone: keras.Model, num_layers: int) -> None:
    """Train the last transformer layers and what follows them (`fine_tuning: partial`).

    Args:
        backbone: A KerasHub transformer backbone, or a functional model of its layers.
        num_layers: Number of transformer layers to train, counted from the output.

    Raises:
        ValueError: If the backbone has fewer transformer layers, or none that is numbered.
    """
    blocks = transformer_layers(backbone)
    if not 1 <= num_layers <= len(blocks):
        raise ValueError(
            f"`trainable_layers` must be between 1 and {len(blocks)}, the number of transformer "
            f"layers of {backbone.name!r}. Received: trainable_layers={num_layers}. To train "
            "every layer, use `fine_tuning: full`; to train none, `fine_tuning: frozen`."
        )
    # A functional model lists its layers in the order of computation.
    first = backbone.layers.index(blocks[-num_layers])
    for layer in backbone.layers[:first]:
        _freeze(layer)
    for layer in backbone.layers[first:]:
        layer.trainable = True


def freeze(backbone: keras.Model) -> None:
    """Train nothing of the backbone (`fine_tuning: frozen`)."""
    for layer in backbone.layers:
        _freeze(layer)


def transformer_layers(backbone: keras.Model) -> list[keras.layers.Layer]:
    """Return the numbered transformer layers, first to last.

    Raises:
        ValueError: If no layer is named like `transformer_layer_0`.
    """
    numbered = [
        (int(match.group(1)), layer)
        for layer in backbone.layers
        if (match := _BLOCK.search(layer.name)) and layer.weights
    ]
    if not numbered:
        raise ValueError(
            f"{backbone.name!r} has no layers named like 'transformer_layer_0', so "
            "`fine_tuning: partial` cannot tell which are its last. Use `fine_tuning: full` or "
            f"`frozen`. Layers: {[layer.name for layer in backbone.layers]}"
        )
    return [layer for _, layer in sorted(numbered, key=lambda pair: pair[0])]


def trainable_counts(model: keras.Model) -> TrainableCounts:
    """Count the scalars that training changes and those it leaves alone."""
    return TrainableCounts(
        trainable=sum(weight.value.shape.num_elements() for weight in model.trainable_weights),
        frozen=sum(weight.value.shape.num_elements() for weight in model.non_trainable_weights),
    )


def _freeze(layer: keras.layers.Layer) -> None:
    layer.trainable = False
    for part in layer._flatten_layers():
        if isinstance(part, keras.layers.Dropout):
            part.rate = 0.0
