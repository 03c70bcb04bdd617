"""The Transformer one would write with Keras and KerasHub alone, as a peer.

The size of `configs/results/multi30k_transformer.yaml`: 192 wide, 3 blocks that read and 3 that
write, 512 hidden units, 4 heads, tied embeddings, dropout 0.2.
"""

from typing import Any

import keras
import keras_hub

_DIM, _BLOCKS, _HIDDEN, _HEADS, _DROPOUT = 192, 3, 512, 4, 0.2


def build(rows: int) -> keras.Model:
    """Fresh weights.

    Args:
        rows: Ids of tokens, 0 is padding.

    Returns:
        Of ids that are read and ids before each that is written, both `(batch, length)` int32,
        logits `(batch, length, rows)`.
    """
    read = keras.Input((None,), dtype="int32")
    before = keras.Input((None,), dtype="int32")
    embedding = keras.layers.ReversibleEmbedding(rows, _DIM)
    mask = keras.ops.not_equal(read, 0)

    def embedded(ids: Any) -> Any:
        x = embedding(ids) * _DIM**0.5
        x = x + keras_hub.layers.SinePositionEncoding()(x)
        return keras.layers.Dropout(_DROPOUT)(x)

    options: dict[str, Any] = {"dropout": _DROPOUT, "normalize_first": True}
    x = embedded(read)
    for _ in range(_BLOCKS):
        x = keras_hub.layers.TransformerEncoder(_HIDDEN, _HEADS, **options)(x, padding_mask=mask)
    x = keras.layers.LayerNormalization()(x)
    y = embedded(before)
    for _ in range(_BLOCKS):
        y = keras_hub.layers.TransformerDecoder(_HIDDEN, _HEADS, **options)(
            y, x, encoder_padding_mask=mask
        )
    y = keras.layers.LayerNormalization()(y)
    return keras.Model([read, before], embedding(y, reverse=True))


class SmoothedLoss(keras.losses.Loss):
    """Mean over tokens of the cross-entropy, a tenth of the target spread over all of them."""

    def call(self, targets: Any, logits: Any) -> Any:
        """Ids `(batch, length)`, 0 is padding, and logits, to a scalar."""
        ops = keras.ops
        found = ops.log_softmax(logits)
        counts = ops.cast(ops.not_equal(targets, 0), "float32")
        right = ops.squeeze(
            ops.take_along_axis(found, ops.cast(targets, "int32")[..., None], axis=-1), -1
        )
        losses = -(0.9 * right + 0.1 * ops.mean(found, axis=-1))
        return ops.sum(losses * counts) / ops.sum(counts)
