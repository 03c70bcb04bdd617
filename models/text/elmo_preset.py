"""ELMo as a preset of KerasHub: the network, and how texts are prepared for it.

Source: Peters et al. (2018), https://arxiv.org/abs/1802.05365, section 3. Differences: tokens are
pieces of words instead of words that a network of their letters stands for, and states are not
projected.
"""

from __future__ import annotations

from typing import Any

import keras
import keras_hub

from models.layers.two_directions import TwoDirections


@keras.saving.register_keras_serializable(package="maru")
class ElmoBackbone(keras_hub.models.Backbone):
    """Language models of both directions on top of shared embeddings.

    Args:
        vocabulary_size: Number of pieces.
        num_layers: LSTMs on top of each other, per direction.
        units: Width of an embedding and of a state, per direction.
        dropout: Rate before each layer, in [0, 1).
        dtype: Of the computation.
        **options: Of Keras's model.

    Input: `token_ids` and `padding_mask`, `(batch, length)` int32. Output: `(batch, length, 2
    units)`, states of the last layer; see `TwoDirections` for which half saw what. From the second
    layer on, what is read is added to the states.
    """

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        units: int,
        dropout: float,
        dtype: Any = None,
        **options: Any,
    ) -> None:
        self.token_embedding = keras_hub.layers.ReversibleEmbedding(
            vocabulary_size, units, dtype=dtype, name="token_embedding"
        )
        token_ids = keras.Input((None,), dtype="int32", name="token_ids")
        padding_mask = keras.Input((None,), dtype="int32", name="padding_mask")
        is_token = keras.ops.cast(padding_mask, "bool")
        embedded = self.token_embedding(token_ids)
        x = keras.layers.Concatenate(dtype=dtype, name="embedded")([embedded, embedded])
        for index in range(1, num_layers + 1):
            read = keras.layers.Dropout(dropout, dtype=dtype, name=f"dropout_{index}")(x)
            states = TwoDirections(units, dtype=dtype, name=f"layer_{index}")(read, is_token)
            if index == 1:
                x = states
            else:
                x = keras.layers.Add(dtype=dtype, name=f"residual_{index}")([x, states])
        super().__init__(
            inputs={"token_ids": token_ids, "padding_mask": padding_mask},
            outputs=x,
            dtype=dtype,
            **options,
        )
        self.vocabulary_size, self.num_layers = vocabulary_size, num_layers
        self.units, self.dropout = units, dropout

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "num_layers": self.num_layers,
            "units": self.units,
            "dropout": self.dropout,
        }


@keras.saving.register_keras_serializable(package="maru")
class ElmoTextClassifierPreprocessor(keras_hub.models.TextClassifierPreprocessor):
    """BERT's, without segments: a text between `[CLS]` and `[SEP]`, which stand for its ends."""

    backbone_cls = ElmoBackbone
    tokenizer_cls = keras_hub.models.BertTokenizer

    def call(self, x: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Prepare texts, or texts with answers."""
        found = super().call(x, y, sample_weight)
        inputs = found[0] if isinstance(found, tuple) else found
        del inputs["segment_ids"]
        return found
