"""Which steps a recurrent layer takes."""

import keras

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class StepMask(keras.layers.Layer):
    """True where a token stands, and at the first place, as cuDNN takes no text without a step.

    Input shape:
        `(batch, length)` integer ids, 0 is padding, which follows the tokens.

    Output shape:
        `(batch, length)` booleans.
    """

    def call(self, token_ids: Tensor) -> Tensor:
        """Return the mask of a batch."""
        is_first = keras.ops.equal(keras.ops.arange(token_ids.shape[1]), 0)
        return keras.ops.logical_or(keras.ops.not_equal(token_ids, 0), is_first)

    def compute_output_spec(self, token_ids: Tensor) -> Tensor:
        """As the ids, booleans."""
        return keras.KerasTensor(token_ids.shape, "bool")
