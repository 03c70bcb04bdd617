"""What flows through the layers of an untrained model: spread, dead ReLUs, saturation.

Glorot and Bengio (2010), figures 2 to 7; He et al. (2015), arXiv:1502.01852, section 2.2.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.doctor.examined import BACKBONE, Subject
from models.doctor.finding import Finding, Verdict, drawable

_LARGE_MEAN = 5.0
_OFF_CENTRE = 0.25
_FAINT = 1e-4
_LOUD = 50.0
_TOO_LOUD = 1000.0
_EDGE = 0.02


@dataclasses.dataclass(frozen=True)
class Activation:
    """What one layer made of the sample, the first time it was called."""

    name: str
    """Name of the layer."""
    mean: float
    """Mean of its output."""
    std: float
    """Standard deviation of its output."""
    input_mean: float | None
    """Mean of its input; None if that is no array of floats, such as token ids."""
    input_std: float | None
    """Standard deviation of its input; None likewise."""
    has_kernel: bool
    """Whether the layer multiplies its input by a matrix of weights."""
    is_pretrained: bool
    """Whether it lies in the layer `backbone`."""
    dead: float | None
    """Share of its units that are 0 for all examples; None if it is no ReLU."""
    saturated: float | None
    """Share of values near the ends of a sigmoid or tanh; None if it is neither."""


def activations(subject: Subject) -> list[Activation]:
    """Run the sample through the model, layer by layer, in the order of computation."""
    model = subject.model
    pretrained = {
        id(part)
        for layer in model.layers
        if layer.name == BACKBONE
        for part in layer._flatten_layers()
    }
    seen: list[Activation] = []
    with _watched(list(_leaves(model)), seen, pretrained):
        subject.answer_as_in_training()
    return seen


def activation_spread(subject: Subject, seen: Sequence[Activation]) -> Finding:
    """Check that signals neither die out nor blow up, and that pixels come centred."""
    name = "activation_spread"
    figures = {
        "layers": [a.name for a in seen],
        "mean": drawable(a.mean for a in seen),
        "std": drawable(a.std for a in seen),
    }
    own = [a for a in seen if a.has_kernel and not a.is_pretrained]
    if not own:
        return Finding(name, "pass", "All layers with kernels are pretrained.", figures=figures)
    first, last = own[0], own[-1]
    widest = max(own, key=lambda a: a.std if np.isfinite(a.std) else np.inf)
    evidence = (
        f"Standard deviations of {len(own)} layers with kernels run from {first.std:.2g} "
        f"({first.name}) to {last.std:.2g} ({last.name}), at most {widest.std:.2g} "
        f"({widest.name})"
    )
    if first.input_mean is not None:
        evidence += (
            f"; the first one's input has the mean {first.input_mean:.2g} and the deviation "
            f"{first.input_std:.2g}"
        )
    evidence += "."
    cause = _unscaled(first) or _lost(own) or _blown_up(own, widest)
    if cause is None:
        return Finding(name, "pass", evidence, figures=figures)
    verdict, meaning, fix = cause
    return Finding(name, verdict, evidence, meaning, fix, figures)


def dead_relus(subject: Subject, seen: Sequence[Activation]) -> Finding:
    """Count units behind a ReLU that no example of the sample switches on."""
    return _share(
        "dead_relus",
        [(a.name, a.dead) for a in seen if a.dead is not None],
        "has {0:.0%} units that are 0 for every example",
        "Such units get no gradient and never learn.",
        "Use `model.recipe.initializer: he_normal`, a lower `training.learning_rate`, or "
        "`model.recipe.activation: leaky_relu`.",
        (0.8, 0.95),
    )


def saturation(subject: Subject, seen: Sequence[Activation]) -> Finding:
    """Count outputs of sigmoids and tanhs where these are flat."""
    return _share(
        "saturation",
        [(a.name, a.saturated) for a in seen if a.saturated is not None],
        f"has {{0:.0%}} values within {_EDGE:.0%} of the ends of its range",
        "There the slope is almost 0, so that gradients stop.",
        "Use `model.recipe.initializer: glorot_uniform`, `model.recipe.normalization`, or "
        "`model.recipe.activation: relu`.",
        (0.5, 0.8),
    )


def _share(
    name: str,
    shares: list[tuple[str, float]],
    phrase: str,
    meaning: str,
    fix: str,
    limits: tuple[float, float],
) -> Finding:
    """Judge the layer with the highest share."""
    figures = {"layers": [layer for layer, _ in shares], "share": [s for _, s in shares]}
    if not shares:
        return Finding(name, "pass", "The model has no such activation.", figures=figures)
    layer, highest = max(shares, key=lambda item: item[1])
    evidence = f"Of {len(shares)} layers, {layer!r} {phrase.format(highest)}."
    warn, fail = limits
    if highest <= warn:
        return Finding(name, "pass", evidence, figures=figures)
    return Finding(name, "fail" if highest > fail else "warn", evidence, meaning, fix, figures)


def _unscaled(first: Activation) -> tuple[Verdict, str, str] | None:
    if first.input_mean is None:
        return None
    mean, std = abs(first.input_mean), first.input_std or 0.0
    # Images less their mean may be large, but they lie around 0.
    if mean < _LARGE_MEAN or mean < _OFF_CENTRE * std:
        return None
    return (
        "fail",
        "The first layer gets numbers far from 0 all on one side, such as pixels from 0 to 255: "
        "the gradients of its kernels share a sign and are large (LeCun et al. 1998, "
        '"Efficient BackProp", section 4.3).',
        "Set `model.pixels: unit` or `standardize`.",
    )


def _lost(own: Sequence[Activation]) -> tuple[Verdict, str, str] | None:
    silent = [a.name for a in own if a.std == 0]
    if own[-1].std > _FAINT * own[0].std and len(silent) < len(own) / 2:
        return None
    return (
        "fail",
        f"Signals die out on their way ({len(silent)} layers give one constant): the model "
        "cannot tell examples apart, and gradients vanish as well.",
        "Use `model.recipe.initializer: he_normal` (glorot_uniform for sigmoid and tanh), "
        "`model.recipe.normalization`, or fewer layers.",
    )


def _blown_up(own: Sequence[Activation], widest: Activation) -> tuple[Verdict, str, str] | None:
    # The input's own scale is no fault of the layers.
    given = own[0].input_std
    scale = max(given, 1.0) if given is not None and np.isfinite(given) else 1.0
    growth = widest.std / scale
    if growth <= _LOUD:
        return None
    return (
        "warn" if growth <= _TOO_LOUD else "fail",
        "Signals grow from layer to layer: the first steps will throw the weights far off.",
        "Use `model.recipe.initializer: he_normal` or a smaller `initializer_std`, or add "
        "`model.recipe.normalization`.",
    )


def _leaves(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Layers that compute something; not the steps of a recurrent layer, of which there are many.

    A model in a model passes on what its layers give.
    """
    for layer in model._flatten_layers(include_self=False):
        is_silent = isinstance(layer, keras.Model | keras.layers.InputLayer | keras.layers.Dropout)
        if not is_silent and not hasattr(layer, "state_size"):
            yield layer


