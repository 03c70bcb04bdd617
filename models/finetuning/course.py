"""What of a pretrained model is trained in which epochs, and at which rate."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import keras

from models.finetuning import blocks, config

BACKBONE = "backbone"
"""Name of the layer of a model that is pretrained; all other layers are its head."""

# Stochastic depth has no class of its own in Keras; networks bring theirs.
_DROPS_PATHS = re.compile("DropPath|StochasticDepth")
_PATH_RATES = ("rate", "drop_prob", "drop_path_rate")


@dataclasses.dataclass(frozen=True)
class Phase:
    """Epochs in which the same layers are trained."""

    first: int
    """First epoch, from 0."""
    last: int
    """Epoch after the last one."""
    parts: int | None = None
    """Number of parts of the backbone that are trained, counted from the output; None: those
    that were when the model was built."""
    rate_factor: float = 1.0
    """What all learning rates are multiplied by."""


class Course:
    """The phases of a fine-tuning, and the model going through them.

    Args:
        model: As its `build` gave it.
        method: How it is fine-tuned; None, or a model without a layer named `backbone`: one phase
            that trains what the model says.
        epochs: Epochs of the whole training, at least 1.

    Raises:
        ValueError: If the training is too short for the method.
    """

    def __init__(self, model: keras.Model, method: config.Method | None, epochs: int) -> None:
        self._model = model
        self._blocks = None
        self._decay = method.layer_decay if isinstance(method, config.LayerDecay) else 1.0
        named = {layer.name: layer for layer in model.layers}
        if method is not None and BACKBONE in named and not isinstance(method, config.LoRA):
            self._blocks = blocks.split(named[BACKBONE])
        # Freezing switches dropout off, thawing needs to know what it was.
        self._rates = [(part, field, getattr(part, field)) for part, field in self._noises()]
        self.phases = tuple(self._plan(method, epochs))

    def phase_of(self, epoch: int) -> Phase:
        """The phase that an epoch lies in."""
        return next(phase for phase in self.phases if phase.first <= epoch < phase.last)

    def enter(self, phase: Phase) -> None:
        """Train what a phase trains; the model must be compiled after it."""
        if self._blocks is None or phase.parts is None:
            return
        parts = self._blocks.all
        first = len(parts) - phase.parts
        for number, part in enumerate(parts):
            for layer in part.layers:
                layer.trainable = number >= first
        for noise, field, rate in self._rates:
            setattr(noise, field, rate)
        for part in parts[:first]:
            silence(part.layers)

    def rate_factors(self, phase: Phase) -> dict[int, float]:
        """Factor of the learning rate by `id` of a weight, for weights whose factor is not 1."""
        factors = {id(weight): phase.rate_factor for weight in self._model.weights}
        if self._blocks is not None and self._decay < 1:
            parts = self._blocks.all
            for depth, part in enumerate(reversed(parts)):
                for layer in part.layers:
                    for weight in layer.weights:
                        # What follows the blocks learns like the head.
                        factors[id(weight)] = phase.rate_factor * self._decay**depth
        return {key: factor for key, factor in factors.items() if factor != 1}

    def _plan(self, method: config.Method | None, epochs: int) -> Iterator[Phase]:
        if self._blocks is None:
            return iter([Phase(0, epochs)])
        parts = self._blocks.all
        # Layers without weights in front of the blocks are not worth a phase.
        count = len(parts) - (not any(layer.weights for layer in parts[0].layers))
        if isinstance(method, config.HeadFirst):
            return _head_first(method, epochs, count)
        if isinstance(method, config.Gradual):
            return _gradual(method, epochs, count)
        return iter([Phase(0, epochs)])

    def _noises(self) -> Iterator[tuple[keras.layers.Layer, str]]:
        parts = () if self._blocks is None else self._blocks.all
        return _noises(layer for part in parts for layer in part.layers)


def silence(layers: tuple[keras.layers.Layer, ...]) -> None:
    """Switch off the dropout of frozen layers, that of whole paths included.

    There is nothing to regularise, and the noise would only blur the features that the trained
    part sees.
    """
    for noise, field in _noises(iter(layers)):
        setattr(noise, field, 0.0)


def _noises(layers: Iterator[keras.layers.Layer]) -> Iterator[tuple[keras.layers.Layer, str]]:
    """The layers that drop something in training, each with the name of its rate."""
    for layer in layers:
        # The dropout of a Hub module is inside its function.
        parts = layer._flatten_layers() if isinstance(layer, keras.layers.Layer) else ()
        for part in parts:
            if isinstance(part, keras.layers.Dropout):
                yield part, "rate"
            elif _DROPS_PATHS.search(type(part).__name__):
                yield from ((part, field) for field in _PATH_RATES if hasattr(part, field))


def _head_first(method: config.HeadFirst, epochs: int, count: int) -> Iterator[Phase]:
    method.check_length(epochs)
    yield Phase(0, method.head_epochs, parts=0)
    yield Phase(method.head_epochs, epochs, parts=count, rate_factor=method.rate_factor)


def _gradual(method: config.Gradual, epochs: int, count: int) -> Iterator[Phase]:
    """One more block per phase; what follows the blocks comes with the last of them."""
    method.check_length(epochs)
    yield Phase(0, method.block_epochs, parts=0)
    for parts in range(2, count + 1):
        first = (parts - 1) * method.block_epochs
        is_last = parts == count
        if first < epochs:
            last = epochs if is_last else min(first + method.block_epochs, epochs)
            yield Phase(first, last, parts=parts)
