"""N-grams: how often runs of pieces occur, counted in one pass, tells what follows.

Sources: Jurafsky and Martin, "Speech and Language Processing", 3rd edition, chapter 3; Chen and
Goodman (1999), https://doi.org/10.1006/csla.1999.0128 (interpolated Kneser-Ney). Differences: the
pieces are those of this project's other models of what follows, and the sign that ends a text also
stands before the next, as in `models/text/continuing.py`, once, however long the runs are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import keras
import numpy as np
from annotated_types import Ge, Le

from models import pieces
from models.backbone import Backbone, NextTold
from models.encoder import Encoder
from models.estimator import Batch, Estimator
from models.ngrams import counting, levels
from models.ngrams.smoothing import KneserNey, Smoothing
from models.tensor import Tensor
from models.text import continuing
from models.writer import State, Writer

LEARNS: frozenset[Literal["texts"]] = frozenset({"texts"})
"""What a task may learn."""
_TABLES, _CONTEXTS, _TOKENS = "ngrams", "contexts", "tokens"
_FIRST = pieces.SEPARATOR
"""The least id that can follow, and what ends a text."""


@dataclasses.dataclass(frozen=True)
class NgramConfig(continuing.ContinuingConfig):
    """What is counted, and how counts are smoothed."""

    kind: Literal["ngram"] = "ngram"
    """Name of this model."""
    order: Annotated[int, Ge(1), Le(8)] = 4
    """Pieces of the longest runs that are counted, 1 to 8: a piece is told by one fewer."""
    smoothing: Smoothing = dataclasses.field(default_factory=KneserNey)
    """What is done for runs that were not counted."""


def build(config: NgramConfig) -> Backbone:
    """Build the network, whose tables are still to be counted.

    Args:
        config: What is counted.

    Returns:
        The backbone, of `token_ids` and `padding_mask`, each `(batch, sequence_length)` int32.
    """
    from models.layers.ngram_tables import NgramTables

    given = continuing.inputs(config)
    tokens = continuing.trimmed(given)
    vocabulary, sizes = config.vocabulary_size - _FIRST, [1] * (config.order - 1)
    tables = NgramTables(vocabulary, sizes, dtype="float32", name=_TABLES)
    found = NextTold(tables(_tokens(tokens["token_ids"])), _FIRST, **tokens)
    return Backbone("ngram", given, None, continuation=found)


encoder = continuing.encoder


def estimator(config: NgramConfig, learned: str) -> Estimator:
    """How the tables are counted.

    Args:
        config: What is counted.
        learned: One of `LEARNS`.
    """
    del learned
    vocabulary = config.vocabulary_size - _FIRST

    def settle(model: keras.Model, counted: Mapping[str, np.ndarray]) -> keras.Model:
        counter = counting.Counter(vocabulary, config.order, counted)
        found = levels.smoothed(counter.counts(), vocabulary, config.smoothing)
        sizes = [len(level.keys) for level in found.levels[1:]]
        settled = keras.models.clone_model(model, clone_function=_sized(sizes))
        settled.get_layer(_TABLES).set_tables(found.likeliest, found.levels)
        return settled

    return Estimator(
        _statistics,
        settle,
        lambda begun: _Counted(counting.Counter(vocabulary, config.order, begun)),
    )


def writer(config: NgramConfig, model: keras.Model, encoder: Encoder) -> Writer:
    """How a trained model writes.

    Args:
        config: Of the model.
        model: What `build` gave, with a head, and counted.
        encoder: Of the model.
    """
    import tensorflow as tf

    from models.layers.ngram_tables import LEAST

    tables = model.get_layer(_TABLES)

    def read(ids: Tensor, sizes: Tensor) -> State:
        behind = tables.read(tf.cast(_tokens(ids), tf.int64))
        # Nothing is known before the first token.
        behind = tf.pad(behind, [[0, 0], [1, 0], [0, 0]], constant_values=-1)
        return {_CONTEXTS: tf.gather(behind, sizes, batch_dims=1)}

    def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
        contexts = tables.step(state[_CONTEXTS], _tokens(ids))
        logits = tables.following(contexts)
        room = [[0, 0], [0, 0], [_FIRST, 0]]
        return tf.pad(logits, room, constant_values=LEAST), {_CONTEXTS: contexts}

    return continuing.writer(config, encoder, read, step)


class _Counted:
    """Counts the tokens of batches; see `models.estimator.Accumulator`."""

    def __init__(self, counter: counting.Counter) -> None:
        self._counter = counter

    def add(self, statistics: Mapping[str, np.ndarray]) -> None:
        """Count a batch, which goes on where the one before ended."""
        tokens = statistics[_TOKENS]
        ends = np.flatnonzero(tokens == 0) + 1
        self._counter.add(np.insert(tokens, ends, self._counter.vocabulary))

    def arrays(self) -> dict[str, np.ndarray]:
        """What was counted."""
        return self._counter.arrays()


def _statistics(model: keras.Model) -> Batch:
    """Tokens of windows that run on: the first of each is the last of the one before."""
    import tensorflow as tf

    del model

    def statistics(inputs: dict[str, Tensor], target: Tensor) -> dict[str, Tensor]:
        del target
        is_told = tf.cast(inputs["padding_mask"], tf.bool)[:, 1:]
        return {_TOKENS: tf.boolean_mask(_tokens(inputs["token_ids"])[:, 1:], is_told)}

    return statistics


def _tokens(ids: Tensor) -> Tensor:
    """Ids as the tables have them; padding as what ends a text, which changes nothing before it."""
    return keras.ops.maximum(ids - _FIRST, 0)


def _sized(sizes: list[int]) -> Any:
    """Copies layers, and tables with other sizes."""

    def copied(layer: keras.layers.Layer) -> keras.layers.Layer:
        given = layer.get_config()
        if layer.name == _TABLES:
            given = {**given, "sizes": sizes}
        return type(layer).from_config(given)

    return copied
