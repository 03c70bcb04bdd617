"""Layers from the vectors of tokens to pieces, and from that of `[CLS]` to what follows.

Source: Devlin et al. (2018), https://arxiv.org/abs/1810.04805, section 3.1, and its code for what
the paper leaves out: a dense layer with GELU, layer normalisation, and the embeddings transposed,
with a bias for each piece.
"""

from __future__ import annotations

from typing import Any

from models.backbone import Backbone
from models.pieces import MASKED

_FOLLOWS_OR_NOT = 2
_EPSILON = 1e-12


def logits(backbone: Backbone, *, next_sentence: bool) -> Any:
    """Logits of the pieces at `MASKED`, float32 `(batch, gaps, pieces)`.

    Args:
        backbone: From `of_pieces`.
        next_sentence: Whether a row is added whose first two logits say if the second part follows.
    """
    import keras
    import keras_hub

    given = backbone.pieces
    if given is None:
        raise ValueError(f"Expected a network that tells pieces. Received: {backbone.name}")
    found = keras_hub.layers.MaskedLMHead(
        token_embedding=given.embedding,
        intermediate_activation=lambda x: keras.activations.gelu(x, approximate=True),
        layer_norm_epsilon=_EPSILON,
        kernel_initializer=given.initializer,
        name="gaps",
    )(given.vectors, mask_positions=backbone.inputs[MASKED])
    found = keras.layers.Activation("linear", dtype="float32", name="logits")(found)
    if not next_sentence:
        return found
    follows = backbone.head(_FOLLOWS_OR_NOT, "next_sentence")(given.pooled())
    padded = keras.ops.pad(follows, [[0, 0], [0, found.shape[-1] - _FOLLOWS_OR_NOT]])
    row = keras.layers.Reshape((1, found.shape[-1]))(padded)
    return keras.layers.Concatenate(axis=1, name="outputs")([found, row])
