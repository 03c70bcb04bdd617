"""What of a model is trained, in a table."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

import keras

from models.finetuning import blocks, config
from models.finetuning.course import BACKBONE, Course


@dataclasses.dataclass(frozen=True)
class ListedLayer:
    """A layer of the head, or a part of the backbone."""

    name: str
    """Name of the layer, or of the part after `backbone/`."""
    parameters: int
    """Number of scalars."""
    trained: int
    """Number of scalars that training changes, at least in some epochs."""
    rate: str
    """`frozen`, or what the learning rate is multiplied by, from which epoch on."""


def rows(model: keras.Model, method: config.Method | None, epochs: int) -> list[ListedLayer]:
    """List everything that has weights, from the input to the output.

    Args:
        model: As its `build` gave it.
        method: How it is fine-tuned; None: as the model says.
        epochs: Epochs of the whole training.

    Raises:
        ValueError: If the training is too short for the method.
    """
    course = Course(model, method, epochs)
    parts = [(name, weights) for name, weights in _parts(model) if weights]
    trained: list[set[int]] = [set() for _ in parts]
    rates: list[list[tuple[int, str]]] = [[] for _ in parts]
    for phase in course.phases:
        course.enter(phase)
        trainable = {id(weight) for weight in model.trainable_weights}
        factors = course.rate_factors(phase)
        for index, (_, weights) in enumerate(parts):
            now = [id(weight) for weight in weights if id(weight) in trainable]
            trained[index].update(now)
            rate = f"{factors.get(now[0], 1.0):.3g} x" if now else "frozen"
            rates[index].append((phase.first, rate))
    return [
        ListedLayer(
            name,
            _count(weights),
            _count([weight for weight in weights if id(weight) in trained[index]]),
            _in_words(rates[index]),
        )
        for index, (name, weights) in enumerate(parts)
    ]


def _parts(model: keras.Model) -> Iterator[tuple[str, list[keras.Variable]]]:
    for layer in model.layers:
        # The layer that adds matrices of low rank has the pretrained model inside.
        inside = getattr(layer, "adapted", layer)
        if layer.name != BACKBONE:
            yield layer.name, layer.weights
            continue
        for part in blocks.split(inside).all:
            weights = [weight for one in part.layers for weight in one.weights]
            yield f"{BACKBONE}/{part.name}", weights
        if inside is not layer:
            known = {id(weight) for weight in inside.weights}
            added = [weight for weight in layer.weights if id(weight) not in known]
            yield f"{BACKBONE}/added matrices", added


def _in_words(rates: Sequence[tuple[int, str]]) -> str:
    changes = [next(same) for _, same in itertools.groupby(rates, key=lambda pair: pair[1])]
    return ", ".join(
        rate if epoch == 0 else f"from epoch {epoch + 1} {rate}" for epoch, rate in changes
    )


def _count(weights: Sequence[keras.Variable]) -> int:
    return sum(weight.value.shape.num_elements() for weight in weights)
