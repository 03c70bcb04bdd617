"""Tests of models/tuning/parallel.py: workers that die."""

import os
import pathlib
import signal
import sys

import keras
import keras_tuner
import pytest

from models.tuning import oracles, parallel
from models.tuning.config import SearchRange, TuningConfig

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[3]
CONFIG = TuningConfig(
    space={"model.size": SearchRange(values=(1, 2, 3))}, algorithm="grid", objective="val_loss"
)


class Killer(keras_tuner.HyperModel):
    """Trials of which one kills its process."""

    def build(self, hp):
        return keras.Sequential([keras.Input((1,)), keras.layers.Dense(hp.get("model.size"))])

    def fit(self, hp, model, **_):
        if hp.get("model.size") == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        history = keras.callbacks.History()
        history.epoch, history.history = [0], {"val_loss": [1.0 / hp.get("model.size")]}
        return history


def arguments(folder):
    return {
        "oracle": oracles.build(CONFIG, 1, {"val_accuracy": "max"}),
        "hypermodel": Killer(),
        "folder": folder,
        "searched": CONFIG.space,
    }


def make_search(folder, found, program):
    fleet = parallel.Fleet(
        command=[sys.executable, "-c", program],
        size=1,
        environment={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *sys.path)))},
    )
    return parallel.ParallelSearch(fleet, finished=found.extend, **arguments(folder))


def test_a_trial_that_kills_its_worker_three_times_fails_and_the_others_go_on(tmp_path):
    found = []
    program = (
        "import pathlib, sys; from models.tuning import search;"
        "from tests.models.tuning import test_parallel as t;"
        f"search.Trials(**t.arguments(pathlib.Path({str(tmp_path)!r}))).search()"
    )
    make_search(tmp_path, found, program).search()
    assert {result.values["model.size"]: result.score for result in found} == {
        1: 1.0,
        2: None,
        3: pytest.approx(1 / 3),
    }
    (failed,) = (result for result in found if result.score is None)
    assert "its process died 3 times, last with signal 9 (out of memory?" in failed.error


def test_workers_that_cannot_start_end_the_search_with_their_last_words(tmp_path):
    with pytest.raises(RuntimeError, match=r"(?s)died 3 times \(exit code 1\).*no such thing"):
        make_search(tmp_path, [], "import sys; sys.exit('no such thing')").search()
