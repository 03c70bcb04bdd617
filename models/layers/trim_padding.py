"""Padding that no text of a batch needs is cut off before the model sees it."""

from __future__ import annotations

import keras

from models.tensor import Tensor

_MULTIPLE = 8


@keras.saving.register_keras_serializable(package="maru")
class TrimPadding(keras.layers.Layer):
    """Cuts a batch of tokens to its longest text, rounded up to a multiple of 8 tokens.

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

    def call(self, inputs: Tensor) -> Tensor:
        """Cut a batch."""
        if not self.trims:
            return inputs
        ops = keras.ops
        used = ops.any(ops.not_equal(inputs["padding_mask"], 0), axis=0)
        length = ops.max(ops.where(used, ops.arange(1, ops.shape(used)[0] + 1), 1))
        length = -(-length // _MULTIPLE) * _MULTIPLE  # Slicing stops at the end by itself.
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
