"""One trial of a search: train a model with some fields of the config replaced."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Sequence
from typing import Any

import filelock
import keras
import keras_tuner

from models import json_files, zoo
from models.finetuning.course import Course
from models.training import callbacks as training_callbacks
from models.training import estimate, fit, placement
from models.training.averaging import AveragedWeights
from models.training.config import TrainingConfig
from models.tuning import space
from models.tuning.config import TuningConfig
from pipeline import paths
from pipeline.config import loading
from pipeline.config.sections import LearnerConfig
from pipeline.modules import learner as learners


@dataclasses.dataclass(frozen=True)
class Job:
    """What a process must know to run trials of a search."""

    learner: str
    """The learner's config, JSON."""
    resumable: str
    """Folder of what an unfinished run left."""
    transform_graph: str
    """Folder of the Transform's output."""
    train_files: tuple[str, ...]
    """Patterns of the train split's files."""
    eval_files: tuple[str, ...]
    """Patterns of the eval split's files."""
    folder: str
    """Folder of the search."""

    @property
    def config(self) -> LearnerConfig:
        """The learner's config."""
        return loading.load_learner(self.learner)

    @property
    def tuning(self) -> TuningConfig:
        """What is searched."""
        tuning = self.config.tuning
        if tuning is None:
            raise TypeError("A search is of a config with `tuning`. Received: a config without it.")
        return tuning

    def write(self, path: pathlib.Path) -> None:
        """Keep it for another process."""
        json_files.write_json(path, dataclasses.asdict(self))

    @classmethod
    def read(cls, path: pathlib.Path) -> Job:
        """Read what `write` wrote."""
        fields = json.loads(path.read_text("utf-8"))
        train_files, eval_files = fields.pop("train_files"), fields.pop("eval_files")
        return cls(train_files=tuple(train_files), eval_files=tuple(eval_files), **fields)


def search_name(custom_config: dict[str, str], transform_graph: str) -> str:
    """Name of a search: covers what its results depend on, so not the number of workers."""
    learner = json.loads(custom_config["learner"])
    del learner["tuning"]["workers"]
    told = custom_config | {"learner": json.dumps(learner)}  # In its order, which a grid follows.
    content = json.dumps([told, transform_graph], sort_keys=True)
    return paths.SEARCH + hashlib.sha256(content.encode()).hexdigest()[:16]


def hypermodel(job: Job) -> Trial | CountedTrial:
    """What builds and fits the models of a search."""
    is_counted = zoo.MODELS[job.config.model.kind].estimator is not None
    return CountedTrial(job) if is_counted else Trial(job)


