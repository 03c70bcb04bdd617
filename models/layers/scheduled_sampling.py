"""Some of the right tokens before the next one are replaced by what the model would write."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from models.tensor import Tensor


class ScheduledSampling(keras.layers.Layer):
    """In training, put the most likely token in the place of some right ones.

    Sources: Bengio et al. (2015), https://arxiv.org/abs/1506.03099; in parallel, by a first pass
    with the right tokens, Duckworth et al. (2019), https://arxiv.org/abs/1906.04331, section 3.
    Differences: one pass, and the most likely token, not one that is drawn.

    Input shape:
        Tokens before each one `(batch, length)` int32, and the logits of each `(batch, length,
        vocabulary)`, through which no gradient flows.

    Output shape:
        `(batch, length)` int32; the first token, which is before all, stays.
    """

    def __init__(self, share: float, **options: Any) -> None:
        """Create the layer.

        Args:
            share: Of the tokens that are replaced, in [0, 1].
            **options: Keras's.
        """
        super().__init__(**options)
        self.share = share
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, before: Tensor, logits: Tensor, training: bool | None = None) -> Tensor:
        """Replace."""
        if not training:
            return before
        # Keras's own looks for the signs of zeros in passes over all logits.
        guessed = tf.argmax(logits[:, :-1], axis=-1, output_type=before.dtype)
        guessed = ops.concatenate([before[:, :1], guessed], axis=1)
        drawn = keras.random.uniform(ops.shape(before), seed=self.seed_generator)
        return ops.where(drawn < self.share, guessed, before)

    def compute_output_spec(
        self, before: Tensor, logits: Tensor, training: bool | None = None
    ) -> Tensor:
        """As the tokens."""
        return keras.KerasTensor(before.shape, before.dtype)