@contextlib.contextmanager
def _watched(
    layers: Sequence[keras.layers.Layer], seen: list[Activation], pretrained: set[int]
) -> Iterator[None]:
    """Note what layers give.

    Their `call` is wrapped: layers of inner models are not reachable through a model of outputs.
    """
    noted: set[int] = set()

    def wrap(layer: keras.layers.Layer, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            output = call(*arguments, **options)
            # Layers of a hub's module run in graphs; only what has a value is measured.
            if id(layer) not in noted and _is_measurable(output):
                noted.add(id(layer))
                given = arguments[0] if arguments else None
                seen.append(_measure(layer, given, output, id(layer) in pretrained))
            return output

        return wrapped

    for layer in layers:
        layer.call = wrap(layer, layer.call)
    try:
        yield
    finally:
        for layer in layers:
            del layer.call


def _is_measurable(value: Any) -> bool:
    return (
        isinstance(value, tf.Tensor)
        and hasattr(value, "numpy")
        and value.dtype.is_floating
        and value.shape.rank >= 2
    )


def _measure(
    layer: keras.layers.Layer, given: Any, output: tf.Tensor, is_pretrained: bool
) -> Activation:
    values = output.numpy().astype("float32")
    before = given.numpy().astype("float32") if _is_measurable(given) else None
    with np.errstate(all="ignore"):  # What is infinite shows as such.
        return Activation(
            name=layer.name,
            mean=float(values.mean()),
            std=float(values.std()),
            input_mean=None if before is None else float(before.mean()),
            input_std=None if before is None else float(before.std()),
            has_kernel=_has_kernel(layer),
            is_pretrained=is_pretrained,
            dead=_dead(layer, values),
            saturated=_saturated(layer, values),
        )


def _has_kernel(layer: keras.layers.Layer) -> bool:
    """A mean image that is subtracted is none: it never trains."""
    weights = layer.trainable_weights if layer.trainable else layer.weights
    return any(len(weight.shape) >= 2 for weight in weights)


def _activation(layer: keras.layers.Layer) -> str:
    if isinstance(layer, keras.layers.ReLU) and not layer.negative_slope:
        return "relu"
    if hasattr(layer, "state_size") or isinstance(layer, keras.layers.RNN):
        return ""
    return getattr(getattr(layer, "activation", None), "__name__", "")


def _dead(layer: keras.layers.Layer, values: np.ndarray) -> float | None:
    if _activation(layer) != "relu":
        return None
    return float((values.reshape(-1, values.shape[-1]) <= 0).all(0).mean())


def _saturated(layer: keras.layers.Layer, values: np.ndarray) -> float | None:
    ends = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}.get(_activation(layer))
    if ends is None:
        return None
    low, high = ends
    edge = _EDGE * (high - low)
    return float(((values < low + edge) | (values > high - edge)).mean())
