"""Counted n-grams in a graph: what `models/ngrams/levels.py` tells, by binary search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.tensor import Tensor

LEAST = float(np.log(np.finfo(np.float32).tiny))
"""Logarithm of what stands for a probability of 0, some -87, so that sums of it are numbers."""
_MISSING = -1
_END = 0


@keras.saving.register_keras_serializable(package="maru")
class NgramTables(keras.layers.Layer):
    """Logarithms of the probabilities of tokens after those before them, in nats.

    Tokens are `0` to `vocabulary - 1`; `0` ends a text and stands before the next. A context is
    told by the numbers of its last token, its last two and so on, `(..., order - 1)` int64, -1 of
    those that were not counted or are not known.

    Input shape:
        Tokens `(batch, length)` int, of which the first is what stands before those that are told.

    Output shape:
        Float32 `(batch, length, 3)`: of each token the logarithm of its probability, the token
        that is the likeliest in its place and the logarithm of that one's; zeros of the first.
    """

    def __init__(self, vocabulary: int, sizes: Sequence[int], **options: Any) -> None:
        """Create the layer; before it is given tables, all tokens are as probable.

        Args:
            vocabulary: Different tokens that can follow.
            sizes: How many n-grams there are of each length, of two tokens first; at least 1.
            **options: Keras's.
        """
        super().__init__(**options)
        self.vocabulary, self.sizes = vocabulary, tuple(sizes)
        self._base = vocabulary + 1

    def get_config(self) -> dict[str, Any]:
        """With the sizes."""
        return {**super().get_config(), "vocabulary": self.vocabulary, "sizes": self.sizes}

    def build(self, input_shape: Any) -> None:
        """Create tables in which nothing was counted."""
        del input_shape
        fixed: dict[str, Any] = {"dtype": "int64", "trainable": False}
        sizes = (self._base, *self.sizes)
        missing = keras.initializers.Constant(_MISSING)
        alike = keras.initializers.Constant(-np.log(self.vocabulary))
        self.first = self.add_weight((1,), name="likeliest_0", initializer="zeros", **fixed)
        self.keys, self.logs, self.rests, self.likeliest = [], [], [], []
        for length, size in enumerate(sizes, 1):
            self.logs.append(self.add_weight((size,), name=f"logs_{length}", initializer=alike))
            if length > 1:
                keys = self.add_weight((size,), name=f"keys_{length}", initializer=missing, **fixed)
                self.keys.append(keys)
            if length < len(sizes):
                self.rests.append(
                    self.add_weight((size,), name=f"rests_{length}", initializer="zeros")
                )
                name = f"likeliest_{length}"
                best = self.add_weight((size,), name=name, initializer="zeros", **fixed)
                self.likeliest.append(best)

    def set_tables(self, likeliest: int, levels: Sequence[Any]) -> None:
        """Take over what was counted.

        Args:
            likeliest: Token where nothing is known of what is before.
            levels: `models.ngrams.levels.Level` of one token, of two and so on, as many and as
                large as the layer's.
        """
        self.first.assign([likeliest])
        for place, level in enumerate(levels):
            self.logs[place].assign(np.maximum(level.log_probabilities, LEAST))
            if place:
                self.keys[place - 1].assign(level.keys)
            if place < len(self.rests):
                self.rests[place].assign(np.maximum(level.log_rests, LEAST))
                self.likeliest[place].assign(level.likeliest)

    def call(self, tokens: Tensor) -> Tensor:
        """Tell tokens."""
        tokens = tf.cast(tokens, tf.int64)
        after = self.read(tokens)
        before, told = after[:, :-1], tokens[:, 1:]
        best = self._best(before)
        found = tf.stack(
            [
                self._told(before, told),
                tf.cast(best, tf.float32),
                self._told(before, best),
            ],
            axis=-1,
        )
        return tf.pad(found, [[0, 0], [1, 0], [0, 0]])

    def compute_output_spec(self, tokens: Any) -> Any:
        """Three numbers a token."""
        return keras.KerasTensor((*tokens.shape, 3), "float32")

    def read(self, tokens: Tensor) -> Tensor:
        """Texts to the contexts behind each of their tokens, `(n, length, order - 1)`.

        Args:
            tokens: `(n, length)` int64; nothing is known of what is before the first.
        """
        numbers, found = tokens, []
        for place in range(len(self.sizes)):
            if place:
                before = tf.pad(numbers[:, :-1], [[0, 0], [1, 0]], constant_values=_MISSING)
                numbers = self._number(place, before, tokens)
            numbers = self._begun(place, numbers, tokens)
            found.append(numbers)
        return self._stacked(found, tokens)

    def step(self, contexts: Tensor, tokens: Tensor) -> Tensor:
        """Contexts `(..., order - 1)` and the tokens behind them `(...)` to those behind these."""
        tokens, found = tf.cast(tokens, tf.int64), []
        for place in range(len(self.sizes)):
            numbers = self._number(place, contexts[..., place - 1], tokens) if place else tokens
            found.append(self._begun(place, numbers, tokens))
        return self._stacked(found, tokens)

    def following(self, contexts: Tensor) -> Tensor:
        """Logarithms of the probabilities of all tokens after contexts, `(..., vocabulary)`."""
        shape = tf.shape(contexts)[:-1]
        flat = tf.reshape(contexts, [-1, len(self.sizes)])
        rows = tf.shape(flat)[0]
        logs = tf.tile(self.logs[0][None, : self.vocabulary], [rows, 1])
        for place, (keys, own) in enumerate(zip(self.keys, self.logs[1:], strict=True)):
            before = flat[:, place]
            logs += self._rest(place, before)[:, None]
            firsts = before * self._base
            starts = tf.searchsorted(keys.value, firsts, out_type=tf.int64)
            # The sign for the begin of a text follows nothing.
            ends = tf.searchsorted(keys.value, firsts + self.vocabulary, out_type=tf.int64)
            owners = tf.repeat(tf.range(rows, dtype=tf.int64), ends - starts)
            places = tf.ragged.range(starts, ends).flat_values
            tokens = tf.gather(keys.value, places) % self._base
            indices = tf.stack([owners, tokens], axis=1)
            logs = tf.tensor_scatter_nd_update(logs, indices, tf.gather(own.value, places))
        return tf.reshape(tf.maximum(logs, LEAST), tf.concat([shape, [self.vocabulary]], 0))

    def _told(self, contexts: Tensor, tokens: Tensor) -> Tensor:
        """Logarithms of the probabilities of tokens after contexts, of the tokens' shape."""
        told = tf.gather(self.logs[0].value, tokens)
        for place, own in enumerate(self.logs[1:]):
            before = contexts[..., place]
            found = self._number(place + 1, before, tokens)
            known = tf.gather(own.value, tf.maximum(found, 0))
            told = tf.where(found >= 0, known, self._rest(place, before) + told)
        return tf.maximum(told, LEAST)

    def _best(self, contexts: Tensor) -> Tensor:
        """Likeliest tokens after contexts: what the longest that was counted says."""
        best = tf.fill(tf.shape(contexts)[:-1], self.first[0])
        for place, table in enumerate(self.likeliest):
            before = contexts[..., place]
            best = tf.where(before >= 0, tf.gather(table.value, tf.maximum(before, 0)), best)
        return best

    def _rest(self, place: int, contexts: Tensor) -> Tensor:
        """Logarithms of the weights of what was not counted after contexts of one length."""
        rests = tf.gather(self.rests[place].value, tf.maximum(contexts, 0))
        return tf.where(contexts >= 0, rests, 0.0)

    def _number(self, place: int, before: Tensor, tokens: Tensor) -> Tensor:
        """Numbers of the n-grams that tokens end; -1 of those that were not counted."""
        keys, wanted = self.keys[place - 1].value, before * self._base + tokens
        found = tf.searchsorted(keys, tf.reshape(wanted, [-1]), out_type=tf.int64)
        places = tf.reshape(tf.minimum(found, self.sizes[place - 1] - 1), tf.shape(wanted))
        is_there = (before >= 0) & (tf.gather(keys, places) == wanted)
        return tf.where(is_there, places, _MISSING)

    def _begun(self, place: int, numbers: Tensor, tokens: Tensor) -> Tensor:
        """The same, of which those behind the end of a text are those before any: one sign."""
        begin = _MISSING if place else self.vocabulary
        return tf.where(tokens == _END, tf.constant(begin, tf.int64), numbers)

    def _stacked(self, found: Sequence[Tensor], tokens: Tensor) -> Tensor:
        if not found:  # Of order 1 there is no context.
            return tf.zeros(tf.concat([tf.shape(tokens), [0]], 0), tf.int64)
        return tf.stack(found, axis=-1)
