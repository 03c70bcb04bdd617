"""Train a model: compile, run the epochs, survive being killed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import pathlib
from collections.abc import Mapping

import keras

from models.training import callbacks, files, losses, optimizers
from models.training.checkpoint import Checkpoints
from models.training.config import TrainingConfig
from models.training.inputs import Batches

_LOGGER = logging.getLogger(__name__)


def fit(
    model: keras.Model,
    train: Batches,
    validation: Batches | None,
    training: TrainingConfig,
    checkpoints_dir: str | pathlib.Path,
    logs_dir: str | pathlib.Path,
    class_weights: Mapping[int, float] | None = None,
) -> dict[str, list[float]]:
    """Train a classifier whose output is logits.

    Call `keras.utils.set_random_seed(training.seed)` before building the model: then two runs on
    the same CPU are equal. Called again with the same arguments after being killed, it continues
    after the last finished epoch and ends like an uninterrupted run.

    Args:
        model: Maps the inputs of `train` to logits; it is compiled here.
        train: Training split.
        validation: Validation split; None trains without, and forbids early stopping.
        training: Epochs, optimizer, schedule and so on.
        checkpoints_dir: Weights and state of the last and the best epoch.
        logs_dir: `history.json` and TensorBoard's event files.
        class_weights: Factor of each class's loss, see `models/training/weighting.py`; None: 1.

    Returns:
        Metric name (`loss`, `accuracy`, `val_loss`, `val_accuracy`) to one value per epoch. The
        model has the best epoch's weights with early stopping, otherwise the last epoch's; with
        `averaging`, their moving average.

    Raises:
        ValueError: If early stopping is asked for without a validation split.
        FloatingPointError: If the loss becomes infinite or not a number.
    """
    if training.early_stopping and validation is None:
        raise ValueError(
            "`training.early_stopping` needs a validation split, and there is none. "
            "Add one to `data.split`, or leave out `early_stopping`."
        )
    checkpoints_dir, logs_dir = pathlib.Path(checkpoints_dir), pathlib.Path(logs_dir)
    compile_classifier(model, training, training.epochs * train.num_batches)
    checkpoints = Checkpoints(checkpoints_dir, _fingerprint(model, train, training))
    patience = training.early_stopping.patience if training.early_stopping else None

    first = checkpoints.state.epochs_done
    if first:
        _LOGGER.info("continuing after epoch %d of %d", first, training.epochs)
        checkpoints.restore_last(model)
    is_stopped = patience is not None and first and checkpoints.state.epochs_since_best >= patience
    if first < training.epochs and not is_stopped:
        model.fit(
            train.epochs(first, training.epochs),
            steps_per_epoch=train.num_batches,
            initial_epoch=first,
            epochs=training.epochs,
            validation_data=validation.epoch() if validation else None,
            callbacks=[
                callbacks.SeedEpoch(training.seed, train.num_batches),
                callbacks.StopOnNaN(training.learning_rate),
                callbacks.Progress(training.epochs, train.num_batches),
                callbacks.SaveEpoch(checkpoints, patience),
                keras.callbacks.TensorBoard(logs_dir, write_graph=False),
                *([keras.callbacks.SwapEMAWeights()] if training.averaging else []),
            ],
            class_weight=dict(class_weights) if class_weights else None,
            shuffle=False,  # The batches come shuffled.
            verbose=0,
        )
    if patience is not None:
        checkpoints.restore_best(model)
    elif training.averaging:
        # Keras has put the average into the model; start from what the last epoch left.
        checkpoints.restore_last(model)
    if training.averaging:
        _averaging_optimizer(model).finalize_variable_values(model.trainable_variables)
    files.write_json(logs_dir / "history.json", checkpoints.state.history)
    return checkpoints.state.history


def compile_classifier(model: keras.Model, training: TrainingConfig, steps: int) -> None:
    """Compile with cross-entropy of logits and accuracy.

    Args:
        model: Its output is logits `(batch, num_classes)`.
        training: Optimizer, schedule and clipping.
        steps: Steps of the whole training.
    """
    model.compile(
        optimizer=optimizers.build(training, steps),
        loss=losses.build(training.label_smoothing),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=training.xla,
    )


def _averaging_optimizer(model: keras.Model) -> keras.optimizers.Optimizer:
    """The optimizer that keeps the average; half precision wraps it in one that scales losses."""
    return getattr(model.optimizer, "inner_optimizer", model.optimizer)


def _fingerprint(model: keras.Model, train: Batches, training: TrainingConfig) -> str:
    """Identify what must not change if a training is to be continued."""
    content = [
        dataclasses.asdict(training),
        train.num_examples,
        [(list(weight.shape), weight.trainable) for weight in model.weights],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
