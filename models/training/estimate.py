"""Fit a model by one pass over the train split, and survive being killed on the way."""

from __future__ import annotations

import logging
import os
import pathlib
import time
from collections.abc import Callable, Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf

from models import json_files
from models.estimator import Accumulator, Arrays, Estimator
from models.tasks.task import Objective
from models.tensor import Tensor
from models.training.callbacks import PROGRESS
from models.training.inputs import Batches

STATISTICS = "statistics.npz"
"""File of a pass that has begun; the next try continues it."""
_BATCHES = "batches"
_SAVED_EVERY = 30.0
"""Seconds of counting that a killed training may lose."""
_SHOWN_EVERY = 0.1
_LOGGER = logging.getLogger(__name__)

Soften = Callable[[Tensor], Tensor]


def fit(
    model: keras.Model,
    estimator: Estimator,
    objective: Objective,
    train: Batches,
    soften: Soften,
    validation: Batches,
    checkpoints_dir: str | pathlib.Path,
    logs_dir: str | pathlib.Path,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Fit a model, measure it on both splits and keep the figures.

    Called again with the same arguments after being killed, it continues with the batch after the
    last that was saved, and ends like an uninterrupted pass.

    Args:
        model: Maps the inputs of `train` to what the objective takes.
        estimator: What is counted, and the weights from it.
        objective: What is measured.
        train: Training split, in the same order each time.
        soften: Targets of a batch to those that the estimator takes, in a graph.
        validation: Validation split.
        checkpoints_dir: Of this training alone; keeps what was counted.
        logs_dir: `history.json` and TensorBoard's event files.
        clock: Seconds, from an arbitrary start.

    Returns:
        The model with its weights, compiled, and metric name (`loss`, `val_loss` and the
        objective's own) to one value, of the whole split.
    """
    path, logs_dir = pathlib.Path(checkpoints_dir) / STATISTICS, pathlib.Path(logs_dir)
    begun, first = _read(path)
    if first:
        _LOGGER.info("continuing after batch %d of %d", first, train.num_batches)
    total = estimator.begin(begun)
    saved = shown = clock()
    for done in count(model, estimator, train, soften, total, first):
        now = clock()
        if now - saved >= _SAVED_EVERY or done == train.num_batches:
            _write(path, total.arrays(), done)
            saved = now
        if now - shown >= _SHOWN_EVERY:
            _report("train", done, train.num_batches, {})
            shown = now
    model = estimator.settle(model, total.arrays())
    history = measure(model, objective, train, validation)
    _report("epoch", train.num_batches, train.num_batches, {k: v[0] for k, v in history.items()})
    _write_events(logs_dir, history)
    json_files.write_json(logs_dir / "history.json", history)
    return model, history


def count(
    model: keras.Model,
    estimator: Estimator,
    train: Batches,
    soften: Soften,
    total: Accumulator,
    done: int = 0,
) -> Iterator[int]:
    """Count the batches of the train split.

    Args:
        model: Whose estimator it is.
        estimator: What is counted.
        train: Training split, in the same order each time.
        soften: Targets of a batch to those that the estimator takes, in a graph.
        total: What counts them.
        done: Batches that an earlier try had counted.

    Yields:
        Number of batches that are counted.
    """
    statistics = estimator.statistics(model)
    counted = tf.function(
        lambda inputs, target: statistics(inputs, soften(target)), reduce_retracing=True
    )
    for inputs, target in train.epoch(0).skip(done):
        total.add({name: value.numpy() for name, value in counted(inputs, target).items()})
        done += 1
        yield done


def settle(model: keras.Model, estimator: Estimator, train: Batches, soften: Soften) -> keras.Model:
    """The model, fitted at one go, of which nothing is kept; see `fit`."""
    total = estimator.begin({})
    for _ in count(model, estimator, train, soften, total):
        pass
    return estimator.settle(model, total.arrays())


def measure(
    model: keras.Model, objective: Objective, train: Batches, validation: Batches
) -> dict[str, list[float]]:
    """Loss and metrics of both splits, those of the validation with `val_` before their names."""
    model.compile(loss=objective.loss, metrics=objective.metrics, jit_compile=False)
    return {
        f"{prefix}{name}": [float(value)]
        for prefix, split in (("", train), ("val_", validation))
        for name, value in model.evaluate(split.epoch(0), verbose=0, return_dict=True).items()
    }


def _read(path: pathlib.Path) -> tuple[Arrays, int]:
    if not path.is_file():
        return {}, 0
    with np.load(path) as arrays:
        found = dict(arrays)
    return found, int(found.pop(_BATCHES))


def _write(path: pathlib.Path, total: Arrays, done: int) -> None:
    """Replace the file at once: it is never half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    write: Callable[..., None] = np.savez  # Its own options are no names of ours.
    write(temporary, **total, **{_BATCHES: np.array(done)})
    temporary.replace(path)


def _report(stage: str, step: int, steps: int, numbers: Mapping[str, float]) -> None:
    place = {"counted": "pass", "epoch": 1, "epochs": 1, "step": step, "steps": steps}
    PROGRESS.info(
        "batch %d/%d %s",
        step,
        steps,
        " ".join(f"{name} {value:.4f}" for name, value in numbers.items()),
        extra={"progress": {"stage": stage, **place, **numbers}},
    )


def _write_events(logs_dir: pathlib.Path, history: Mapping[str, list[float]]) -> None:
    """Where and under which names Keras's callback puts them for TensorBoard."""
    for folder, prefix in (("train", ""), ("validation", "val_")):
        with tf.summary.create_file_writer(str(logs_dir / folder)).as_default():
            for name, (value,) in history.items():
                if name.startswith("val_") == bool(prefix):
                    tf.summary.scalar(f"epoch_{name.removeprefix(prefix)}", value, step=0)
