"""How much arithmetic a model does for one example.

Multiply-accumulates (MACs) of matrix products, einsums and convolutions, counted from the graph
that TensorFlow traces for one example, as published tables count them: a multiplication and the
addition after it are one. Loops, such as recurrent layers over tokens, count once per step.
Left out is what costs little beside them: embedding look-ups, normalisation, activations,
softmax, pooling, biases; and tokenizers and image decoding, which lie outside the model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from models.layers import cudnn, trim_padding


def macs(model: keras.Model) -> int:
    """Count the multiply-accumulates of one example in inference, its padding included.

    Args:
        model: Maps a dict of named inputs, all but the batch's size known, to its outputs.

    Returns:
        The number for a batch of one.

    Raises:
        ValueError: If the graph leaves a size or the number of a loop's steps open.
    """
    trim_padding.keep_padding(model)
    cudnn.allow(model, False)
    inputs = {
        tensor.name: tf.TensorSpec((1, *tensor.shape[1:]), tensor.dtype, name=tensor.name)
        for tensor in model.inputs
    }
    traced = tf.function(lambda features: model(features, training=False))
    return _count_graph(traced.get_concrete_function(inputs).graph)


def _count_graph(graph: Any) -> int:
    return sum(_count_operation(operation) for operation in _executed(graph))


def _executed(graph: Any) -> set[tf.Operation]:
    """What the outputs need; Keras traces a first step of every recurrent layer for nothing."""
    found: set[tf.Operation] = set()
    waiting = [*(tensor.op for tensor in graph.outputs), *graph.control_outputs]
    while waiting:
        operation = waiting.pop()
        if operation not in found:
            found.add(operation)
            waiting += [*(tensor.op for tensor in operation.inputs), *operation.control_inputs]
    return found


def _count_operation(operation: tf.Operation) -> int:
    kind = operation.type
    if kind in _PRODUCTS:
        return _PRODUCTS[kind](operation)
    if kind in ("PartitionedCall", "StatefulPartitionedCall"):
        return _count_function(operation, "f")
    if kind in ("While", "StatelessWhile"):
        body = _count_function(operation, "body")
        return body and body * _steps(operation)
    if kind in ("If", "StatelessIf"):
        return max(_count_function(operation, f"{branch}_branch") for branch in ("then", "else"))
    if kind.startswith("CudnnRNN"):
        raise _unknown(operation, "its arithmetic is inside a GPU library")
    return 0


def _count_function(operation: tf.Operation, attribute: str) -> int:
    name = operation.get_attr(attribute).name
    # TensorFlow has no public way from a call to the graph that is called.
    return _count_graph(operation.graph._get_function(name).graph)


def _steps(operation: tf.Operation) -> int:
    """Steps of a loop: TensorFlow passes their largest number as the second input."""
    try:
        with tf.compat.v1.Session(graph=operation.graph) as session:
            steps = session.run(operation.inputs[1])
    except tf.errors.InvalidArgumentError as error:  # It depends on the example.
        raise _unknown(operation, "the number of its steps is not fixed") from error
    if steps < 0:
        raise _unknown(operation, "the number of its steps has no limit")
    return int(steps)


def _matrix_product(transposed: str) -> Callable[[tf.Operation], int]:
    def count(operation: tf.Operation) -> int:
        left = operation.inputs[0].shape
        summed = left[-2] if operation.get_attr(transposed) else left[-1]
        return _size(operation, operation.outputs[0].shape) * _size(operation, [summed])

    return count


def _convolution(operation: tf.Operation) -> int:
    """Every output is a sum over the kernel's window and the input channels of its group."""
    kernel = operation.inputs[1].shape
    return _size(operation, operation.outputs[0].shape) * _size(operation, kernel[:-1])


def _depthwise_convolution(operation: tf.Operation) -> int:
    """Every output sees one channel."""
    kernel = operation.inputs[1].shape
    return _size(operation, operation.outputs[0].shape) * _size(operation, kernel[:2])


def _einsum(operation: tf.Operation) -> int:
    """One product for every combination of all indices."""
    if len(operation.inputs) < 2:  # A sum or a transposition.
        return 0
    terms = operation.get_attr("equation").decode().partition("->")[0].split(",")
    sizes: dict[str, int | None] = {}
    for term, tensor in zip(terms, operation.inputs, strict=True):
        sizes |= _named_sizes(operation, term, tensor.shape, sizes)
    return _size(operation, list(sizes.values()))


def _named_sizes(
    operation: tf.Operation, term: str, shape: tf.TensorShape, known: Mapping[str, int | None]
) -> dict[str, int | None]:
    """Size of each index of one term; those under an ellipsis are numbered from the right."""
    if shape.rank is None:
        raise _unknown(operation, "a shape is not known")
    before, dots, after = term.partition("...")
    hidden = shape.rank - len(before) - len(after)
    names = [*before, *(f"...{hidden - place}" for place in range(hidden)), *after]
    if not dots and hidden:
        raise _unknown(operation, f"{term!r} does not fit the shape {shape}")
    # A size of 1 under an ellipsis stretches to the other's.
    return {
        name: size if known.get(name, 1) in (1, None) else known[name]
        for name, size in zip(names, shape.as_list(), strict=True)
    }


def _size(operation: tf.Operation, shape: Any) -> int:
    """Product of the sizes of a shape, of which only the first may be open: a batch of one.

    Functions that were traced before, such as those of SavedModels, leave their batch open.
    """
    if getattr(shape, "rank", 0) is None:
        raise _unknown(operation, "a shape is not known")
    sizes = list(shape)
    if sizes and sizes[0] is None and len(sizes) > 1:
        sizes[0] = 1
    if None in sizes:
        raise _unknown(operation, f"a size of {tuple(shape)} is not known")
    return math.prod(sizes)


def _unknown(operation: tf.Operation, why: str) -> ValueError:
    return ValueError(
        f"The multiply-accumulates of `{operation.name}` ({operation.type}) cannot be counted: "
        f"{why}."
    )


_PRODUCTS: dict[str, Callable[[tf.Operation], int]] = {
    "BatchMatMul": _matrix_product("adj_x"),
    "BatchMatMulV2": _matrix_product("adj_x"),
    "BatchMatMulV3": _matrix_product("adj_x"),
    "Conv2D": _convolution,
    "Conv3D": _convolution,
    "DepthwiseConv2dNative": _depthwise_convolution,
    "Einsum": _einsum,
    "MatMul": _matrix_product("transpose_a"),
}
