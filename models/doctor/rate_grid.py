"""A coarse grid of learning rates and weight decays (CS231n: search coarse to fine)."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from models.doctor.examined import Sample, Subject, take
from models.doctor.finding import Finding, drawable
from models.doctor.short_training import Trial
from models.training import optimizer_config
from models.training.inputs import Batches

_EXAMPLES = 320
_HELD_OUT = 5  # one of so many examples
_EPOCHS = 3
_FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)  # of the configured rate
_DECAYS = (1e-4, 0.01, 0.1)
_WORSE = 1.5  # times the lowest loss from which another rate is better


def rate_grid(subject: Subject, batches: Batches) -> Finding:
    """Train a few epochs on some examples at each rate and decay; compare on others.

    Args:
        subject: What is examined.
        batches: The training split, of which both are taken.
    """
    name, training = "rate_grid", subject.training
    sample = take(batches, _EXAMPLES)
    num_held_out = sample.size // _HELD_OUT
    if num_held_out < 1:
        return Finding(name, "pass", f"{sample.size} examples are too few to compare rates on.")
    held_out = sample.first(num_held_out)
    rest = sample.at(np.arange(num_held_out, sample.size))
    rates = [training.learning_rate * factor for factor in _FACTORS]
    can_decay = isinstance(training.optimizer, optimizer_config.Decaying)
    decays = list(_DECAYS) if can_decay else [0.0]
    losses = np.array([_row(subject, decay, rates, rest, held_out) for decay in decays])
    row, column = np.unravel_index(int(np.argmin(losses)), losses.shape)
    best, here = losses[row, column], losses[:, _FACTORS.index(1.0)].min()
    figures = {
        "rates": rates,
        "decays": decays,
        "losses": [drawable(values) for values in losses],
    }
    evidence = (
        f"After {_EPOCHS} epochs on {rest.size} examples the loss on {held_out.size} others is "
        f"lowest, {best:.3g}, at the rate {rates[column]:.1e} and the decay {decays[row]:g}; at "
        f"`training.learning_rate` {training.learning_rate:g} it is {here:.3g}."
    )
    if here <= best * _WORSE or not np.isfinite(best):
        return Finding(name, "pass", evidence, figures=figures)
    return Finding(
        name,
        "warn",
        evidence,
        "Another rate learns more in the same time, at least in the beginning.",
        f"Try `training.learning_rate: {rates[column]:.1e}`; `maru tune` searches further.",
        figures,
    )


def _row(
    subject: Subject, decay: float, rates: list[float], train: Sample, held_out: Sample
) -> list[float]:
    """The loss of the held-out examples at each rate."""
    training = subject.training
    optimizer: Any = training.optimizer
    if isinstance(optimizer, optimizer_config.Decaying):
        optimizer = dataclasses.replace(optimizer, weight_decay=decay)
        training = dataclasses.replace(training, optimizer=optimizer)
    trial = Trial(dataclasses.replace(subject, training=training))
    losses = []
    for rate in rates:
        for _ in range(_EPOCHS):
            for first in range(0, train.size, training.batch_size):
                last = min(first + training.batch_size, train.size)
                trial.step(train.at(np.arange(first, last)), rate)
        outputs = trial.model(held_out.inputs, training=False)
        loss = float(subject.loss(held_out.targets, outputs))
        losses.append(loss if np.isfinite(loss) else np.inf)
        trial.restart()
    return losses
