"""What the Tuner does: train one model per trial and keep the scores.

`tuner_fn` is called by TFX by its dotted path.
"""

import hashlib
import json
import pathlib
from typing import Any

import keras
import keras_tuner
from tfx.components.tuner.component import TunerFnResult

from models import tuning
from models.training import callbacks as training_callbacks
from models.training import fit
from pipeline import config as pipeline_config
from pipeline.modules import learner as learners


def tuner_fn(fn_args: Any) -> TunerFnResult:
    """Describe the search to TFX.

    Args:
        fn_args: TFX's `FnArgs`; `custom_config` holds `learner` (JSON) and `resumable` (folder).

    Returns:
        The tuner, which continues an unfinished search, and no further arguments: each trial
        opens the data itself, since a trial may change how it is read.
    """
    config = pipeline_config.load_learner(fn_args.custom_config["learner"])
    content = json.dumps([fn_args.custom_config, fn_args.transform_graph_path], sort_keys=True)
    name = hashlib.sha256(content.encode()).hexdigest()[:16]
    directory = pathlib.Path(fn_args.custom_config["resumable"]) / f"search-{name}"
    tuner = tuning.build_tuner(
        config.tuning, Trial(fn_args, config.tuning), directory, config.training.epochs
    )
    return TunerFnResult(tuner=tuner, fit_kwargs={})


class Trial(keras_tuner.HyperModel):
    """One trial: a model with some fields of the config replaced.

    Args:
        fn_args: TFX's `FnArgs`.
        search: What is searched.
    """

    def __init__(self, fn_args: Any, search: tuning.TuningConfig):
        super().__init__(name="trial")
        self._fn_args = fn_args
        self._search = search
        self._prepared: tuple[dict[str, Any], learners.Learner] | None = None

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """The compiled model of a trial."""
        learner = self._learner(hp)
        model = learner.build(learner.config.training.precision)
        train = learner.batches(self._fn_args.train_files, shuffled=True)
        training = learner.config.training
        fit.compile_classifier(model, training, training.epochs * train.num_batches)
        return model

    def fit(
        self,
        hp: keras_tuner.HyperParameters,
        model: keras.Model,
        callbacks: list[keras.callbacks.Callback] = (),
        epochs: int | None = None,
        initial_epoch: int = 0,
        **_: Any,
    ) -> keras.callbacks.History:
        """Train one trial.

        Args:
            hp: Values of the trial.
            model: Its compiled model.
            callbacks: KerasTuner's, which keep score and checkpoint.
            epochs: Last epoch if the algorithm shortens trials, else `training.epochs`.
            initial_epoch: First epoch if the trial continues an earlier one.
        """
        learner = self._learner(hp)
        last = epochs or learner.config.training.epochs
        train = learner.batches(self._fn_args.train_files, shuffled=True)
        evaluation = learner.batches(self._fn_args.eval_files, shuffled=False)
        return model.fit(
            train.epochs(initial_epoch, last),
            steps_per_epoch=train.num_batches,
            initial_epoch=initial_epoch,
            epochs=last,
            validation_data=evaluation.epoch(0),
            class_weight=learner.class_weights(self._fn_args.train_files),
            callbacks=[*callbacks, training_callbacks.Progress(last, train.num_batches)],
            shuffle=False,  # The batches come shuffled.
            verbose=0,
        )

    def _learner(self, hp: keras_tuner.HyperParameters) -> learners.Learner:
        """The learner of a trial; built once for its `build` and its `fit`."""
        values = tuning.declare(self._search.space, hp)
        if self._prepared and self._prepared[0] == values:
            return self._prepared[1]
        config = pipeline_config.load_learner(self._fn_args.custom_config["learner"], values)
        given = self._fn_args
        folder = pathlib.Path(given.custom_config["resumable"])
        learner = learners.prepare(config, given.transform_graph_path, given.train_files, folder)
        self._prepared = values, learner
        return learner
