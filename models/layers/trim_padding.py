"""Padding that no text of a batch needs is cut off before the model sees it."""

from __future__ import annotations

from typing import Any

import keras

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class TrimPadding(keras.layers.Layer):
    """Cuts a batch of tokens to its longest text, rounded up to a multiple of some tokens.

    An encoder with a mask answers the same, in less time: most texts are far shorter than the
    longest that a model must read. The rounding keeps the number of different lengths small, as
    each is prepared for once by the kernels.

    Input shape:
        A dict of integer tensors `(batch, length)`, `padding_mask` among them: 1 at a token, 0 at
        padding.

    Output shape:
        The same with a length of at most `length`.
    """

    trims = True
    """False: pass on what comes, see `keep_padding`."""

    def __init__(self, multiple: int = 8, **options: Any) -> None:
        """Create the layer.

        Args:
            multiple: Of what lengths are; 1 where the texts of a batch are of like length anyway.
            **options: Keras's.
        """
        super().__init__(**options)
        self.multiple = multiple

    def get_config(self) -> dict[str, Any]:
        """With the multiple."""
        return {**super().get_config(), "multiple": self.multiple}

    def call(self, inputs: Tensor) -> Tensor:
        """Cut a batch."""
        if not self.trims:
            return inputs
        ops = keras.ops
        used = ops.any(ops.not_equal(inputs["padding_mask"], 0), axis=0)
        length = ops.max(ops.where(used, ops.arange(1, ops.shape(used)[0] + 1), 1))
        length = -(-length // self.multiple) * self.multiple  # Slicing stops at the end by itself.
        return {name: tensor[:, :length] for name, tensor in inputs.items()}

    def compute_output_spec(self, inputs: Tensor) -> Tensor:
        """As the inputs, of unknown length."""
        return {
            name: keras.KerasTensor((tensor.shape[0], None), tensor.dtype)
            for name, tensor in inputs.items()
        }


def keep_padding(model: keras.Model) -> None:
    """Let a model see its padding: XLA compiles, and arithmetic is counted, for one length.

    Args:
        model: Not yet traced.
    """
    for layer in model.layers:
        if isinstance(layer, TrimPadding):
            layer.trims = False
