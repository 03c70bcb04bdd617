"""Texts as models of what follows read them, and what an export answers to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from models import pieces
from models.tasks import answers, endpoints
from models.tasks.endpoints import Network
from models.tasks.one_way import metrics
from models.tensor import Tensor

_NO_TARGET = -1
_LOG_PROBABILITY, _IS_LIKELIEST, _LIKELIEST, _LIKELIEST_LOG_PROBABILITY = range(4)
"""What the head tells of a token, see `head.ToldNext`."""


def read(inputs: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
    """Inputs of a model, and the tokens that it is to tell.

    Args:
        inputs: `pieces` of windows `(n, width)` int32, filled up with padding; the first of each is
            what stands before it.

    Returns:
        Inputs of a model, `(n, width)` int32 each, and the tokens, -1 where none is.
    """
    token_ids = inputs[pieces.PIECES]
    is_token = token_ids != pieces.PADDING
    given = {"token_ids": token_ids, "padding_mask": tf.cast(is_token, tf.int32)}
    is_asked = is_token & (tf.range(tf.shape(token_ids)[1]) > 0)
    return given, tf.where(is_asked, token_ids, _NO_TARGET)


def scored(texts: Tensor, network: Network) -> dict[str, Tensor]:
    """How probable texts are, piece by piece.

    Args:
        texts: `(n,)` string, each read in all its windows.
        network: What tells pieces.

    Returns:
        `piece`, and the logarithm of its probability after those before it in its window,
        `piece_log_probability`, in nats, the same of the `likeliest_piece`, each `(n, pieces)`,
        with the number of pieces beside each, see `answers.padded`; `windows`, how many the text
        was read in, `(n,)` int32; `perplexity` of the text, and what `metrics` read, each `(n,)`.
    """
    found = network.known_pieces()
    windows, owners = found.windows(found.split(texts))
    dense = windows.to_tensor(pieces.PADDING, shape=(None, found.width))
    inputs, targets = read({pieces.PIECES: dense})
    told = network.of_encoded(inputs)["outputs"][:, :, 0]
    is_piece = targets[:, : tf.shape(told)[1]] != _NO_TARGET
    number = tf.size(texts)
    counts = tf.math.unsorted_segment_sum(windows.row_lengths() - 1, owners, number)
    flat, names = tf.boolean_mask(told, is_piece), tf.constant(found.names)
    each = {
        "piece": tf.gather(names, windows[:, 1:].flat_values),
        "piece_log_probability": flat[:, _LOG_PROBABILITY],
        "likeliest_piece": tf.gather(names, tf.cast(flat[:, _LIKELIEST], tf.int32)),
        "likeliest_log_probability": flat[:, _LIKELIEST_LOG_PROBABILITY],
    }
    once = tf.ones_like(owners, tf.int32)
    given: dict[str, Tensor] = {"windows": tf.math.unsorted_segment_sum(once, owners, number)}
    for name, values in each.items():
        rows = tf.RaggedTensor.from_row_lengths(values, counts, validate=False)
        given |= answers.padded(name, rows, None)
    sums = {
        metrics.LOG_PROBABILITY: told[..., _LOG_PROBABILITY],
        metrics.HITS: tf.maximum(told[..., _IS_LIKELIEST], 0.0),
        metrics.ASKED: tf.cast(told[..., _IS_LIKELIEST] >= 0, tf.float32),
    }
    for name, values in sums.items():
        given[name] = tf.math.unsorted_segment_sum(tf.reduce_sum(values, 1), owners, number)
    given[metrics.BYTES] = tf.cast(tf.strings.length(texts), tf.float32)
    asked = tf.maximum(given[metrics.ASKED], 1.0)
    given["perplexity"] = tf.exp(-given[metrics.LOG_PROBABILITY] / asked)
    return given


def embedded(texts: Tensor, network: Network) -> Tensor:
    """Mean of the states of a text's tokens, as far as the model reads it, `(n, dim)`."""
    found = network.known_pieces()
    dense = _after_begin(found.split(texts))[:, : found.width]
    inputs, _ = read({pieces.PIECES: dense.to_tensor(pieces.PADDING, shape=(None, found.width))})
    return endpoints.mean_of_tokens(network, inputs)


def prompted(network: Network) -> Network:
    """The same network, which reads the ends of texts that are to be continued.

    Args:
        network: That writes; what it reads and what it writes have room in one window.
    """
    found, writer = network.known_pieces(), network.writer
    # The end of what is written is not read again.
    room = found.width - (0 if writer is None else writer.longest - 1)

    def encode(raw: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"token_ids": _after_begin(found.split(raw["text"]))[:, -room:].to_tensor()}

    return dataclasses.replace(network, encode=encode)


def _after_begin(ids: Tensor) -> Tensor:
    """Texts behind what stands before each of them."""
    begins = tf.fill([ids.nrows(), 1], pieces.SEPARATOR)
    return tf.concat([begins, ids], 1)
