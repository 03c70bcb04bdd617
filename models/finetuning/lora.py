"""Matrices of low rank added to frozen kernels.

Source: Hu et al. (2021), "LoRA: Low-Rank Adaptation of Large Language Models",
https://arxiv.org/abs/2106.09685, section 4.1. Keras's own `enable_lora` is not used:
it splits an attention kernel `(dim, heads, head_dim)` at its last axis, which makes
`heads` times more parameters than the paper's, and its saved weights lose the
matrices, so that a training cannot be continued.
"""

from __future__ import annotations

from typing import Any, Self

import keras
from keras import ops

from models.finetuning.config import LoRA
from models.tensor import Tensor

_KINDS = (keras.layers.Dense, keras.layers.EinsumDense, keras.layers.Conv1D, keras.layers.Conv2D)


@keras.saving.register_keras_serializable(package="maru")
class LowRank(keras.layers.Layer):
    """A frozen backbone, some of whose kernels have `alpha / rank * a @ b` added.

    A kernel counts as a matrix `(inputs, outputs)`; `a` is `(inputs, rank)`, `b` is `(rank,
    outputs)` and starts at zero, so that training starts from the pretrained model.

    Args:
        adapted: A built functional model; it is frozen, but keeps its dropout.
        rank: Rank of the added matrices.
        alpha: Their scale, divided by `rank`.
        targets: Parts of the names of the layers whose kernels are added to.

    Raises:
        ValueError: If a target is in no layer's name.
    """

    def __init__(
        self,
        adapted: keras.Model,
        rank: int,
        alpha: float,
        targets: tuple[str, ...],
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.rank = rank
        self.alpha = alpha
        self.targets = tuple(targets)
        self.adapted = adapted
        for part in adapted._flatten_layers():
            part.trainable = False
        self._kernels = _kernels(adapted, self.targets)
        self._factors: list[tuple[keras.Variable, keras.Variable]] = []

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create `a` and `b` of each kernel."""
        for kernel, split in self._kernels:
            inputs, outputs = _sizes(kernel, split)
            name = kernel.path.replace("/", "_")
            a = self.add_weight(
                shape=(inputs, self.rank),
                # Of the released code: uniform within 1 / sqrt(inputs).
                initializer=keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform"),
                autocast=False,
                name=f"{name}_a",
            )
            b = self.add_weight(
                shape=(self.rank, outputs), initializer="zeros", autocast=False, name=f"{name}_b"
            )
            self._factors.append((a, b))
        super().build(input_shape)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """What the backbone gives with the added matrices."""
        states = [v for v in self.adapted.variables if v.name == "seed_generator_state"]
        with keras.StatelessScope(self._sums()) as scope:
            outputs = self.adapted(inputs, training=training)
        for state in states:  # The scope kept the next dropout's noise to itself.
            moved = scope.get_current_value(state)
            if moved is not None:
                state.assign(moved)
        return outputs

    def merge(self) -> None:
        """Add the matrices to the kernels for good, and start anew from zero."""
        for kernel, value in self._sums():
            kernel.assign(value)
        for _, b in self._factors:
            b.assign(ops.zeros_like(b))

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {
            **super().get_config(),
            "adapted": keras.saving.serialize_keras_object(self.adapted),
            "rank": self.rank,
            "alpha": self.alpha,
            "targets": self.targets,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The layer of `get_config`."""
        adapted = keras.saving.deserialize_keras_object(config.pop("adapted"))
        return cls(adapted, **config)

    def _sums(self) -> list[tuple[keras.Variable, keras.KerasTensor]]:
        """Each kernel and what it is with its added matrix."""
        scale = self.alpha / self.rank
        return [
            (kernel, ops.cast(kernel, "float32") + ops.reshape(scale * (a @ b), kernel.shape))
            for (kernel, _), (a, b) in zip(self._kernels, self._factors, strict=True)
        ]


def adapt(backbone: keras.Model, method: LoRA) -> LowRank:
    """The backbone with matrices of low rank, under the backbone's name."""
    return LowRank(backbone, method.rank, method.alpha, method.targets, name=backbone.name)


def merged(model: keras.Model) -> keras.Model:
    """The plain model that computes the same.

    Args:
        model: Its matrices are merged into the kernels, with which it computes the same too.

    Returns:
        A model with the backbone of `model` and copies of its other layers; `model` itself if it
        has no added matrices.
    """
    low_rank = [layer for layer in model.layers if isinstance(layer, LowRank)]
    if not low_rank:
        return model
    for layer in low_rank:
        layer.merge()
    plain = keras.models.clone_model(model, clone_function=_plain)
    for layer in model.layers:
        if not isinstance(layer, LowRank):
            plain.get_layer(layer.name).set_weights(layer.get_weights())
    return plain


def _plain(layer: keras.layers.Layer) -> keras.layers.Layer:
    if isinstance(layer, LowRank):
        return layer.adapted
    # A layer in two models would have two outputs.
    return type(layer).from_config(layer.get_config())


def _kernels(backbone: keras.Model, targets: tuple[str, ...]) -> list[tuple[keras.Variable, int]]:
    """Kernels of the targeted layers, with the number of their input axes."""
    layers = [part for part in backbone._flatten_layers() if isinstance(part, _KINDS)]
    for target in targets:
        if not any(target in layer.name for layer in layers):
            raise ValueError(
                f"`targets` of `fine_tuning: lora` names {target!r}, which is part of no layer's "
                f"name in {backbone.name!r}. Expected parts of: "
                f"{sorted({layer.name for layer in layers})}"
            )
    return [
        (layer.kernel, _input_axes(layer))
        for layer in layers
        if any(target in layer.name for target in targets)
    ]


def _input_axes(layer: keras.layers.Layer) -> int:
    """How many axes of a layer's kernel are summed over; they come first."""
    if not isinstance(layer, keras.layers.EinsumDense):
        return len(layer.kernel.shape) - 1
    operands, result = layer.equation.split("->")
    kernel = operands.split(",")[1]
    is_output = [axis in result for axis in kernel]
    if is_output != sorted(is_output):
        raise ValueError(
            f"`fine_tuning: lora` cannot adapt the layer {layer.name!r}: its kernel "
            f"({layer.equation}) is no matrix from inputs to outputs. Leave it out of `targets`."
        )
    return is_output.count(False)


def _sizes(kernel: keras.Variable, split: int) -> tuple[int, int]:
    inputs = outputs = 1
    for size in kernel.shape[:split]:
        inputs *= size
    for size in kernel.shape[split:]:
        outputs *= size
    return inputs, outputs
