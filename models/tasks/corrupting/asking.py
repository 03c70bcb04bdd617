"""What an export of a pre-trained model answers: vectors of texts, and how well it tells spans."""

from __future__ import annotations

import tensorflow as tf

from models import pieces, sentinels
from models.tasks.both_ways import metrics
from models.tasks.corrupting import spans
from models.tasks.corrupting.spans import How
from models.tasks.endpoints import Network, Tensors
from models.tasks.masking import hashing
from models.tensor import Tensor


def embedded(raw: Tensors, network: Network) -> Tensor:
    """Mean of the vectors of what is read of texts, their ends included, `(n, dim)`.

    Source: Ni et al. (2021), "Sentence-T5", https://arxiv.org/abs/2108.08877, section 3.1.
    """
    writer = network.writer
    if writer is None or writer.memory is None:
        raise ValueError(f"Expected a model that tells what it reads. Received: {network}")
    vectors, mask = writer.memory(dict(network.encode(raw)))
    counts = tf.cast(mask[:, :, None], vectors.dtype)
    return tf.reduce_sum(vectors * counts, axis=1) / tf.reduce_sum(counts, axis=1)


def judged(texts: Tensor, network: Network, how: How) -> dict[str, Tensor]:
    """How well spans are told that depend on a text alone.

    Sentinels and ends do not count, nor are they chosen from: where a span ends says little of what
    a model knows, and counts of words, which such figures stand beside, are not asked for it.

    Args:
        texts: `(n,)` string, each read in all its windows.
        network: What tells pieces.
        how: What is taken out.

    Returns:
        What `metrics` read, each `(n,)`.
    """
    found = network.known_pieces()
    windows, owners = found.windows(found.split(texts))
    ids = windows.to_tensor(sentinels.PADDING, shape=(None, found.width))
    # Each place twice, so that it has two numbers.
    both = hashing.hashed(tf.concat([ids, ids], axis=1))
    scores = both[:, : found.width], both[:, found.width :]
    inputs, targets = spans.inputs(ids, scores, how, len(found.names))
    # Signs stand before the unknown piece, sentinels behind all others.
    first, last = sentinels.UNKNOWN, len(found.names) - sentinels.NUMBER
    logits = network.of_encoded(inputs)["outputs"][..., first:last]
    targets = targets[:, : tf.shape(logits)[1]]
    is_asked = (targets >= first) & (targets < last)
    right = tf.where(is_asked, targets - first, 0)
    is_hit = is_asked & (tf.argmax(logits, axis=-1, output_type=tf.int32) == right)
    lost = tf.nn.sparse_softmax_cross_entropy_with_logits(right, logits)
    each = {
        metrics.ASKED: tf.cast(is_asked, tf.int32),
        metrics.HITS: tf.cast(is_hit, tf.int32),
        metrics.LOG_PROBABILITY: tf.where(is_asked, -lost, 0.0),
    }
    number = tf.size(texts)
    return {
        name: tf.math.unsorted_segment_sum(tf.reduce_sum(value, axis=1), owners, number)
        for name, value in each.items()
    }


def read(inputs: Tensors, seed: Tensor, how: How, known: int) -> tuple[dict[str, Tensor], Tensor]:
    """Draw spans of one batch.

    Args:
        inputs: `PIECES`, windows of texts.
        seed: `(2,)` int64; the same one draws the same.
        how: What is taken out.
        known: Pieces of the vocabulary.

    Returns:
        See `spans.inputs`.
    """
    ids = inputs[pieces.PIECES]
    first, second = (
        tf.ensure_shape(tf.random.stateless_uniform(tf.shape(ids), one), ids.shape)
        for one in tf.unstack(tf.random.split(seed, 2))
    )
    return spans.inputs(ids, (first, second), how, known)
