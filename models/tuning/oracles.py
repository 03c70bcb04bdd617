"""KerasTuner's oracles, made to survive being killed at any moment.

An oracle chooses the values of trials and keeps their scores in `oracle.json` and, per trial, in
`trial.json`. KerasTuner 1.4.8 writes both in place (a killed process leaves half a file), in
two steps (a process killed between them leaves a trial that runs forever, or runs a finished
trial again) and without the state of its grid search (which then fails or stops early).
"""

from __future__ import annotations

import itertools
import math
import pathlib
import sys
from collections.abc import Mapping
from typing import Any

import keras_tuner
from keras_tuner.engine import trial

from models import json_files
from models.tuning.config import MAX_SEED, TuningConfig

HOPELESS = 3
"""Failed trials after which a search without any finished trial stops."""
_Status = trial.TrialStatus
ENDED = (_Status.COMPLETED, _Status.FAILED)
"""States of trials that are not run again."""
_SEED_0 = MAX_SEED + 1
"""Stands for 0, which KerasTuner takes for none."""


class DurableOracle(keras_tuner.Oracle):
    """What the oracles below have in common."""

    trials: dict[str, trial.Trial]
    """By id."""

    def save(self) -> None:
        """Write the state at once or not at all."""
        json_files.write_json(pathlib.Path(self._get_oracle_fname()), self.get_state())

    def reload(self) -> None:
        """Continue after whatever was written last; running trials are run again."""
        super().reload()
        started = {name: self.trials[name] for name in self.start_order}
        self.trials = started  # Others were begun when the process was killed: forgotten.
        for name, found in started.items():
            if found.status in ENDED and name not in self.end_order:
                self.end_order.append(name)
            if found.status not in ENDED:
                _forget_metrics(found)
        waiting = [name for name, found in started.items() if found.status not in ENDED]
        self._retry_queue = waiting[::-1]  # Taken from its end.

    @keras_tuner.synchronized
    def create_trial(self, tuner_id: str) -> trial.Trial:
        """The next trial; the same again for a worker that was started again."""
        if self._is_hopeless():
            self.tuner_ids.discard(tuner_id)
            return trial.Trial(self.get_space(), status=_Status.STOPPED)
        if tuner_id in self.ongoing_trials:
            _forget_metrics(self.ongoing_trials[tuner_id])
        return super().create_trial(tuner_id)

    @keras_tuner.synchronized
    def end_trial(self, ended: trial.Trial) -> None:
        """Keep a trial's outcome, the first one if it was run twice."""
        if ended.trial_id in self.end_order:
            return
        if ended.trial_id in self._retry_queue:
            self._retry_queue.remove(ended.trial_id)
        super().end_trial(ended)

    def planned_trials(self) -> int:
        """How many trials there will be at most."""
        return self.max_trials

    def _save_trial(self, saved: trial.Trial) -> None:
        path = pathlib.Path(self._get_trial_dir(saved.trial_id), "trial.json")
        json_files.write_json(path, saved.get_state())

    def _is_hopeless(self) -> bool:
        ended = [self.trials[name].status for name in self.end_order]
        return len(ended) >= HOPELESS and _Status.COMPLETED not in ended


def _forget_metrics(begun: trial.Trial) -> None:
    begun.metrics = type(begun.metrics)()


class RandomOracle(DurableOracle, keras_tuner.oracles.RandomSearchOracle):
    """Independent random values."""


class GridOracle(DurableOracle):
    """Every combination, in the order of the config; the last field changes fastest."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The first combination that was not tried."""
        searched = self.hyperparameters.space
        for combination in itertools.product(*(hp.values for hp in searched)):
            names = (hp.name for hp in searched)
            values = dict(zip(names, combination, strict=True))
            if not self._duplicate(values):
                return {"status": _Status.RUNNING, "values": values}
        return {"status": _Status.STOPPED}

    def planned_trials(self) -> int:
        """At most as many as there are combinations."""
        size = 1
        for hp in self.hyperparameters.space:
            size *= len(list(hp.values))
        return min(self.max_trials, size)


class BayesianOracle(DurableOracle, keras_tuner.oracles.BayesianOptimizationOracle):
    """Values where a Gaussian process expects the best score, but none a second time."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The promising values, or random ones if those were tried."""
        chosen = super().populate_space(trial_id)
        if chosen["status"] == _Status.RUNNING and self._duplicate(chosen["values"]):
            return self._random_populate_space()
        return chosen


class HyperbandOracle(DurableOracle, keras_tuner.oracles.HyperbandOracle):
    """Many short trials, of which the best are continued.

    Li et al. (2016), https://arxiv.org/abs/1603.06560, algorithm 1. KerasTuner's own choice of the
    next trial stops a search whose space has fewer values than a round has trials, before any of
    them is continued, and continues fewer for every trial that failed.
    """

    _brackets: list[dict[str, Any]]

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Values of a new trial, or those of one that is worth more epochs."""
        while True:
            self._brackets = [each for each in self._brackets if not self._is_complete(each)]
            for bracket in self._brackets:
                values = self._new_values(bracket, trial_id) or self._promoted(bracket, trial_id)
                if values is not None:
                    return {"status": _Status.RUNNING, "values": values}
            is_last = self._current_iteration + 1 == self.hyperband_iterations
            if self._current_bracket == 0 and is_last:
                return {"status": _Status.IDLE if self.ongoing_trials else _Status.STOPPED}
            self._increment_bracket_num()
            self._start_new_bracket()

    def planned_trials(self) -> int:
        """The sizes of all rounds of all brackets."""
        return sum(
            self._get_size(bracket, number)
            for bracket in range(self._get_num_brackets())
            for number in range(self._get_num_rounds(bracket))
        )

    def _sizes(self, bracket: dict[str, Any]) -> list[int]:
        """How many trials each round of a bracket has, as far as it is known."""
        rounds, number = bracket["rounds"], bracket["bracket_num"]
        planned = [self._get_size(number, index) for index in range(len(rounds))]
        is_exhausted = bracket.get("is_exhausted", False)
        share = len(rounds[0]) / planned[0] if is_exhausted else 1
        sizes = [len(rounds[0]) if is_exhausted else planned[0]]
        for index in range(1, len(rounds)):
            left = sizes[-1] - len(self._ended(rounds[index - 1], _Status.FAILED))
            sizes.append(min(left, math.ceil(planned[index] * share)))
        return sizes

    def _is_complete(self, bracket: dict[str, Any]) -> bool:
        return len(bracket["rounds"][-1]) >= self._sizes(bracket)[-1]

    def _new_values(self, bracket: dict[str, Any], trial_id: str) -> dict[str, Any] | None:
        """Random values for the first round, unless it is full or there are no others."""
        first = bracket["rounds"][0]
        if len(first) >= self._sizes(bracket)[0]:
            return None
        values = self._random_values()
        if values is None:
            bracket["is_exhausted"] = True
            return None
        first.append({"past_id": None, "id": trial_id})
        return values | self._course(bracket, 0)

    def _promoted(self, bracket: dict[str, Any], trial_id: str) -> dict[str, Any] | None:
        """Values of the best trial of a round that is sure to be among those continued."""
        sizes = self._sizes(bracket)
        for number, (past, following) in enumerate(itertools.pairwise(bracket["rounds"]), start=1):
            taken = {entry["past_id"] for entry in following}
            completed = self._ended(past, _Status.COMPLETED)
            waiting = [each for each in completed if each.trial_id not in taken]
            failed = len(self._ended(past, _Status.FAILED))
            if len(waiting) > sizes[number - 1] - failed - sizes[number]:
                sign = 1 if self.objective.direction == "max" else -1
                best = max(waiting, key=lambda each: sign * each.score)
                following.append({"past_id": best.trial_id, "id": trial_id})
                values = {**best.hyperparameters.values, "tuner/trial_id": best.trial_id}
                return values | self._course(bracket, number)
        return None

    def _course(self, bracket: dict[str, Any], number: int) -> dict[str, int]:
        """What a trial of a round is told beside its values."""
        kind = bracket["bracket_num"]
        return {
            "tuner/epochs": self._get_epochs(kind, number),
            "tuner/initial_epoch": self._get_epochs(kind, number - 1) if number else 0,
            "tuner/bracket": kind,
            "tuner/round": number,
        }

    def _ended(self, entries: list[dict[str, Any]], status: str) -> list[trial.Trial]:
        """The trials of a round that ended so."""
        found = [self.trials[entry["id"]] for entry in entries if entry["id"] in self.trials]
        return [each for each in found if each.status == status]


def build(config: TuningConfig, max_epochs: int, monitored: Mapping[str, str]) -> DurableOracle:
    """The oracle of `config.algorithm`.

    Args:
        config: What is searched.
        max_epochs: Longest a trial may train.
        monitored: What trainings watch, and whether `max` or `min` of it is best; the default
            objective first.
    """
    objective = config.objective or next(iter(monitored))
    common = {
        "objective": keras_tuner.Objective(objective, monitored[objective]),
        "seed": config.seed or _SEED_0,
        # A failed trial is a result. An error here would also leave KerasTuner's lock held.
        "max_consecutive_failed_trials": sys.maxsize,
    }
    if config.algorithm == "hyperband":
        oracle = HyperbandOracle(max_epochs=max_epochs, **common)
    else:
        oracle = _BY_TRIALS[config.algorithm](max_trials=config.trials, **common)
    oracle.verbose = 0
    return oracle


_BY_TRIALS = {"random": RandomOracle, "grid": GridOracle, "bayesian": BayesianOracle}
