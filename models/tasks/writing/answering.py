"""From raw inputs to answers: texts with their scores, and what they were written by."""

from __future__ import annotations

from typing import Any, NamedTuple

from models.tasks import answers
from models.tasks.endpoints import Network, Tensors
from models.tasks.writing import sampling
from models.tasks.writing import search as searching
from models.tensor import Tensor
from models.writer import Writer

LONGEST = "longest"
"""Setting of what is drawn: most pieces."""


class Limit(NamedTuple):
    """Pieces that are written at most."""

    growth: float
    """For each piece that is read."""
    room: int
    """Beside them."""

    def of(self, writer: Writer, inputs: dict[str, Tensor]) -> Tensor:
        """Of each text, its end included, `(n,)` int32."""
        import tensorflow as tf

        read = tf.cast(writer.sizes(inputs), tf.float32)
        most = tf.cast(tf.math.ceil(read * self.growth), tf.int32) + self.room
        return tf.minimum(most, writer.longest)


class Search(NamedTuple):
    """How the best texts are looked for."""

    beams: int
    """Texts that are written side by side."""
    alpha: float
    """Of `search.penalty`."""
    n_best: int
    """Texts that are answered."""
    limit: Limit
    """Of their lengths."""


def texts(network: Network, raw: Tensors, search: Search) -> dict[str, Tensor]:
    """Best text `text` `(n,)` string and `score` `(n,)` float32, and `n_best` of both.

    Args:
        network: That writes.
        raw: Inputs by name in requests.
        search: How.
    """
    import tensorflow as tf

    writer = searching.without_attention(_writer(network))
    found = _found(writer, dict(network.encode(raw)), search)
    written = tf.reshape(writer.text(_pieces(found.ids, writer.end)), [-1, search.beams])[
        :, : search.n_best
    ]
    scores = found.scores[:, : search.n_best]
    there = scores > float("-inf")
    rows = {"texts": tf.ragged.boolean_mask(written, there)}
    rows["scores"] = tf.ragged.boolean_mask(scores, there)
    best = {"text": written[:, 0], "score": scores[:, 0]}
    for name, values in rows.items():
        best |= answers.padded(name, values, search.n_best)
    return best


def aligned(network: Network, raw: Tensors, search: Search) -> dict[str, Tensor]:
    """Best text, its pieces and those read, and by how much each was written by each of them.

    Args:
        network: That writes.
        raw: Inputs by name in requests.
        search: How.

    Returns:
        `text` `(n,)`, `score` `(n,)`, `pieces` `(n, written)`, `pieces_read` `(n, read)`, the ends
        included, and `attention` `(n, written, read)` float32, whose rows sum to 1; zeros of a
        model without attention.
    """
    import tensorflow as tf

    writer = _writer(network)
    inputs = dict(network.encode(raw))
    found = _found(writer, inputs, search)
    ids = found.ids[:, 0]
    sizes = tf.cast(tf.math.count_nonzero(ids, axis=1), tf.int64)
    read = tf.cast(writer.sizes(inputs), tf.int64)
    widest = tf.reduce_max(tf.concat([read, [0]], 0))
    attention = found.attention[:, 0]
    missing = widest - tf.shape(attention, tf.int64)[2]
    attention = tf.pad(attention, [[0, 0], [0, 0], [0, missing]])
    told = {"text": writer.text(_pieces(ids[:, None], writer.end)), "score": found.scores[:, 0]}
    for name, values in {
        "pieces": tf.RaggedTensor.from_tensor(writer.pieces(ids), sizes),
        "pieces_read": tf.RaggedTensor.from_tensor(writer.pieces_read(inputs), read),
        "attention": tf.RaggedTensor.from_tensor(attention, sizes),
    }.items():
        told |= answers.padded(name, values, None)
    return told


def drawn(network: Network, raw: Tensors, limit: Limit) -> dict[str, Tensor]:
    """A text that is drawn for each row.

    Args:
        network: That writes.
        raw: Inputs by name in requests, and the fields of `sampling.Settings`, each `(n,)`;
            `top_k` and `top_p` may be left out. If `longest` `(n,)` int64 is there and above 0, no
            more pieces are drawn, the end apart.
        limit: Of its length.

    Returns:
        `text` `(n,)` string, its `score` `(n,)` float32, how many pieces were read and it has,
        `read` (of a text that was cut, behind the first) and `written` `(n,)` int32, without their
        signs, and whether it ended by itself, before its limit, `has_ended` `(n,)` bool.
    """
    import tensorflow as tf

    whole = {
        "top_k": tf.zeros_like(raw["seed"]),
        "top_p": tf.ones_like(raw["temperature"]),
    }
    writer = searching.without_attention(_writer(network))
    inputs = dict(network.encode(raw))
    given = {**whole, **raw}
    settings = sampling.Settings(**{name: given[name] for name in sampling.Settings._fields})
    limits = limit.of(writer, inputs)
    if LONGEST in raw:
        asked = tf.cast(tf.minimum(raw[LONGEST], writer.longest), tf.int32) + 1
        limits = tf.where(raw[LONGEST] > 0, tf.minimum(asked, limits), limits)
    ids, scores = sampling.sample(writer, inputs, limits, settings)
    pieces = _pieces(ids[:, None], writer.end)
    written = tf.cast(pieces.row_lengths(), tf.int32)
    return {
        "text": writer.text(pieces),
        "score": scores,
        "read": writer.sizes(inputs) - 1,
        "written": written,
        "has_ended": written < limits - 1,
    }


def _writer(network: Network) -> Writer:
    if network.writer is None:
        raise ValueError(
            "Expected a model that writes: one that provides `decoder`, see models/zoo.py. "
            f"Received: {network}"
        )
    return network.writer


def _found(writer: Writer, inputs: dict[str, Tensor], search: Search) -> Any:
    limits = search.limit.of(writer, inputs)
    return searching.search(writer, inputs, limits, search.beams, search.alpha, search.n_best)


def _pieces(ids: Tensor, end: int) -> Tensor:
    """Texts `(n, k, longest)` without their ends, ragged `(n k, pieces)`."""
    import tensorflow as tf

    rows, beams, longest = tf.unstack(tf.shape(ids))
    flat = tf.reshape(ids, [rows * beams, longest])
    return tf.ragged.boolean_mask(flat, (flat != 0) & (flat != end))
