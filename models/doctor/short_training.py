"""Trainings of a few steps, each from the same beginning."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from models.doctor.examined import Sample, Subject
from models.finetuning.course import Course, silence
from models.tensor import Tensor
from models.training import optimizers, schedule_config


@dataclasses.dataclass(frozen=True)
class Step:
    """What one step saw before it changed the weights."""

    loss: float
    """Loss of the batch, without penalties on weights."""
    outputs: np.ndarray
    """`(batch, width)`, as in training but without dropout."""
    norms: np.ndarray
    """Norm of the gradient of each trainable weight; that of an embedding adds its rows up as
    they came, a row that came twice counting as two."""


class Trial:
    """A model of its own with the training's optimizer, whose rate is free and dropout is off.

    One graph serves all checks that train, because tracing a large model takes seconds.

    Args:
        subject: What is examined; where fine-tuning has phases, the last one counts.
        clock: Seconds, from an arbitrary start.
    """

    def __init__(self, subject: Subject, clock: Callable[[], float] = time.monotonic) -> None:
        self._subject = subject
        self._clock = clock
        self.model = subject.build()
        training = subject.training
        course = Course(self.model, subject.fine_tuning, training.epochs)
        phase = course.phases[-1]
        course.enter(phase)
        silence(tuple(self.model.layers))
        self.unreached: set[int] = set()
        self._rate = tf.Variable(0.0, trainable=False)
        plain = dataclasses.replace(training, schedule=schedule_config.Constant(), accumulate=1)
        self._optimizer = optimizers.build(plain, 1, factors=course.rate_factors(phase))
        self._optimizer.learning_rate = _Free(self._rate)
        self._optimizer.build(self.model.trainable_variables)
        self._variables = [*self.model.variables, *self._optimizer.variables]
        self._start = [variable.value.numpy() for variable in self._variables]
        self._graph = tf.function(self._compute)
        self.seconds_per_step: float | None = None

    def step(self, sample: Sample, rate: float) -> Step:
        """Train one step."""
        self._rate.assign(rate)
        begun = self._clock()
        loss, outputs, norms = self._graph(sample.inputs, sample.targets)
        step = Step(float(loss), outputs.numpy(), norms.numpy())
        # The first step is slower, as it is traced.
        seconds = self._clock() - begun
        self.seconds_per_step = min(seconds, self.seconds_per_step or seconds)
        return step

    def restart(self) -> None:
        """Go back to the first weights and a fresh optimizer."""
        for variable, value in zip(self._variables, self._start, strict=True):
            variable.assign(value)

    def affordable(self, seconds: float, least: int, most: int) -> int:
        """Steps that fit into some time, as far as is known, within bounds."""
        if not self.seconds_per_step:
            return most
        return min(most, max(least, int(seconds / self.seconds_per_step)))

    def _compute(self, inputs: Tensor, targets: Tensor) -> Tensor:
        weights = self.model.trainable_variables
        values = [weight.value for weight in weights]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            outputs = self.model(inputs, training=True)
            loss = self._subject.loss(targets, outputs)
            total = loss + sum(self.model.losses)
        gradients = tape.gradient(total, values)
        self.unreached = {i for i, gradient in enumerate(gradients) if gradient is None}
        gradients = [
            tf.zeros_like(value) if gradient is None else gradient
            for value, gradient in zip(values, gradients, strict=True)
        ]
        norms = tf.stack([tf.norm(_dense(gradient)) for gradient in gradients])
        self._optimizer.apply(gradients, weights)
        return loss, outputs, norms


class _Free(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that is set from outside; an optimizer with a schedule takes another schedule only."""

    def __init__(self, rate: tf.Variable) -> None:
        super().__init__()
        self._rate = rate

    def __call__(self, step: Tensor) -> Tensor:
        return self._rate


def _dense(gradient: Tensor) -> tf.Tensor:
    return gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient
