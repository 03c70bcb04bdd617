"""Answers by operations that TensorFlow computes in one go.

TensorFlow's graph optimizer joins a matrix product, its bias and its activation into one operation
if they follow each other. Keras multiplies token vectors in a way that puts a reshaping between
them, and its attention selects by the mask both before and after the softmax. The same arithmetic
in another order leaves little but the products, see "Training speed" in `docs/results.md`.
"""

from __future__ import annotations

import functools
import math

import keras
from keras import ops

from models.tensor import Tensor

_MASKED = -1e9
"""Added to a score it leaves nothing of its exponential, in float32."""


def fuse(model: keras.Model) -> None:
    """Let dense and attention layers answer so from the next tracing on.

    Training stays as it is: gradients need what is joined here.

    Args:
        model: Its layers, at any depth, are changed in place; nothing of it is saved with them.
    """
    for layer in model._flatten_layers():
        if type(layer) in (keras.layers.Dense, keras.layers.EinsumDense):
            layer.call = functools.partial(_multiply, layer)
        elif isinstance(layer, keras.layers.MultiHeadAttention) and (
            type(layer)._compute_attention is keras.layers.MultiHeadAttention._compute_attention
        ):
            layer._compute_attention = functools.partial(_attend, layer)


def _multiply(layer: keras.layers.Layer, inputs: Tensor, training: bool | None = None) -> Tensor:
    """A dense layer as a product of two matrices, a bias and an activation."""
    if training or not _is_product_of_matrices(layer, inputs):
        return type(layer).call(layer, inputs, training=training)
    summed = _summed_axes(layer)
    kept = layer.kernel.shape[summed:]
    kernel = ops.reshape(layer.kernel, (-1, math.prod(kept)))
    x = ops.matmul(ops.reshape(inputs, (-1, kernel.shape[0])), kernel)
    if layer.bias is not None:
        x = ops.add(x, ops.reshape(layer.bias, (-1,)))
    if layer.activation is not None:
        x = layer.activation(x)
    return ops.reshape(x, (*ops.shape(inputs)[:-summed], *kept))


def _is_product_of_matrices(layer: keras.layers.Layer, inputs: Tensor) -> bool:
    """Whether a layer's axes can be joined, and are not what Keras joins by itself."""
    summed = _summed_axes(layer)
    kept = layer.kernel.shape[summed:]
    return (
        summed > 0
        and len(inputs.shape) > 2
        and (layer.bias is None or layer.bias.shape == kept)
        # One such as softmax would see the joined axes.
        and (len(kept) == 1 or layer.activation in (None, keras.activations.linear))
    )


def _summed_axes(layer: keras.layers.Layer) -> int:
    """Over how many axes, the last of the inputs and the first of the kernel, a layer sums.

    Returns:
        0 if its equation is another arrangement than that.
    """
    if isinstance(layer, keras.layers.Dense):
        return 1
    operands, result = layer.equation.replace("...", "").split("->")
    inputs, kernel = operands.split(",")
    for summed in range(1, len(inputs) + 1):
        lead = inputs[: len(inputs) - summed]
        if inputs == lead + kernel[:summed] and result == lead + kernel[summed:]:
            return summed
    return 0


def _attend(
    layer: keras.layers.MultiHeadAttention,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None = None,
    training: bool | None = None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Tensor:
    """`MultiHeadAttention._compute_attention` with the mask as a term of the scores."""
    is_other = training or return_attention_scores or use_causal_mask
    if is_other or len(query.shape) != 4 or query.dtype != "float32":
        return type(layer)._compute_attention(
            layer,
            query,
            key,
            value,
            attention_mask,
            training,
            return_attention_scores,
            use_causal_mask,
        )
    # (batch, length, heads, dim) -> (batch, heads, length, dim).
    query, key, value = (ops.transpose(x, (0, 2, 1, 3)) for x in (query, key, value))
    scores = ops.matmul(query * layer.key_dim**-0.5, ops.swapaxes(key, 2, 3))
    if attention_mask is None:
        attended = ops.matmul(ops.softmax(scores), value)
    else:
        mask = ops.cast(attention_mask, "bool")
        mask = ops.expand_dims(mask, 1) if len(mask.shape) == 3 else mask
        scores = scores + ops.where(mask, 0.0, _MASKED)
        attended = ops.matmul(ops.softmax(scores), value)
        if layer.dropout:  # As Keras: then a query that may see nothing gives zeros.
            attended = attended * ops.cast(ops.any(mask, -1, keepdims=True), attended.dtype)
    return ops.transpose(attended, (0, 2, 1, 3)), None
