"""Linear-chain conditional random field over the tags of a text's units.

Source: Lafferty, McCallum and Pereira (2001), "Conditional Random Fields"; recursions as in Sutton
and McCallum (2012), https://arxiv.org/abs/1011.4088, section 4.1, in logarithms. A path's score is
that of its first tag, plus emissions, plus transitions between neighbours; units that are masked
are left out, as if their neighbours met.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

FORBIDDEN = -1e4
"""Score of what may not follow; finite, so that no difference of two is undefined."""

_MORE = 2
"""Units beyond all texts, as a loop in a graph has to have a step, and its first unit before."""


@keras.saving.register_keras_serializable(package="maru")
class Transitions(keras.layers.Layer):
    """Puts learned scores of neighbouring tags below the emissions.

    Input `(batch, units, tags)` to output `(batch, units + tags + 1, tags)` float32: emissions,
    then row `i` how well each tag follows tag `i`, then how well it begins a text.
    """

    def build(self, shape: tuple[int, ...]) -> None:
        """Create the scores, all 0."""
        tags = shape[-1]
        self.scores = self.add_weight(
            shape=(tags + 1, tags), initializer="zeros", name="transitions", dtype="float32"
        )

    def call(self, emissions: Any) -> Any:
        """Emissions with the scores below."""
        count = tf.shape(emissions)[0]
        scores = tf.tile(tf.convert_to_tensor(self.scores)[None], [count, 1, 1])
        return tf.concat([tf.cast(emissions, tf.float32), scores], axis=1)

    def compute_output_shape(
        self, shape: tuple[int | None, int | None, int]
    ) -> tuple[int | None, int | None, int]:
        """Shape with the scores."""
        batch, units, tags = shape
        return batch, None if units is None else units + tags + 1, tags


def log_likelihood(emissions: Any, tags: Any, scores: Any) -> Any:
    """Logarithm of the probability of paths, `(n,)` float32, in nats.

    Args:
        emissions: `(n, units, tags)` float32.
        tags: The paths `(n, units)` int; -1 masks a unit.
        scores: `(tags + 1, tags)` as `Transitions` has them.
    """
    tags = tf.cast(tags, tf.int32)
    alphas, path = _begin(emissions, tags, scores)
    places = tf.range(1, tf.shape(tags)[1])

    def step(state: Any, place: Any) -> Any:
        (alphas, last, score), emission, tag = state, emissions[:, place], tags[:, place]
        is_known, is_met = tag >= 0, last >= 0
        known = tf.maximum(tag, 0)
        to = tf.gather(emission, known, batch_dims=1)
        met = tf.gather_nd(scores, tf.stack([tf.maximum(last, 0), known], 1))
        begun = tf.gather(scores[-1], known)
        score = score + tf.where(is_known, to + tf.where(is_met, met, begun), 0.0)
        followed = tf.reduce_logsumexp(alphas[:, :, None] + scores[None, :-1], 1)
        found = emission + tf.where(is_met[:, None], followed, scores[None, -1])
        alphas = tf.where(is_known[:, None], found, alphas)
        return alphas, tf.where(is_known, tag, last), score

    alphas, last, score = tf.foldl(step, places, (alphas, tags[:, 0], path))
    return tf.where(last >= 0, score - tf.reduce_logsumexp(alphas, 1), 0.0)


def best_path(emissions: Any, lengths: Any, scores: Any) -> Any:
    """The most probable tags `(n, units)` int32 by Viterbi's algorithm; 0 beyond a text's end.

    Args:
        emissions: `(n, units, tags)` float32.
        lengths: Units of each text `(n,)` int.
        scores: `(tags + 1, tags)` as `Transitions` has them.
    """
    lengths, emissions = tf.cast(lengths, tf.int32), _widened(emissions)
    size = tf.shape(emissions)[1]
    tags = tf.shape(emissions)[2]
    same = tf.tile(tf.range(tags)[None], [tf.shape(emissions)[0], 1])

    def forward(state: Any, place: Any) -> Any:
        best, _ = state
        followed = best[:, :, None] + scores[None, :-1]
        is_inside = (place < lengths)[:, None]
        found = tf.reduce_max(followed, 1) + emissions[:, place]
        came = tf.argmax(followed, 1, tf.int32)
        return tf.where(is_inside, found, best), tf.where(is_inside, came, same)

    first = emissions[:, 0] + scores[None, -1]
    best, came = tf.scan(forward, tf.range(1, size), (first, same))
    last = tf.concat([first[None], best], 0)[-1]
    end = tf.argmax(last, 1, tf.int32)

    def backward(tag: Any, came: Any) -> Any:
        return tf.gather(came, tag, batch_dims=1)

    path = tf.scan(backward, came, end, reverse=True)
    path = tf.transpose(tf.concat([path, end[None]], 0))
    return tf.where(tf.sequence_mask(lengths, size), path, 0)[:, :-_MORE]


def marginals(emissions: Any, lengths: Any, scores: Any) -> Any:
    """Probability of each tag of each unit over all paths, `(n, units, tags)` float32.

    Args:
        emissions: `(n, units, tags)` float32.
        lengths: Units of each text `(n,)` int.
        scores: `(tags + 1, tags)` as `Transitions` has them.
    """
    lengths, emissions = tf.cast(lengths, tf.int32), _widened(emissions)
    size = tf.shape(emissions)[1]

    def forward(alphas: Any, place: Any) -> Any:
        found = tf.reduce_logsumexp(alphas[:, :, None] + scores[None, :-1], 1)
        return found + emissions[:, place]

    def backward(betas: Any, place: Any) -> Any:
        met = (betas + emissions[:, place + 1])[:, None] + scores[None, :-1]
        is_inside = (place + 1 < lengths)[:, None]
        return tf.where(is_inside, tf.reduce_logsumexp(met, 2), tf.zeros_like(betas))

    first = emissions[:, 0] + scores[None, -1]
    alphas = tf.concat([first[None], tf.scan(forward, tf.range(1, size), first)], 0)
    ends = tf.zeros_like(first)
    betas = tf.scan(backward, tf.range(size - 1), ends, reverse=True)
    betas = tf.concat([betas, ends[None]], 0)
    return tf.transpose(tf.nn.softmax(alphas + betas), [1, 0, 2])[:, :-_MORE]


def within_entities(types: int) -> np.ndarray:
    """Scores `(tags + 1, tags)` by which every path is a valid IOB2 one, all of them alike.

    Args:
        types: Of entities; tag 0 is none, `1 + 2 k` begins one of type `k`, `2 + 2 k` goes on.
    """
    tags = 1 + 2 * types
    scores = np.zeros((tags + 1, tags), np.float32)
    for kind in range(types):
        begin, inside = 1 + 2 * kind, 2 + 2 * kind
        scores[:, inside] = FORBIDDEN
        scores[[begin, inside], inside] = 0
    return scores


def _widened(emissions: Any) -> Any:
    return tf.pad(emissions, [[0, 0], [0, _MORE], [0, 0]])


def _begin(emissions: Any, tags: Any, scores: Any) -> tuple[Any, Any]:
    """Scores of all tags and of the path at the first unit."""
    known = tf.maximum(tags[:, 0], 0)
    alphas = emissions[:, 0] + scores[None, -1]
    score = tf.gather(alphas, known, batch_dims=1)
    return alphas, tf.where(tags[:, 0] >= 0, score, 0.0)
