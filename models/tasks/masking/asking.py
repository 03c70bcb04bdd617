"""What an export of a pre-trained model answers: gaps in texts, vectors, how well it tells gaps."""

from __future__ import annotations

import tensorflow as tf

from models import pieces
from models.pieces import Pieces
from models.tasks import answers, endpoints
from models.tasks.endpoints import Network
from models.tasks.masking import gaps, hashing, layout, metrics
from models.tensor import Tensor


def filled(texts: Tensor, network: Network, top_k: int) -> dict[str, Tensor]:
    """The likeliest pieces for each `[MASK]` of texts.

    A gap is read with what stands around it, up to the model's length; others in it stay gaps.

    Args:
        texts: `(n,)` string.
        network: What tells pieces.
        top_k: Pieces for each gap.

    Returns:
        `score`, the probability of a piece in [0, 1], `token`, its id, `token_str`, and
        `sequence`, the text with it in place of that gap, each `(n, gaps, top_k)`, the best first,
        with the number of gaps beside each, see `answers.padded`.
    """
    found = network.known_pieces()
    parts = tf.strings.split(texts, pieces.MASK_TEXT)
    ids = _with_gaps(parts, found)
    where = tf.where(ids.flat_values == pieces.MASK)[:, 0]
    rows = tf.gather(ids.value_rowids(), where)
    windows, places = _around(ids, where, rows, found.width)
    shown = windows.to_tensor(pieces.PADDING, shape=(None, found.width))
    read = layout.laid_out(layout.whole(shown, found.marks(shown)), None, found.length)
    asked = read.inputs(read.token_ids, places[:, None])
    logits = network.of_encoded(asked)["outputs"][:, 0]
    special = len(pieces.SPECIAL)
    scores, best = tf.math.top_k(tf.nn.softmax(logits)[:, special:], top_k)
    token = best + special
    words = tf.gather(tf.constant(found.names), token)
    number = tf.ragged.range(parts.row_lengths() - 1)
    each = {
        "score": scores,
        "token": token,
        "token_str": words,
        "sequence": _in_place(tf.gather(texts, rows), number.flat_values, parts, rows, words),
    }
    given: dict[str, Tensor] = {}
    for name, values in each.items():
        given |= answers.padded(name, number.with_flat_values(values), None)
    return given


def embedded(texts: Tensor, network: Network) -> Tensor:
    """Mean of the vectors of a text's tokens, as far as the model reads it, `(n, dim)`."""
    found = network.known_pieces()
    ids = found.split(texts)[:, : found.width].to_tensor(pieces.PADDING, shape=(None, found.width))
    read = layout.laid_out(layout.whole(ids, found.marks(ids)), None, found.length)
    nothing = tf.zeros([tf.shape(ids)[0], 1], tf.int32)
    return endpoints.mean_of_tokens(network, read.inputs(read.token_ids, nothing))


def judged(texts: Tensor, network: Network, share: float) -> dict[str, Tensor]:
    """How well gaps are told that depend on a text alone; all of them are `[MASK]`.

    Args:
        texts: `(n,)` string, each read in all its windows.
        network: What tells pieces.
        share: Of the pieces that are asked for.

    Returns:
        What `metrics` read, each `(n,)`.
    """
    found = network.known_pieces()
    windows, owners = found.windows(found.split(texts))
    shown = windows.to_tensor(pieces.PADDING, shape=(None, found.width))
    read = layout.laid_out(layout.whole(shown, found.marks(shown)), None, found.length)
    places = gaps.chosen(read, hashing.hashed(read.token_ids), share, whole_word=False)
    right = gaps.told(read, places)
    masked = gaps.put(read.token_ids, places, tf.fill(tf.shape(places), pieces.MASK))
    logits = network.of_encoded(read.inputs(masked, tf.maximum(places, 0)))["outputs"]
    logits = logits[:, : tf.shape(places)[1]]
    is_gap = places >= 0
    is_hit = is_gap & (tf.argmax(logits, axis=-1, output_type=tf.int32) == right)
    lost = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(right, 0), logits)
    each = {
        metrics.GAPS: tf.cast(is_gap, tf.int32),
        metrics.HITS: tf.cast(is_hit, tf.int32),
        metrics.LOG_PROBABILITY: tf.where(is_gap, -lost, 0.0),
    }
    number = tf.size(texts)
    return {
        name: tf.math.unsorted_segment_sum(tf.reduce_sum(value, axis=1), owners, number)
        for name, value in each.items()
    }


def _with_gaps(parts: Tensor, found: Pieces) -> Tensor:
    """Ids of texts whose parts gaps stand between, ragged `(n, pieces)` int32."""
    ids = found.split(parts.flat_values)
    gap = tf.fill([ids.nrows(), 1], pieces.MASK)
    with_gaps = parts.with_flat_values(tf.concat([ids, gap], axis=1)).merge_dims(1, 2)
    return with_gaps[:, :-1]


def _around(ids: Tensor, where: Tensor, rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Windows around gaps, ragged, and the place of each gap among the tokens of its window."""
    begins, ends = tf.gather(ids.row_starts(), rows), tf.gather(ids.row_limits(), rows)
    first = tf.maximum(tf.minimum(where - width // 2, ends - width), begins)
    read = tf.ragged.range(first, tf.minimum(first + width, ends))
    windows = read.with_flat_values(tf.gather(ids.flat_values, read.flat_values))
    return windows, tf.cast(where - first, tf.int32) + 1


def _in_place(texts: Tensor, number: Tensor, parts: Tensor, rows: Tensor, words: Tensor) -> Tensor:
    """Texts `(gaps, k)` with pieces in place of one gap; `##` glues them to what stands before."""
    sizes = parts.with_flat_values(
        tf.cast(tf.strings.length(parts.flat_values), tf.int64) + len(pieces.MASK_TEXT)
    )
    ends = tf.cumsum(sizes.flat_values)
    before = tf.gather(tf.concat([[tf.constant(0, tf.int64)], ends], 0), parts.row_starts())
    end = tf.gather(ends, tf.gather(parts.row_starts(), rows) + number) - tf.gather(before, rows)
    left = tf.strings.substr(texts, tf.zeros_like(end), end - len(pieces.MASK_TEXT))
    right = tf.strings.substr(texts, end, tf.fill(tf.shape(end), tf.constant(-1, tf.int64)))
    continues = tf.strings.regex_full_match(words, "##.+")
    glued = tf.strings.regex_replace(left, r"\s+$", "")[:, None]
    left = tf.where(continues, glued, left[:, None])
    plain = tf.where(continues, tf.strings.regex_replace(words, "^##", ""), words)
    return tf.strings.join([left, plain, tf.broadcast_to(right[:, None], tf.shape(words))])
