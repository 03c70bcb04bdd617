"""Run the trials of a search."""

from __future__ import annotations

import gc
import logging
import math
import os
import pathlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import keras_tuner
from keras_tuner.engine.trial import Trial

from models.training.callbacks import PROGRESS
from models.tuning import results, space
from models.tuning.config import SearchRange
from models.tuning.oracles import DurableOracle

_LOGGER = logging.getLogger(__name__)
PROJECT = "trials"
"""Folder of the trials inside a search's folder."""
CHECKPOINT = "best.weights.h5"
"""Weights of a trial's best epoch; only kept where another trial may continue it."""
_PATIENCE = 0.5
"""Seconds until an oracle that waits for other trials is asked again."""


class Trials(keras_tuner.Tuner):
    """Takes trials from an oracle, here or on the chief, and runs them one after another.

    Args:
        oracle: Chooses the trials. With KerasTuner's variables in the environment it is replaced
            by a client of the chief's oracle.
        hypermodel: Builds and fits one trial.
        folder: Where trials are kept, shared by all who take part.
        searched: The ranges.
    """

    def __init__(
        self,
        oracle: DurableOracle,
        hypermodel: keras_tuner.HyperModel,
        folder: pathlib.Path,
        searched: Mapping[str, SearchRange],
    ) -> None:
        self.searched = searched
        self._is_waiting = False
        self._begun = 0.0
        self._epochs = 0
        super().__init__(oracle, hypermodel, directory=str(folder), project_name=PROJECT)

    def pre_create_trial(self) -> None:
        """Do not ask in a tight loop when there is nothing to do yet."""
        if self._is_waiting:
            time.sleep(_PATIENCE)
        self._is_waiting = True

    def on_trial_begin(self, trial: Trial) -> None:
        """Start its clock."""
        self._is_waiting = False
        self._begun, self._epochs = time.monotonic(), 0

    def run_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Build and fit one model; what the trial before left in memory is let go."""
        _forget_models()
        folder = pathlib.Path(self.get_trial_dir(trial.trial_id))
        hp = trial.hyperparameters
        model = self.hypermodel.build(hp)
        extra: dict[str, Any] = {"callbacks": []}
        if "tuner/epochs" in hp.values:  # Hyperband.
            extra["epochs"] = hp.values["tuner/epochs"]
            extra["initial_epoch"] = hp.values["tuner/initial_epoch"]
            extra["callbacks"].append(_keep_best(folder / CHECKPOINT, self.oracle.objective))
            if "tuner/trial_id" in hp.values:
                past = pathlib.Path(self.get_trial_dir(hp.values["tuner/trial_id"]))
                model.load_weights(past / CHECKPOINT)
        history = self.hypermodel.fit(hp, model, **extra)
        self._epochs = len(history.epoch)
        _check_finite(self.oracle.objective.name, history.history)
        return history

    def on_trial_end(self, trial: Trial) -> None:
        """Keep how it was run, then tell the oracle."""
        _forget_models()
        error = trial.message.strip().splitlines()[-1] if trial.message else None
        if error:
            _LOGGER.warning("trial %s failed: %s", trial.trial_id, trial.message)
        seconds = time.monotonic() - self._begun
        record = results.Record(seconds, self._epochs, self.tuner_id, _memory_mib(), error)
        record.write(pathlib.Path(self.get_trial_dir(trial.trial_id)))
        super().on_trial_end(trial)

    def get_best_hyperparameters(self, num_trials: int = 1) -> list[keras_tuner.HyperParameters]:
        """Values of the searched fields as a config takes them, of the best trials."""
        found = []
        for best in self.oracle.get_best_trials(num_trials):
            hp = keras_tuner.HyperParameters()
            hp.values = space.decode(self.searched, best.hyperparameters.values)
            found.append(hp)
        return found

    def save(self) -> None:
        """Save the oracle; a tuner has no state of its own."""
        if not self._is_worker():
            self.oracle.save()

    def reload(self) -> None:
        """Continue the search of the folder."""
        if not self._is_worker():
            self.oracle.reload()

    def _get_tuner_fname(self) -> str:
        # KerasTuner continues a search if this file exists; its own appears after a whole trial.
        return str(pathlib.Path(self.project_dir) / "oracle.json")

    def _populate_initial_space(self) -> None:
        # KerasTuner builds a model to see which values it asks for; here they are known.
        hp = self.oracle.get_space()
        space.declare(self.searched, hp)
        self.oracle.update_space(hp)


class Search(Trials):
    """A whole search in this process.

    Args:
        oracle: Chooses the trials.
        hypermodel: Builds and fits one trial.
        folder: Where trials are kept; those found there count.
        searched: The ranges.
        finished: Called with the results after the last trial.
    """

    def __init__(
        self,
        oracle: DurableOracle,
        hypermodel: keras_tuner.HyperModel,
        folder: pathlib.Path,
        searched: Mapping[str, SearchRange],
        finished: Callable[[Sequence[results.TrialResult]], None],
    ) -> None:
        self._finished = finished
        super().__init__(oracle, hypermodel, folder, searched)

    def search(self, *args: Any, **kwargs: Any) -> None:
        """Run all trials and report them.

        Raises:
            ValueError: If no trial succeeded; with the reason of each.
        """
        self.report()
        self.run_all()
        if self.oracle.max_trials is None:
            self.oracle.max_trials = len(self.oracle.trials)  # TFX asks for the best so many.
        found = results.collect(self.oracle, self.searched)
        self._finished(found)
        if not any(result.score is not None for result in found):
            # Nothing in it is worth keeping, and the same command is to try again.
            shutil.rmtree(self.project_dir)
            reasons = "\n".join(f"  {r.trial} with {r.values}: {r.error}" for r in found)
            raise ValueError(
                f"No trial of the search succeeded, so there are no best values:\n{reasons}\n"
                "Change `tuning.space`, or what the errors name."
            )

    def run_all(self) -> None:
        """Run the trials that are left."""
        super().search()

    def on_trial_end(self, trial: Trial) -> None:
        """Keep the outcome and say how far the search is."""
        super().on_trial_end(trial)
        self.report()

    def report(self) -> None:
        """Log the number of ended trials and the best score so far."""
        best = [t.score for t in self.oracle.get_best_trials() if t.status == "COMPLETED"]
        ended, planned = len(self.oracle.end_order), self.oracle.planned_trials()
        name = self.oracle.objective.name
        scores = {name: best[0]} if best else {}
        place = {"counted": "trial", "epoch": ended, "epochs": planned, "step": 1, "steps": 1}
        PROGRESS.info(
            "trial %d/%d, best %s %s",
            *(ended, planned, name, best[0] if best else "unknown"),
            extra={"progress": {**place, **scores}},
        )


def _check_finite(objective: str, history: Mapping[str, Sequence[float]]) -> None:
    for epoch, value in enumerate(history[objective], start=1):
        if not math.isfinite(value):
            raise FloatingPointError(f"{objective} was {value} in epoch {epoch}")


def _keep_best(path: pathlib.Path, objective: Any) -> keras.callbacks.Callback:
    return keras.callbacks.ModelCheckpoint(
        path,
        monitor=objective.name,
        mode=objective.direction,
        save_best_only=True,
        save_weights_only=True,
    )


def _forget_models() -> None:
    keras.backend.clear_session()
    gc.collect()


def _memory_mib() -> float:
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)
