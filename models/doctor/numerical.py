"""Gradients against differences of the loss, CS231n, "Neural networks part 3: gradient checks"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.doctor.examined import Sample, Subject
from models.doctor.finding import Finding, drawable
from models.doctor.short_training import Trial

_EXAMPLES = 8
_MOST_LAYERS = 4
_TOLERANCE = 0.1
_FAR_OFF = 0.3
_SETTLED = 0.03
_CHANGE = 0.02  # Of the loss: far below its bends.
_MEASURABLE = 1e-4  # Of the loss: far above float32's rounding.
_LARGEST_MOVE = 0.05  # Of the weights' norm.
_SEED, _NUDGE = 0, 0.1


def numerical_gradients(subject: Subject, trial: Trial) -> Finding:
    """Move weights a little along their gradient; the loss must grow as the gradient says.

    All trained weights together, the first kernel (its gradient comes through every layer), and
    those of each layer that is not of Keras. In float32, so a difference that has not settled
    over two lengths of the step says nothing.
    """
    name, sample = "numerical_gradients", subject.sample.first(_EXAMPLES)
    weights = trial.model.trainable_variables
    _leave_kinks(weights)
    loss, gradients = _gradients(subject, trial.model, sample)
    ratios: dict[str, float | None] = {}
    for group, members in _groups(trial.model, weights).items():
        ratios[group] = _ratio(
            subject, trial.model, sample, loss, [(weights[i], gradients[i]) for i in members]
        )
    trial.restart()
    settled = {group: ratio for group, ratio in ratios.items() if ratio is not None}
    figures = {"groups": list(settled), "ratios": drawable(settled.values())}
    if not settled:
        evidence = "Differences of the loss are too coarse in float32 to compare gradients with."
        return Finding(name, "pass", evidence, figures=figures)
    group, ratio = max(settled.items(), key=lambda item: abs(item[1] - 1))
    evidence = (
        f"Along the gradient of {group} the loss changes {ratio:.3f} times as much as it says; "
        f"{len(settled)} of {len(ratios)} groups of weights were comparable."
    )
    if abs(ratio - 1) <= _TOLERANCE:
        return Finding(name, "pass", evidence, figures=figures)
    return Finding(
        name,
        "fail" if abs(ratio - 1) > _FAR_OFF else "warn",
        evidence,
        "A layer's gradient is not that of what it computes, so training goes astray; a gradient "
        "that is straightened on purpose looks the same.",
        "Look at custom gradients and `stop_gradient` in the layers of `model.kind`.",
        figures,
    )


def _leave_kinks(weights: Sequence[keras.Variable]) -> None:
    """Move fresh biases and offsets off their one value.

    With them at 0, an image's empty background gives exactly 0 to the ReLUs, where the loss has
    another slope to either side.
    """
    random = np.random.default_rng(_SEED)
    for weight in weights:
        value = weight.value.numpy()
        if value.ndim <= 1 and value.size and (value == value.flat[0]).all():
            weight.assign(value + random.normal(0, _NUDGE, value.shape))


def _groups(model: keras.Model, weights: Sequence[keras.Variable]) -> dict[str, list[int]]:
    """Places of the weights that are moved together, by a name for them."""
    place = {id(weight): index for index, weight in enumerate(weights)}
    groups = {"all weights": list(range(len(weights)))}
    first = next((i for i, weight in enumerate(weights) if len(weight.shape) >= 2), None)
    if first is not None:
        groups[weights[first].path] = [first]
    for layer in model._flatten_layers(include_self=False):
        own = [place[id(w)] for w in layer.trainable_weights if id(w) in place]
        is_ours = type(layer).__module__.split(".")[0] not in ("keras", "keras_hub")
        if own and is_ours and len(groups) < 2 + _MOST_LAYERS:
            groups[f"layer {layer.name}"] = own
    return groups


def _gradients(subject: Subject, model: keras.Model, sample: Sample) -> tuple[float, list[Any]]:
    """The loss as the model answers, and its gradients; zeros where there are none."""
    values = [weight.value for weight in model.trainable_variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        loss = subject.loss(sample.targets, model(sample.inputs, training=False))
    gradients = tape.gradient(loss, values, unconnected_gradients="zero")
    return float(loss), [tf.convert_to_tensor(gradient) for gradient in gradients]


def _ratio(
    subject: Subject, model: keras.Model, sample: Sample, loss: float, pairs: list[Any]
) -> float | None:
    """The change of the loss by what the gradient promises; None if it cannot be told."""
    length = float(tf.linalg.global_norm([gradient for _, gradient in pairs]))
    size = float(tf.linalg.global_norm([weight.value for weight, _ in pairs]))
    if not np.isfinite(length) or length == 0:
        return None
    longest = min(_CHANGE * loss / length, _LARGEST_MOVE * max(size, 1e-3))
    steps = (longest, longest / 4)
    if steps[-1] * length < _MEASURABLE * loss:
        return None
    before = [weight.value.numpy() for weight, _ in pairs]

    def moved(distance: float) -> float:
        for (weight, gradient), value in zip(pairs, before, strict=True):
            weight.assign(value + distance / length * gradient)
        return float(subject.loss(sample.targets, model(sample.inputs, training=False)))

    ratios = [(moved(step) - moved(-step)) / (2 * step * length) for step in steps]
    for (weight, _), value in zip(pairs, before, strict=True):
        weight.assign(value)
    is_settled = abs(ratios[0] - ratios[1]) <= _SETTLED * max(map(abs, ratios))
    return ratios[-1] if is_settled else None
