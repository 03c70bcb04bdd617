"""Texts that a model draws token by token, in a graph.

Sources: Fan et al. (2018), https://arxiv.org/abs/1805.04833, section 5.1 (of the `top_k` likeliest
tokens); Holtzman et al. (2019), https://arxiv.org/abs/1904.09751, section 3.1 (of the fewest tokens
whose probabilities add up to `top_p`).

What is drawn of a row depends on its text and its settings alone, not on the other rows of a batch.
"""

from __future__ import annotations

from typing import NamedTuple

from models.tasks.writing import search
from models.tensor import Tensor
from models.writer import State, Writer

_COLDEST, _HOTTEST = 1e-6, 1e6
"""Temperatures at which the likeliest token is as good as certain, and all are as good as equal."""


class Settings(NamedTuple):
    """How each row is drawn."""

    temperature: Tensor
    """What logits are divided by, `(n,)` float32; 0 and below take the likeliest token always."""
    top_k: Tensor
    """Of how many of the likeliest tokens is drawn, `(n,)` int64; 0 and below: of all."""
    top_p: Tensor
    """The fewest likeliest tokens whose probabilities add up to it are drawn from, `(n,)` float32;
    1: all, 0: the likeliest."""
    seed: Tensor
    """The same one draws the same text, `(n,)` int64."""


def sample(
    writer: Writer, inputs: dict[str, Tensor], limits: Tensor, settings: Settings
) -> tuple[Tensor, Tensor]:
    """Draw a text for each row.

    Args:
        writer: A trained model.
        inputs: Of it, each `(n, ...)`.
        limits: Most tokens, the end included, `(n,)` int32, at least 1; the last of so many is the
            end.
        settings: How.

    Returns:
        Ids `(n, longest)` int32, the end included, 0 behind it, and the sums of the logarithms of
        the tokens' probabilities by the model itself `(n,)` float32.
    """
    import tensorflow as tf

    kept, state = writer.read(inputs)
    rows = tf.shape(limits)[0]
    state = {name: value[:, None] for name, value in state.items()}
    uniform = tf.map_fn(
        lambda seed: tf.random.stateless_uniform([writer.longest], [seed, 0]),
        settings.seed,
        fn_output_signature=tf.TensorSpec([writer.longest], tf.float32),
    )
    longest = tf.reduce_max(tf.concat([limits, [0]], 0))

    def goes_on(place: Tensor, ids: Tensor, scores: Tensor, state: State) -> Tensor:
        del scores, state
        return (place < longest) & ~tf.reduce_all(_have_ended(ids, writer.end))

    def step(
        place: Tensor, ids: Tensor, scores: Tensor, state: State
    ) -> tuple[Tensor, Tensor, Tensor, State]:
        last = tf.cond(place > 0, lambda: ids[:, -1:], lambda: tf.fill([rows, 1], writer.begin))
        logits, state, _ = writer.step(last, place, kept, state)
        logs = search.next_scores(writer, logits, place, limits)[:, 0]
        tokens = drawn(logs, uniform[:, place], settings)
        is_over = _have_ended(ids, writer.end)
        told = tf.gather(logs, tokens, batch_dims=1)
        scores += tf.where(is_over, 0.0, told)
        ids = tf.concat([ids, tf.where(is_over, 0, tokens)[:, None]], 1)
        return place + 1, ids, scores, state

    first = (tf.constant(0), tf.zeros([rows, 0], tf.int32), tf.zeros([rows]), state)
    shapes = (
        tf.TensorShape([]),
        tf.TensorShape([None, None]),
        tf.TensorShape([None]),
        {name: search.shape_of_state(value) for name, value in state.items()},
    )
    _, ids, scores, _ = tf.while_loop(goes_on, step, first, shapes)
    return ids, scores


def drawn(logs: Tensor, uniform: Tensor, settings: Settings) -> Tensor:
    """A token of each row, `(n,)` int32.

    Args:
        logs: Logarithms of probabilities `(n, vocabulary)`, minus infinity of what is not written.
        uniform: A number in [0, 1) for each row, `(n,)`.
        settings: How.
    """
    import tensorflow as tf

    size = tf.shape(logs)[1]
    best, ids = tf.math.top_k(logs, size)
    warmth = settings.temperature
    warmth = tf.where(warmth > _COLDEST, tf.minimum(warmth, _HOTTEST), _COLDEST)
    best = (best - best[:, :1]) / warmth[:, None]
    place = tf.range(size, dtype=tf.int64)[None]
    top_k = settings.top_k[:, None]
    best = tf.where((top_k > 0) & (place >= top_k), float("-inf"), best)
    shares = tf.nn.softmax(best)
    before = tf.cumsum(shares, axis=1, exclusive=True)
    shares = tf.where((place == 0) | (before < settings.top_p[:, None]), shares, 0.0)
    ends = tf.cumsum(shares, axis=1)
    # Of the last ones that can be drawn, so that rounding never leads behind them.
    reach = uniform[:, None] * ends[:, -1:]
    chosen = tf.reduce_sum(tf.cast((ends <= reach) & (shares > 0), tf.int32), axis=1)
    last = tf.reduce_sum(tf.cast(shares > 0, tf.int32), axis=1) - 1
    return tf.gather(ids, tf.minimum(chosen, last), batch_dims=1)


def _have_ended(ids: Tensor, end: int) -> Tensor:
    """Which texts have their end, `(n,)`."""
    import tensorflow as tf

    return tf.reduce_any(ids == end, axis=1)
