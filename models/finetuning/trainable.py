"""Fine-tuning of pretrained models: which part is trained, and the counts.

A frozen layer keeps its weights, batch normalisation in it stays on its stored
statistics (Keras does that for every layer with `trainable=False`), and its dropout
is switched off. What changes from epoch to epoch is in `models/finetuning/course.py`.
"""

from __future__ import annotations

import dataclasses

import keras

from models.finetuning import blocks, config, course


@dataclasses.dataclass(frozen=True)
class TrainableCounts:
    """How many numbers a model learns and how many it only carries."""

    trainable: int
    """Number of scalars that training changes."""
    frozen: int
    """Number of scalars that training leaves alone."""


def prepare(backbone: keras.layers.Layer, model_config: config.FineTuned) -> keras.layers.Layer:
    """Freeze what is never trained, or add what is trained in its place.

    Args:
        backbone: A built functional model named `backbone`, or any other layer of that name.
        model_config: Fields of the model.

    Returns:
        The layer to use in the model: `backbone` itself, or with `lora` one around it. With
        `head_first` and `gradual` everything is trainable until `models/training/fit.py` starts.

    Raises:
        ValueError: If the backbone has fewer blocks than `trainable_layers`, or none of the
            layers that `lora` names.
    """
    method = model_config.fine_tuning
    if isinstance(method, config.LoRA):
        from models.finetuning import lora

        return lora.adapt(backbone, method)
    if isinstance(method, config.Frozen):
        freeze(backbone)
    elif isinstance(method, config.Partial):
        train_top(backbone, model_config.trainable_layers)
    else:
        backbone.trainable = True
    return backbone


def train_top(backbone: keras.layers.Layer, num_layers: int) -> None:
    """Train the last blocks and what follows them (`fine_tuning: partial`).

    Args:
        backbone: See `models/finetuning/blocks.py` for what its blocks are.
        num_layers: Number of blocks to train, counted from the output.

    Raises:
        ValueError: If the backbone has fewer blocks.
    """
    parts = blocks.split(backbone)
    count = len(parts.numbered)
    if not 1 <= num_layers <= count:
        raise ValueError(
            f"`trainable_layers` must be between 1 and {count}, the number of blocks of "
            f"{backbone.name!r}. Received: trainable_layers={num_layers}. To train every layer, "
            "use `fine_tuning: full`; to train none, `fine_tuning: frozen`."
        )
    for part in (parts.below, *parts.numbered[: count - num_layers]):
        _freeze(part.layers)
    for part in (*parts.numbered[count - num_layers :], parts.above):
        for layer in part.layers:
            layer.trainable = True


def freeze(backbone: keras.layers.Layer) -> None:
    """Train nothing of the backbone (`fine_tuning: frozen`)."""
    for part in blocks.split(backbone).all:
        _freeze(part.layers)


def merged(model: keras.Model) -> keras.Model:
    """The model to export: matrices that `lora` trained are added to the kernels.

    Returns:
        A model of the plain architecture that computes what `model` does; `model` itself, if
        nothing was added to it.
    """
    from models.finetuning import lora

    return lora.merged(model)


def trainable_counts(model: keras.Model) -> TrainableCounts:
    """Count the scalars that training changes and those it leaves alone."""
    return TrainableCounts(
        trainable=_count(model.trainable_weights), frozen=_count(model.non_trainable_weights)
    )


def _count(weights: list[keras.Variable]) -> int:
    return sum(weight.value.shape.num_elements() for weight in weights)


def _freeze(layers: tuple[keras.layers.Layer, ...]) -> None:
    for layer in layers:
        layer.trainable = False
    course.silence(layers)
