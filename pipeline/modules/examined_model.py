"""What the Doctor stage examines; it calls `load` by its dotted path."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import keras_hub
import numpy as np
import tensorflow as tf

from components.doctor.finding import Finding
from components.doctor.text.lengths import Reader
from models import zoo
from models.doctor import examination
from models.doctor.examination import Effort
from models.tasks import task as tasks
from models.tensor import Tensor
from models.text import config as text_config
from models.text import subwords
from pipeline.config import loading
from pipeline.modules import transform
from pipeline.modules.learner import Learner, prepare

_EMBEDDED_AT_ONCE = 32
_SPECIAL = {1: 2, 2: 4}
"""Tokens that BERT and its kin put around a text, and around and between two."""
_BETWEEN = {1: 0, 2: 1}
"""Tokens between texts of other models."""
_UNKNOWN = ("<unk>", "[UNK]")
"""How special pieces of a fitted tokenizer call what is no piece."""
_UNKNOWN_ID = 1
"""Where it has no special pieces of its own."""


class ExaminedLearner:
    """The model of a config as the Doctor sees it; a `contract.ExaminedModel`.

    Args:
        learner: With everything that only the data knows.
        train_files: Patterns of the train split's files.
        effort: `quick` or `thorough`.
        tokens: Vocabulary of the transform graph, for models that read its token ids.
    """

    def __init__(
        self,
        learner: Learner,
        train_files: Sequence[str],
        effort: Effort,
        tokens: Sequence[str] = (),
    ):
        self._learner = learner
        self._train_files = train_files
        self._effort = effort
        self.reader = _reader(learner, tokens)
        self._entry = zoo.MODELS[learner.config.model.kind]
        self.image_size = self._entry.image_size(learner.config.model)
        self._columns = [column.name for column in tasks.inputs(learner.config.task)]
        has_vectors = self._entry.is_pretrained and len(self._columns) == 1
        self.embed: Callable[[Sequence[Any]], np.ndarray] | None = (
            self._embed if has_vectors else None
        )

    def findings(self) -> Iterator[Finding]:
        """The checks of the model, one after the other; none if no gradient trains it."""
        if self._entry.estimator is not None:
            return
        findings = examination.examine(
            lambda: self._learner.build("float32"),
            self._learner.batches(self._train_files, shuffled=True),
            self._learner.config.training,
            self._learner.objective().loss,
            self._learner.config.task.expected(self._learner.facts),
            self._effort,
            self._entry.fine_tuning(self._learner.config.model),
        )
        for one in findings:
            yield Finding(**dataclasses.asdict(one))

    def _embed(self, inputs: Sequence[str] | Sequence[bytes]) -> np.ndarray:
        """Vectors `(rows, dim)` of raw inputs, in inference mode."""
        batches = []
        for first in range(0, len(inputs), _EMBEDDED_AT_ONCE):
            encoded = self._encoded(inputs[first : first + _EMBEDDED_AT_ONCE])
            batches.append(np.asarray(self._embedder(encoded)))
        return np.concatenate(batches)

    def _encoded(self, inputs: Sequence[str] | Sequence[bytes]) -> dict[str, Any]:
        return self._learner.encode({self._columns[0]: tf.constant(inputs)})

    @functools.cached_property
    def _embedder(self) -> Callable[[dict[str, Tensor]], Tensor]:
        model = self._learner.build("float32")
        features = model.get_layer("features").output
        if len(features.shape) == 3:  # Of each unit of a text.
            features = keras.ops.mean(features, axis=1)
        vectors = keras.Model(model.input, features)
        return tf.function(lambda encoded: vectors(encoded, training=False))


def load(
    learner: str, transform_graph: str, train_files: Sequence[str], resumable: str, effort: Effort
) -> ExaminedLearner:
    """The model of a config.

    Args:
        learner: JSON of what is trained and how.
        transform_graph: Folder of the Transform's output.
        train_files: Patterns of the train split's files.
        resumable: Folder where a learned tokenizer is kept for the Trainer.
        effort: `quick` or `thorough`.
    """
    config = loading.load_learner(learner)
    prepared = prepare(config, transform_graph, train_files, pathlib.Path(resumable))
    tokens: list[str] = []
    if zoo.MODELS[config.model.kind].feature(config.model) == "token_ids":
        tokens = transform.vocabulary(transform_graph)
    return ExaminedLearner(prepared, train_files, effort, tokens)


def _reader(learner: Learner, tokens: Sequence[str]) -> Reader | None:
    """How the model splits texts; None if it takes images or whole texts."""
    model: Any = learner.config.model
    entry = zoo.MODELS[model.kind]
    length = entry.sequence_length(model)
    if length is None:
        return None
    task = learner.config.task
    texts = max(map(len, task.sides), default=len(tasks.inputs(task)))
    if entry.tokenizer == "preset":
        layer = learner.encoder.trackable[0]
        is_tokenizer = isinstance(layer, keras_hub.tokenizers.Tokenizer)
        tokenizer = layer if is_tokenizer else layer.tokenizer  # Of a preprocessor.
        unknown = getattr(tokenizer, "oov_token", None)
        unknown_id = tokenizer.token_to_id(unknown) if unknown else None
        return Reader(_pieces(tokenizer), length - _SPECIAL[texts], unknown_id)
    length -= _BETWEEN[texts]
    if tokens:
        runs = text_config.counted_with(model).get("ngrams", 1)
        return Reader(_known_tokens(model, frozenset(tokens)), length, subwords.UNKNOWN, runs)
    tokenizer = subwords.load(
        model.tokenizer, model.tokenizer_file, None, lowercase=model.lowercase
    )
    places = (place for place, piece in enumerate(entry.special) if piece in _UNKNOWN)
    return Reader(_pieces(tokenizer), length, next(places, _UNKNOWN_ID))


def _pieces(
    tokenizer: keras_hub.tokenizers.Tokenizer,
) -> Callable[[Sequence[str]], list[list[int]]]:
    # Of texts in a list, KerasHub's tokenizers make lists of different lengths.
    return lambda texts: tokenizer(list(texts))


def _known_tokens(
    model: text_config.TokenizedConfig, vocabulary: frozenset[str]
) -> Callable[[Sequence[str]], list[list[str]]]:
    """Words, characters and their runs, as the transform graph sees them."""

    def tokenize(texts: Sequence[str]) -> list[list[str]]:
        fields = text_config.counted_with(model)
        split = transform.tokens(tf.constant(list(texts)), fields).to_list()
        decoded = [[token.decode("utf-8", "replace") for token in row] for row in split]
        return [
            [token if token in vocabulary else subwords.UNKNOWN for token in row] for row in decoded
        ]

    return tokenize
