"""Texts as models of both directions read them, and what an export answers to them."""

from __future__ import annotations

import tensorflow as tf

from models import pieces
from models.pieces import Pieces
from models.tasks import answers, endpoints
from models.tasks.both_ways import metrics
from models.tasks.endpoints import Network
from models.tensor import Tensor

_NO_TARGET = -1
_FORWARD, _BACKWARD = range(2)


def with_ends(inputs: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
    """Put `[CLS]` and `[SEP]` around windows, for their ends.

    Args:
        inputs: `pieces` of windows `(n, width)` int32, filled up with padding.

    Returns:
        Inputs of a model, `(n, width + 2)` int32 each, and the tokens, -1 where none is.
    """
    ids = inputs[pieces.PIECES]
    sizes = tf.reduce_sum(tf.cast(ids != pieces.PADDING, tf.int32), axis=1)
    token_ids = tf.pad(ids, [[0, 0], [1, 1]], constant_values=pieces.PADDING)
    place = tf.range(tf.shape(token_ids)[1])[None]
    token_ids = tf.where(place == 0, pieces.FIRST, token_ids)
    token_ids = tf.where(place == sizes[:, None] + 1, pieces.SEPARATOR, token_ids)
    is_token = token_ids != pieces.PADDING
    read = {"token_ids": token_ids, "padding_mask": tf.cast(is_token, tf.int32)}
    return read, tf.where(is_token, token_ids, _NO_TARGET)


def scored(texts: Tensor, network: Network) -> dict[str, Tensor]:
    """How probable the pieces of texts are, from either side.

    Args:
        texts: `(n,)` string, each read in all its windows.
        network: What tells pieces.

    Returns:
        `piece`, and the logarithms of its probability after those before it, `forward`, and before
        those after it, `backward`, in nats, each `(n, pieces)`, with the number of pieces beside
        each, see `answers.padded`; and what `metrics` read, each `(n,)`.
    """
    found = network.known_pieces()
    windows, owners = found.windows(found.split(texts))
    told = network.of_encoded(_read(windows, found))["outputs"]
    number = tf.size(texts)
    counts = tf.math.unsorted_segment_sum(windows.row_lengths(), owners, number)
    places = tf.range(tf.shape(told)[1])[None]
    is_piece = (places > 0) & (places <= tf.cast(windows.row_lengths(), tf.int32)[:, None])
    flat = tf.boolean_mask(told[..., 0], is_piece)
    each = {
        "piece": tf.gather(tf.constant(found.names), windows.flat_values),
        "forward": flat[:, _FORWARD],
        "backward": flat[:, _BACKWARD],
    }
    given: dict[str, Tensor] = {}
    for name, values in each.items():
        rows = tf.RaggedTensor.from_row_lengths(values, counts, validate=False)
        given |= answers.padded(name, rows, None)
    sums = {
        metrics.LOG_PROBABILITY: told[..., 0],
        metrics.HITS: tf.maximum(told[..., 1], 0.0),
        metrics.ASKED: tf.cast(told[..., 1] >= 0, tf.float32),
    }
    for name, values in sums.items():
        of_windows = tf.reduce_sum(values, axis=(1, 2))
        given[name] = tf.math.unsorted_segment_sum(of_windows, owners, number)
    return given


def embedded(texts: Tensor, network: Network) -> Tensor:
    """Mean of the states of a text's tokens, as far as the model reads it, `(n, dim)`."""
    found = network.known_pieces()
    read = _read(found.split(texts)[:, : found.width], found)
    return endpoints.mean_of_tokens(network, read)


def _read(windows: Tensor, found: Pieces) -> dict[str, Tensor]:
    ids = windows.to_tensor(pieces.PADDING, shape=(None, found.width))
    read, _ = with_ends({pieces.PIECES: ids})
    return read
