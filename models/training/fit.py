"""Train a model: compile, run the epochs, survive being killed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import math
import pathlib
from collections.abc import Callable, Mapping

import keras

from models import json_files
from models.finetuning import config as finetuning
from models.finetuning.course import Course, Phase
from models.layers import cudnn, trim_padding
from models.tasks.task import Objective
from models.training import callbacks, optimizers
from models.training.averaging import AveragedWeights
from models.training.checkpoint import Checkpoints, State
from models.training.config import TrainingConfig
from models.training.inputs import Batches

_LOGGER = logging.getLogger(__name__)


def fit(
    model: keras.Model,
    objective: Callable[[], Objective],
    train: Batches,
    validation: Batches | None,
    training: TrainingConfig,
    checkpoints_dir: str | pathlib.Path,
    logs_dir: str | pathlib.Path,
    class_weights: Mapping[int, float] | None = None,
    fine_tuning: finetuning.Method | None = None,
) -> dict[str, list[float]]:
    """Train a model.

    Call `keras.utils.set_random_seed(training.seed)` before building the model: then two runs on
    the same CPU are equal. Called again with the same arguments after being killed, it continues
    after the last finished epoch and ends like an uninterrupted run, but for the dropout inside Hub
    modules, whose noise begins anew.

    Args:
        model: Maps the inputs of `train` to what the objective takes; it is compiled here.
        objective: Makes what is minimised and watched, anew for each phase.
        train: Training split.
        validation: Validation split; None trains without, and forbids early stopping.
        training: Epochs, optimizer, schedule and so on.
        checkpoints_dir: Weights and state of the last and the best epoch.
        logs_dir: `history.json` and TensorBoard's event files.
        class_weights: Factor of each class's loss, see `models/tasks/weighting.py`; None: 1.
        fine_tuning: When and at which rates the layer `backbone` is trained; None: as the model's
            `build` left it. Each phase begins with a fresh optimizer; the schedule goes on.

    Returns:
        Metric name (`loss`, `val_loss` and the objective's own) to one value per epoch. The model
        has the best epoch's weights with early stopping, otherwise the last epoch's; with
        `averaging`, their moving average.

    Raises:
        ValueError: If early stopping is asked for without a validation split, `fine_tuning` needs
            more epochs, one of its phases is shorter than `training.accumulate`, or batches are too
            small for the devices that share them.
        FloatingPointError: If the training loss becomes infinite or not a number, or if the
            validation loss is so after the epoch whose weights are kept.
    """
    if training.early_stopping and validation is None:
        raise ValueError(
            "`training.early_stopping` looks at the eval split, and there is none. Received: "
            f"early_stopping with patience={training.early_stopping.patience}. Add eval rows to "
            "`data.split`, or leave out `early_stopping`."
        )
    replicas = model.distribute_strategy.num_replicas_in_sync
    train = train.shared_by(replicas)
    validation = validation and validation.shared_by(replicas)
    checkpoints_dir, logs_dir = pathlib.Path(checkpoints_dir), pathlib.Path(logs_dir)
    course = Course(model, fine_tuning, training.epochs)
    checkpoints = Checkpoints(checkpoints_dir, _fingerprint(model, train, training, fine_tuning))
    run = _Run(model, objective, training, course, checkpoints, train.num_batches)
    for phase in course.phases:
        if not run.begin(phase):
            continue
        first = checkpoints.state.epochs_done
        model.fit(
            train.epochs(first, phase.last),
            steps_per_epoch=train.num_batches,
            initial_epoch=first,
            epochs=phase.last,
            validation_data=validation.epoch() if validation else None,
            callbacks=[
                callbacks.SeedEpoch(training.seed, train.num_batches),
                callbacks.StopOnNaN(training.learning_rate),
                callbacks.Progress(training.epochs, train.num_batches),
                callbacks.SaveEpoch(checkpoints, run.is_stopped),
                keras.callbacks.TensorBoard(logs_dir, write_graph=False),
                *run.averaging,
            ],
            class_weight=dict(class_weights) if class_weights else None,
            shuffle=False,  # The batches come shuffled.
            verbose=0,
        )
    run.end()
    cudnn.allow(model, False)
    json_files.write_json(logs_dir / "history.json", checkpoints.state.history)
    return checkpoints.state.history


def compile_model(
    model: keras.Model,
    objective: Objective,
    training: TrainingConfig,
    steps: int,
    first: int = 0,
    rate_factors: Mapping[int, float] | None = None,
) -> None:
    """Compile a model.

    Args:
        model: Gives what the objective takes.
        objective: What is minimised and watched.
        training: Optimizer, schedule and clipping.
        steps: Steps of the whole training.
        first: Step of the whole training that comes next.
        rate_factors: Factor of the learning rate by `id` of a weight; others have 1.
    """
    if training.xla:
        trim_padding.keep_padding(model)
    cudnn.allow(model, not training.xla)
    model.compile(
        optimizer=optimizers.build(training, steps, first, rate_factors),
        loss=objective.loss,
        metrics=objective.metrics,
        jit_compile=training.xla,
    )


def begin_phase(
    model: keras.Model,
    objective: Objective,
    course: Course,
    phase: Phase,
    training: TrainingConfig,
    num_batches: int,
) -> list[AveragedWeights]:
    """Train what a phase trains, and compile with a fresh optimizer.

    Args:
        model: The model of `course`.
        objective: What is minimised and watched.
        course: Phases of its fine-tuning.
        phase: One of them.
        training: Optimizer, schedule and clipping.
        num_batches: Steps of an epoch.

    Returns:
        Callbacks of the phase: with `averaging` what keeps the average.

    Raises:
        ValueError: If a phase ends before `training.accumulate` steps make one update.
    """
    _check_updates(course, training, num_batches)
    course.enter(phase)
    compile_model(
        model,
        objective,
        training,
        training.epochs * num_batches,
        phase.first * num_batches,
        course.rate_factors(phase),
    )
    model.optimizer.build(model.trainable_variables)
    if training.averaging is None:
        return []
    # The average moves at every step, also those that only accumulate.
    return [AveragedWeights(model, training.averaging ** (1 / training.accumulate))]


def _check_updates(course: Course, training: TrainingConfig, num_batches: int) -> None:
    """Refuse phases that would train nothing, because gradients are not kept beyond them."""
    for phase in course.phases:
        steps = (phase.last - phase.first) * num_batches
        if steps < training.accumulate:
            raise ValueError(
                f"`training.accumulate: {training.accumulate}` makes one update of as many batches,"
                f" but epochs {phase.first + 1} to {phase.last}, which are trained on their own, "
                f"have {steps} ({num_batches} in each): they would train nothing. Lower "
                f"`accumulate` to {steps} or less, lower `training.batch_size`, or let these "
                "epochs be more: `training.epochs`, or `head_epochs` or `block_epochs` of "
                "`model.fine_tuning`."
            )


class _Run:
    """A training on its way through the phases of its fine-tuning."""

    def __init__(
        self,
        model: keras.Model,
        objective: Callable[[], Objective],
        training: TrainingConfig,
        course: Course,
        checkpoints: Checkpoints,
        num_batches: int,
    ) -> None:
        self._model = model
        self._objective = objective
        self._training = training
        self._course = course
        self._checkpoints = checkpoints
        self._num_batches = num_batches
        self.averaging: list[AveragedWeights] = []
        """What keeps the average in this phase, if anything does."""
        stopping = training.early_stopping
        self._patience = stopping.patience if stopping else None

    def begin(self, phase: Phase) -> bool:
        """Make the model ready for what is left of a phase; False if nothing is."""
        state = self._checkpoints.state
        if state.epochs_done >= phase.last or self.is_stopped(state):
            return False
        self._enter(phase)
        if state.epochs_done:
            self._checkpoints.restore_weights(self._model, state.epochs_done - 1)
        if state.epochs_done > phase.first:
            _LOGGER.info(
                "continuing after epoch %d of %d", state.epochs_done, self._training.epochs
            )
            self._checkpoints.restore_optimizer(self._model, state.epochs_done - 1)
        return True

    def is_stopped(self, state: State) -> bool:
        """Whether the loss has not fallen for too long, counted anew in the last phase."""
        first = self._course.phases[-1].first
        return self._patience is not None and state.epochs_without_gain(first) >= self._patience

    def end(self) -> None:
        """Give the model what the training leaves it with."""
        state = self._checkpoints.state
        kept = state.epochs_done - 1 if self._patience is None else state.best_epoch
        _check_finite(state, kept)
        phase, last = self._course.phase_of(kept), self._course.phases[-1]
        self._enter(phase)
        self._checkpoints.restore_weights(self._model, kept)
        self._checkpoints.restore_optimizer(self._model, kept)
        for average in self.averaging:
            average.keep()
        if phase is not last:
            self._enter(last)

    def _enter(self, phase: Phase) -> None:
        self.averaging = begin_phase(
            self._model,
            self._objective(),
            self._course,
            phase,
            self._training,
            self._num_batches,
        )


def _check_finite(state: State, kept: int) -> None:
    """Refuse to keep weights whose validation loss is no number; the training's may be one."""
    loss = state.history.get("val_loss", [0.0] * (kept + 1))[kept]
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"The validation loss is {loss} after epoch {kept + 1}, whose weights would be kept, "
            "though the training loss is a number. Try `training.precision: float32`, or a lower "
            "`training.learning_rate`."
        )


def _fingerprint(
    model: keras.Model,
    train: Batches,
    training: TrainingConfig,
    fine_tuning: finetuning.Method | None,
) -> str:
    """Identify what must not change if a training is to be continued."""
    content = [
        dataclasses.asdict(training),
        dataclasses.asdict(fine_tuning) if fine_tuning else None,
        train.num_examples,
        [(list(weight.shape), weight.trainable) for weight in model.weights],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
