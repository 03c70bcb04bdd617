"""The best texts that a model can write, by beam search in a graph; with one beam, greedily.

Sources: Sutskever et al. (2014), https://arxiv.org/abs/1409.3215, section 3.2 (a text that has
ended leaves the beam and is kept); Wu et al. (2016), https://arxiv.org/abs/1609.08144, equation 14
(length normalisation, without their coverage penalty); Huang et al. (2017),
https://aclanthology.org/D17-1227 (a search ends when nothing that is still written can win: as
many ended texts as there are beams may all be poor ones that ended early).

Of equal scores the text that stood higher wins, then the token with the lower id.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from models.tensor import Tensor
from models.writer import MASK, State, Writer

_NONE = float("-inf")
_GROWING = ("ids", "attention")
_STATE = "state/"


class Found(NamedTuple):
    """Texts of `n` that were read, the best first; `k` of each, of which some may be missing."""

    ids: Tensor
    """`(n, k, longest)` int32, the end included, 0 behind it."""
    scores: Tensor
    """Sum of the logarithms of the tokens' probabilities, that of the end included, `(n, k)`
    float32; minus infinity of a text that is missing."""
    attention: Tensor
    """To each token read, `(n, k, longest, read)` float32, 0 behind the end; `read` is 0 of what
    has no attention."""


def penalty(length: Tensor, alpha: float) -> Tensor:
    """What a sum of logarithms is divided by to compare texts of different lengths.

    Args:
        length: Tokens, the end included.
        alpha: 0 compares the sums themselves, which favours short texts.
    """
    import tensorflow as tf

    return ((5.0 + tf.cast(length, tf.float32)) / 6.0) ** alpha


def without_attention(writer: Writer) -> Writer:
    """A model that does not tell what it attends to, which then is not kept."""

    def read(inputs: dict[str, Tensor]) -> tuple[State, State]:
        kept, state = writer.read(inputs)
        return {name: value for name, value in kept.items() if name != MASK}, state

    return dataclasses.replace(writer, read=read)


def search(
    writer: Writer,
    inputs: dict[str, Tensor],
    limits: Tensor,
    beams: int,
    alpha: float,
    wanted: int | None = None,
) -> Found:
    """Search until nothing that is still written can be among the texts that are wanted.

    Args:
        writer: A trained model.
        inputs: Of it, each `(n, ...)`.
        limits: Most tokens of what is written of each, the end included, `(n,)` int32, at least 1;
            the last of so many is the end.
        beams: Texts that are written of each side by side.
        alpha: Of `penalty`.
        wanted: How many of the best ones count, `beams` at most; None: all. The others may be
            missing, or be no better than some that were not found.
    """
    import tensorflow as tf

    kept, state = writer.read(inputs)
    rows = tf.shape(limits)[0]
    state = {name: tf.repeat(value[:, None], beams, axis=1) for name, value in state.items()}

    def empty(*shape: Any) -> Tensor:
        return tf.zeros((rows, beams, *shape), tf.int32)

    first = tf.tile([[0.0] + [_NONE] * (beams - 1)], [rows, 1])
    none = tf.fill([rows, beams], _NONE)
    read = tf.shape(kept[MASK])[1] if MASK in kept else 0
    alive = {
        "ids": empty(0),
        "scores": first,
        "attention": tf.zeros((rows, beams, 0, read)),
        **_prefixed(state),
    }
    ended = {
        "ids": empty(0),
        "scores": none,
        "ranks": none,
        "attention": tf.zeros((rows, beams, 0, read)),
    }
    longest = tf.reduce_max(tf.concat([limits, [0]], 0))
    most = penalty(limits, alpha)

    def is_settled(alive: State, ended: State) -> Tensor:
        """Of which texts that were read nothing better can come, `(n,)`."""
        last = ended["ranks"][:, (wanted or beams) - 1]
        if beams == 1:  # Greed takes the first that ends.
            return last > _NONE
        # Sums only fall, and what divides them is at most that of the limit.
        return (last > _NONE) & (tf.reduce_max(alive["scores"], 1) / most <= last)

    def goes_on(place: Tensor, alive: State, ended: State) -> Tensor:
        return (place < longest) & tf.reduce_any(~is_settled(alive, ended))

    def step(place: Tensor, alive: State, ended: State) -> tuple[Tensor, State, State]:
        last = tf.cond(
            place > 0,
            lambda: alive["ids"][:, :, -1],
            lambda: tf.fill([rows, beams], writer.begin),
        )
        logits, state, attention = writer.step(last, place, kept, _without_prefix(alive))
        scores = next_scores(writer, logits, place, limits)
        size = tf.shape(scores)[2]
        totals = tf.reshape(alive["scores"][:, :, None] + scores, [rows, beams * size])
        best, chosen = tf.math.top_k(totals, 2 * beams)
        parents, tokens = chosen // size, chosen % size
        grown = {
            "ids": tf.concat(
                [tf.gather(alive["ids"], parents, batch_dims=1), tokens[:, :, None]], 2
            ),
            "scores": best,
        }
        looks = tf.concat([alive["attention"], attention[:, :, None, :read]], 2)
        has_end = tokens == writer.end

        is_open = ~is_settled(alive, ended)
        counts = has_end & (tf.range(2 * beams) < beams) & is_open[:, None]
        ends = tf.where(counts, best, _NONE)
        new = {
            **grown,
            "scores": ends,
            "ranks": ends / penalty(place + 1, alpha),
            "attention": tf.gather(looks, parents, batch_dims=1),
        }
        ended = {
            name: tf.concat([_longer(value) if name in _GROWING else value, new[name]], 1)
            for name, value in ended.items()
        }
        ended = _picked(ended, tf.math.top_k(ended["ranks"], beams).indices)

        _, places = tf.math.top_k(tf.where(has_end, _NONE, best), beams)
        grown["scores"] = tf.where(has_end, _NONE, best)
        alive = _picked(grown, places)
        owners = tf.gather(parents, places, batch_dims=1)
        moved = {"attention": looks, **_prefixed(state)}
        alive |= moved if beams == 1 else _picked(moved, owners)
        return place + 1, alive, ended

    shapes = (tf.TensorShape([]), _shapes(alive), _shapes(ended))
    _, _, ended = tf.while_loop(goes_on, step, (tf.constant(0), alive, ended), shapes)
    return Found(ended["ids"], ended["scores"], ended["attention"])


def next_scores(writer: Writer, logits: Tensor, place: Tensor, limits: Tensor) -> Tensor:
    """Logarithms of probabilities of what may follow, `(n, k, vocabulary)`.

    Args:
        writer: A trained model.
        logits: Of the next token, `(n, k, vocabulary)`.
        place: How many tokens are before it, a scalar int32.
        limits: Most tokens, the end included, `(n,)` int32.
    """
    import tensorflow as tf

    ids = tf.range(tf.shape(logits)[2])
    is_written = tf.reduce_all(ids[:, None] != tf.constant(writer.never), axis=1)
    is_allowed = is_written & ((place < limits - 1)[:, None, None] | (ids == writer.end))
    return tf.where(is_allowed, tf.nn.log_softmax(logits), _NONE)


def _prefixed(state: State) -> dict[str, Tensor]:
    return {_STATE + name: value for name, value in state.items()}


def _without_prefix(alive: State) -> dict[str, Tensor]:
    return {
        name.removeprefix(_STATE): value for name, value in alive.items() if name.startswith(_STATE)
    }


def _longer(value: Tensor) -> Tensor:
    """With a zero more in its third axis."""
    import tensorflow as tf

    return tf.pad(value, [[0, 0], [0, 0], [0, 1], *([[0, 0]] * (len(value.shape) - 3))])


def _picked(values: Mapping[str, Tensor], places: Tensor) -> dict[str, Tensor]:
    """Some of the texts of each row."""
    import tensorflow as tf

    return {name: tf.gather(value, places, batch_dims=1) for name, value in values.items()}


def _shapes(values: Mapping[str, Tensor]) -> dict[str, Any]:
    """What stays of shapes in a loop: the last axis, unless it grows or is of what was read."""
    import tensorflow as tf

    return {
        name: shape_of_state(value)
        if name.startswith(_STATE)
        else tf.TensorShape([None] * value.shape.rank)
        for name, value in values.items()
    }


def shape_of_state(value: Tensor) -> Any:
    """What stays of a state's shape while a text is written: the last axis."""
    import tensorflow as tf

    return tf.TensorShape([None] * (value.shape.rank - 1) + [value.shape[-1]])
