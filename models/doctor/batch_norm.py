"""Whether batch normalisation uses the batch when it trains, and its memory when it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from models.doctor.examined import Subject
from models.doctor.finding import Finding

_WRONG = {
    (True, True): "follows the batch in inference",
    (True, False): "follows the batch in inference",
    (False, True): "is frozen, but follows the batch",
    (False, False): "does not follow the batch in training",
}
_SMALL_BATCH = 8


def batch_norm_mode(subject: Subject) -> Finding:
    """Run one batch in each mode and see which moving statistics follow it.

    Trainable layers must move in training only; frozen ones never (Keras's transfer learning
    guide: they run in inference mode).
    """
    model, name = subject.model, "batch_norm_mode"
    layers = subject.batch_norms
    if not layers:
        return Finding(name, "pass", "The model has no batch normalisation.")
    with subject.statistics_kept():
        at_rest = _moved(layers, model, subject, training=False)
        in_training = _moved(layers, model, subject, training=True)
    wrong = [
        f"{layer.name!r} {_WRONG[rest, train]}"
        for layer, rest, train in zip(layers, at_rest, in_training, strict=True)
        if rest or train != layer.trainable
    ]
    figures = {"layers": len(layers), "wrong": len(wrong)}
    if wrong:
        return Finding(
            name,
            "fail",
            f"{len(wrong)} of {len(layers)} layers are in the wrong mode: {', '.join(wrong[:3])}.",
            "The model answers with other statistics than it was trained with, so its accuracy "
            "in use will be far below that in training.",
            "Pass `training` on to the layers of the model, and set no `training=` in `build`.",
            figures,
        )
    evidence = f"{len(layers)} layers follow the batch in training, if trained, and never else."
    if subject.training.batch_size >= _SMALL_BATCH or not any(in_training):
        return Finding(name, "pass", evidence, figures=figures)
    return Finding(
        name,
        "warn",
        f"{evidence} A batch has {subject.training.batch_size} examples.",
        "Statistics of so few examples are noise (Wu and He 2018, figure 1).",
        f"Raise `training.batch_size` to at least {_SMALL_BATCH}, or use "
        "`model.recipe.normalization: layer`.",
        figures,
    )


def _moved(
    layers: Sequence[Any], model: keras.Model, subject: Subject, *, training: bool
) -> list[bool]:
    before = [_statistics(layer) for layer in layers]
    model(subject.sample.inputs, training=training)
    return [
        not np.array_equal(old, _statistics(layer))
        for old, layer in zip(before, layers, strict=True)
    ]


def _statistics(layer: keras.layers.BatchNormalization) -> np.ndarray:
    """Both: the mean of what is always zero stays where it starts."""
    return np.stack([np.array(layer.moving_mean), np.array(layer.moving_variance)])
