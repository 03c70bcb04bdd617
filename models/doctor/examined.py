"""A model on its way to being trained, and the few examples that it is examined with."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.finetuning import config as finetuning
from models.tasks.expected import Expected
from models.training.config import TrainingConfig
from models.training.inputs import Batches

Loss = Callable[[Any, Any], Any]
"""Targets and outputs to the loss of a batch, a scalar."""

BACKBONE = "backbone"
"""Name of the layer that is pretrained, if there is one."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """A few training examples in memory."""

    inputs: dict[str, tf.Tensor]
    """The model's inputs, each `(examples, ...)`."""
    targets: tf.Tensor
    """What the model's output is held against, `(examples, ...)`; see `models/tasks`."""

    @property
    def size(self) -> int:
        """Number of examples."""
        return int(self.targets.shape[0])

    def first(self, count: int) -> Sample:
        """At most the first `count` examples."""
        return self.at(np.arange(min(count, self.size)))

    def at(self, rows: np.ndarray) -> Sample:
        """The examples at some places, in that order."""
        inputs = {name: tf.gather(value, rows) for name, value in self.inputs.items()}
        return Sample(inputs, tf.gather(self.targets, rows))


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is examined."""

    build: Callable[[], keras.Model]
    """Gives a fresh, uncompiled model in float32 whose output is that of the task's head,
    `(batch, width)`."""
    sample: Sample
    """Examples of the training split."""
    steps: int
    """Steps of the whole training."""
    training: TrainingConfig
    """How it is to be trained."""
    fine_tuning: finetuning.Method | None
    """What of a pretrained model is trained; None: as `build` left it."""
    loss: Loss
    """What training minimises, without the penalties on weights."""
    expected: Expected
    """What the task expects of an untrained model."""

    @functools.cached_property
    def model(self) -> keras.Model:
        """A model for checks that only look: whoever changes it puts it back."""
        return self.build()

    @functools.cached_property
    def outputs(self) -> np.ndarray:
        """What `model` answers to `sample`, `(examples, width)`."""
        return np.asarray(self.model(self.sample.inputs, training=False))

    @functools.cached_property
    def batch_norms(self) -> list[keras.layers.BatchNormalization]:
        """All batch normalisations of `model`."""
        return [
            layer
            for layer in self.model._flatten_layers()
            if isinstance(layer, keras.layers.BatchNormalization)
        ]

    @contextlib.contextmanager
    def statistics_kept(self) -> Iterator[None]:
        """Put the moving statistics of `batch_norms` back afterwards."""
        weights = [w for layer in self.batch_norms for w in layer.non_trainable_weights]
        saved = [np.array(weight) for weight in weights]
        try:
            yield
        finally:
            for weight, value in zip(weights, saved, strict=True):
                weight.assign(value)

    def first_outputs(self) -> np.ndarray:
        """As `answer_as_in_training`, without a second answer where that is `outputs`."""
        is_normalized = any(layer.trainable for layer in self.batch_norms)
        return self.answer_as_in_training() if is_normalized else self.outputs

    def answer_as_in_training(self) -> np.ndarray:
        """What the first step gets from `model`, `(examples, width)`.

        Differs from `outputs` with batch normalisation only, whose statistics are not those of any
        data yet; otherwise dropout would but blur the answer.
        """
        if not any(layer.trainable for layer in self.batch_norms):
            return np.asarray(self.model(self.sample.inputs, training=False))
        with self.statistics_kept():
            return np.asarray(self.model(self.sample.inputs, training=True))


def take(batches: Batches, count: int) -> Sample:
    """The first examples of the first epoch.

    Args:
        batches: Training split.
        count: Number of examples, fewer if the split has no more.
    """
    taken = batches.epoch(0).take(-(-count // batches.batch_size))
    inputs, targets = zip(*taken, strict=True)
    joined = {name: tf.concat([part[name] for part in inputs], 0) for name in inputs[0]}
    return Sample(joined, tf.concat(targets, 0)).first(count)