class CountedTrial(keras_tuner.HyperModel):
    """Builds the model of a trial, and fits it by one pass over the train split.

    Args:
        job: The data and the config whose fields are replaced.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(name="trial")
        self._job = job
        self._built: learners.Learner | None = None

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """The model of a trial, whose weights are not counted yet."""
        self._built = _prepare(self._job, hp)
        return self._built.build("float32")

    def fit(
        self, hp: keras_tuner.HyperParameters, model: keras.Model, **_: Any
    ) -> keras.callbacks.History:
        """Count one trial.

        Args:
            hp: Values of the trial, those of the last `build`.
            model: What `build` returned last.
        """
        learner, self._built = self._built, None
        estimator = None if learner is None else learner.estimator()
        if learner is None or estimator is None:
            raise RuntimeError("`fit` counts for what `build` returned last: call `build` first.")
        train = learner.batches(self._job.train_files, shuffled=False)
        evaluation = learner.batches(self._job.eval_files, shuffled=False)
        model = estimate.settle(model, estimator, train, learner.counted)
        history = keras.callbacks.History()
        history.epoch = [0]
        history.history = estimate.measure(model, learner.objective(), train, evaluation)
        return history


class Trial(keras_tuner.HyperModel):
    """Builds the model of a trial, and trains it by gradients.

    Args:
        job: The data and the config whose fields are replaced.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(name="trial")
        self._job = job
        self._built: tuple[learners.Learner, Course, list[AveragedWeights]] | None = None

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """The compiled model of a trial; its weights depend on the seed and the values alone."""
        learner = _prepare(self._job, hp)
        config = learner.config
        train = learner.batches(self._job.train_files, shuffled=True)
        fine_tuning = zoo.MODELS[config.model.kind].fine_tuning(config.model)
        with placement.strategy(config.training.devices).scope():
            model = learner.build(config.training.precision)
            course = Course(model, fine_tuning, config.training.epochs)
            # A trial that continues another must be compiled like it to take over its optimizer.
            phase = course.phase_of(hp.values.get("tuner/initial_epoch", 0))
            averaging = fit.begin_phase(
                model, learner.objective(), course, phase, config.training, train.num_batches
            )
        self._built = learner, course, averaging
        return model

    def fit(
        self,
        hp: keras_tuner.HyperParameters,
        model: keras.Model,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        epochs: int | None = None,
        initial_epoch: int = 0,
        **_: Any,
    ) -> keras.callbacks.History:
        """Train one trial, through the phases of its fine-tuning.

        Args:
            hp: Values of the trial, those of the last `build`.
            model: What `build` returned last.
            callbacks: The search's.
            epochs: Last epoch if the algorithm shortens trials, else `training.epochs`.
            initial_epoch: First epoch if the trial continues an earlier one.
        """
        # Not kept: the course holds the model, which must be gone before the next one is built, and
        # a search clears the session between trials, and with it what SentencePiece reads.
        built, self._built = self._built, None
        if built is None:
            raise RuntimeError("`fit` trains what `build` returned last: call `build` first.")
        learner, course, averaging = built
        training = learner.config.training
        last = epochs or training.epochs
        replicas = model.distribute_strategy.num_replicas_in_sync
        train = learner.batches(self._job.train_files, shuffled=True).shared_by(replicas)
        evaluation = learner.batches(self._job.eval_files, shuffled=False).shared_by(replicas)
        class_weights = learner.class_weights(self._job.train_files)
        stopping = _early_stopping(training, course.phases[-1].first - initial_epoch)
        history = keras.callbacks.History()
        history.epoch = []
        for phase in course.phases:
            begin, end = max(phase.first, initial_epoch), min(phase.last, last)
            if begin >= end:
                continue
            with model.distribute_strategy.scope():
                if begin > initial_epoch:
                    averaging = fit.begin_phase(
                        model, learner.objective(), course, phase, training, train.num_batches
                    )
                fitted = model.fit(
                    train.epochs(begin, end),
                    steps_per_epoch=train.num_batches,
                    initial_epoch=begin,
                    epochs=end,
                    validation_data=evaluation.epoch(0),
                    class_weight=class_weights,
                    callbacks=[
                        *callbacks,
                        training_callbacks.SeedEpoch(training.seed, train.num_batches),
                        training_callbacks.StopOnNaN(training.learning_rate),
                        *averaging,
                        *stopping,
                    ],
                    shuffle=False,  # The batches come shuffled.
                    verbose=0,
                )
            history.epoch += fitted.epoch
            for name, values in fitted.history.items():
                history.history.setdefault(name, []).extend(values)
        return history


def _prepare(job: Job, hp: keras_tuner.HyperParameters) -> learners.Learner:
    """The learner of a trial."""
    config = loading.load_learner(job.learner, space.decode(job.tuning.space, hp.values))
    folder = pathlib.Path(job.resumable)
    folder.mkdir(parents=True, exist_ok=True)
    # Two workers must not learn the same tokenizer.
    with filelock.FileLock(folder / "prepare.lock"):
        return learners.prepare(config, job.transform_graph, job.train_files, folder)


def _early_stopping(training: TrainingConfig, first: int) -> list[keras.callbacks.Callback]:
    """Epochs count from `first`, of those that the trial trains."""
    if training.early_stopping is None:
        return []
    return [training_callbacks.StopEarly(training.early_stopping.patience, first)]
