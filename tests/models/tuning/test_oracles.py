"""Tests of models/tuning/{config,space,oracles,results}.py: searches whose trials train nothing."""

import dataclasses
import json
import pathlib

import keras_tuner
import pytest
from keras_tuner.engine.trial import Trial

from models.tuning import oracles, results, space
from models.tuning.config import SearchRange, TuningConfig
from tests import strict

SPACE = {
    "training.learning_rate": SearchRange(log=(1e-3, 1e-1)),
    "model.filters": SearchRange(values=(2, 5, 9)),
}
MIXED = {
    "training.averaging": SearchRange(values=(None, 0.9)),
    "model.bidirectional": SearchRange(values=(True, False)),
    "model.kernel_sizes": SearchRange(values=((3,), (3, 4))),
    "training.optimizer": SearchRange(values=("sgd", "adam")),
}
GRID = {
    "model.filters": SearchRange(values=(2, 5, 9)),
    "training.epochs": SearchRange(linear=(1, 2)),
}


def start(folder, algorithm="random", searched=SPACE, trials=6, max_epochs=4, **fields):
    """An oracle with its folder, as a search that begins or goes on has it."""
    config = TuningConfig(space=searched, algorithm=algorithm, trials=trials, **fields)
    oracle = oracles.build(config, max_epochs, {"val_accuracy": "max", "val_loss": "min"})
    oracle._set_project_dir(str(folder), "trials")
    if pathlib.Path(oracle._get_oracle_fname()).is_file():
        oracle.reload()
        return oracle
    hp = oracle.get_space()
    space.declare(searched, hp)
    oracle.update_space(hp)
    return oracle


def finish(oracle, begun, score=0.5):
    begun.status = "COMPLETED"
    oracle.update_trial(begun.trial_id, {oracle.objective.name: score})
    results.Record(1.5, 2, "worker0", 100.0).write(
        pathlib.Path(oracle._get_trial_dir(begun.trial_id))
    )
    oracle.end_trial(begun)


def fail(oracle, begun, reason="the loss became nan"):
    begun.status, begun.message = "FAILED", reason
    results.Record(0.5, 0, "worker0", 100.0, reason).write(
        pathlib.Path(oracle._get_trial_dir(begun.trial_id))
    )
    oracle.end_trial(begun)


def run_all(oracle):
    """Values of every trial that is left, in order."""
    found = []
    while (begun := oracle.create_trial("worker0")).status == "RUNNING":
        found.append(begun.hyperparameters.values)
        finish(oracle, begun, score=len(found) / 100)
    return found


def test_values_of_every_kind_come_back_as_they_were():
    hp = keras_tuner.HyperParameters()
    space.declare(MIXED, hp)
    assert space.decode(MIXED, hp.values) == {
        "training.averaging": None,
        "model.bidirectional": True,
        "model.kernel_sizes": (3,),
        "training.optimizer": "sgd",
    }


def test_what_an_algorithm_adds_to_the_values_is_not_for_a_config():
    assert space.decode(SPACE, {"model.filters": 5, "tuner/epochs": 2}) == {"model.filters": 5}


def test_a_search_ends_after_its_trials(tmp_path):
    found = run_all(start(tmp_path, trials=9))
    assert len(found) == 9
    assert len({json.dumps(values) for values in found}) == 9


def test_bayesian_search_tries_nothing_twice(tmp_path):
    found = run_all(start(tmp_path, "bayesian", GRID, trials=20))
    assert 4 <= len({json.dumps(values) for values in found}) == len(found) <= 6


def test_grid_search_tries_every_combination_in_order(tmp_path):
    oracle = start(tmp_path, "grid", GRID, trials=20)
    assert oracle.planned_trials() == 6
    pairs = [(v["model.filters"], v["training.epochs"]) for v in run_all(oracle)]
    assert pairs == [(2, 1), (2, 2), (5, 1), (5, 2), (9, 1), (9, 2)]


def test_hyperband_continues_the_best_where_a_round_has_more_trials_than_the_space(tmp_path):
    searched = {"model.filters": SearchRange(values=(2, 5, 9))}
    oracle = start(tmp_path, "hyperband", searched, max_epochs=9)
    found = run_all(oracle)
    assert [values["tuner/epochs"] for values in found] == [1, 1, 1, 3, 9]
    assert [values["model.filters"] for values in found[3:]] == [found[2]["model.filters"]] * 2
    assert oracle.create_trial("worker0").status == "STOPPED"


def test_hyperband_continues_as_many_where_trials_fail(tmp_path):
    oracle = start(tmp_path, "hyperband", max_epochs=9)
    epochs = []
    while (begun := oracle.create_trial("worker0")).status == "RUNNING":
        values = begun.hyperparameters.values
        epochs.append(values["tuner/epochs"])
        if values["model.filters"] == 2:
            fail(oracle, begun)
        else:
            finish(oracle, begun, score=len(epochs) / 100)
    assert len(epochs) == oracle.planned_trials()
    assert epochs.count(9) > 3  # Those that begin with as many, and continued ones.


def test_hyperband_ends_where_every_trial_of_a_round_fails_but_the_first(tmp_path):
    oracle = start(tmp_path, "hyperband", max_epochs=9)
    finish(oracle, oracle.create_trial("worker0"))
    while (begun := oracle.create_trial("worker0")).status == "RUNNING":
        fail(oracle, begun)
    assert len(oracle.end_order) <= oracle.planned_trials()


def test_workers_wait_while_a_round_that_may_be_continued_runs(tmp_path):
    searched = {"model.filters": SearchRange(values=(2, 5))}
    oracle = start(tmp_path, "hyperband", searched, max_epochs=9)
    first, second = (oracle.create_trial(f"worker{index}") for index in range(2))
    assert oracle.create_trial("worker2").status == "IDLE"
    finish(oracle, first, score=0.25)
    finish(oracle, second, score=0.75)
    continued = oracle.create_trial("worker2").hyperparameters.values
    assert continued["tuner/trial_id"] == second.trial_id


@pytest.mark.parametrize("algorithm", ["random", "bayesian", "hyperband"])
def test_the_seed_0_chooses_the_same_trials_again(tmp_path, algorithm):
    first, second = (
        run_all(start(tmp_path / name, algorithm, trials=3, seed=0)) for name in ("one", "two")
    )
    if algorithm != "hyperband":  # It names the trials it continues.
        assert first == second
    assert [v["model.filters"] for v in first] == [v["model.filters"] for v in second]


def test_hyperband_says_how_many_trials_there_will_be(tmp_path):
    oracle = start(tmp_path, "hyperband")
    assert len(run_all(oracle)) == oracle.planned_trials()


@pytest.mark.parametrize("algorithm", ["random", "grid", "bayesian", "hyperband"])
def test_a_killed_search_goes_on_like_one_that_was_not(tmp_path, algorithm):
    searched = GRID if algorithm == "grid" else SPACE
    expected = run_all(start(tmp_path / "whole", algorithm, searched, trials=5))
    killed = start(tmp_path / "killed", algorithm, searched, trials=5)
    found = []
    for number in range(2):
        begun = killed.create_trial("worker0")
        found.append(begun.hyperparameters.values)
        finish(killed, begun, score=(number + 1) / 100)
    killed.create_trial("worker0")
    again = start(tmp_path / "killed", algorithm, searched, trials=5)
    rest = []
    while (begun := again.create_trial("worker1")).status == "RUNNING":
        rest.append(begun.hyperparameters.values)
        finish(again, begun, score=(2 + len(rest)) / 100)
    if algorithm == "hyperband":  # It names the trials it continues.
        assert len(found + rest) == len(expected)
    else:
        assert found + rest == expected


def test_trials_that_ran_when_the_search_was_killed_are_run_again_first(tmp_path):
    killed = start(tmp_path)
    first, second, third = (killed.create_trial(f"worker{index}") for index in range(3))
    finish(killed, second)
    again = start(tmp_path)
    begun = [again.create_trial(f"worker{index}").trial_id for index in range(3)]
    assert begun == [first.trial_id, third.trial_id, "3"]


def test_a_worker_that_died_gets_its_trial_again(tmp_path):
    oracle = start(tmp_path)
    begun = oracle.create_trial("worker0")
    oracle.create_trial("worker1")
    assert oracle.create_trial("worker0").trial_id == begun.trial_id


def test_a_finished_trial_is_not_run_again_if_only_its_own_file_was_written(tmp_path):
    killed = start(tmp_path)
    begun = killed.create_trial("worker0")
    before = pathlib.Path(killed._get_oracle_fname()).read_bytes()
    finish(killed, begun, score=0.75)
    pathlib.Path(killed._get_oracle_fname()).write_bytes(before)
    again = start(tmp_path)
    assert again.create_trial("worker0").trial_id != begun.trial_id
    assert again.get_best_trials()[0].score == 0.75


def test_a_trial_that_only_its_own_file_knows_is_begun_anew(tmp_path):
    killed = start(tmp_path)
    killed.save()
    before = pathlib.Path(killed._get_oracle_fname()).read_bytes()
    begun = killed.create_trial("worker0")
    pathlib.Path(killed._get_oracle_fname()).write_bytes(before)
    again = start(tmp_path).create_trial("worker0")
    assert (again.trial_id, again.hyperparameters.values) == ("0", begun.hyperparameters.values)


def test_a_late_report_of_a_trial_that_was_run_again_changes_nothing(tmp_path):
    oracle = start(tmp_path)
    begun = oracle.create_trial("worker0")
    finish(oracle, begun, score=0.75)
    late = Trial(begun.hyperparameters, begun.trial_id, "FAILED")
    oracle.end_trial(late)
    assert oracle.get_best_trials()[0].score == 0.75
    assert oracle.end_order == [begun.trial_id]


def test_values_reach_a_worker_exactly(tmp_path):
    searched = MIXED | SPACE | {"training.dropout": SearchRange(values=(0.1, 0.7))}
    begun = start(tmp_path, searched=searched).create_trial("worker0")
    sent = Trial.from_proto(begun.to_proto()).hyperparameters.values
    assert space.decode(searched, sent) == space.decode(searched, begun.hyperparameters.values)


def test_failed_trials_do_not_end_a_search_in_which_one_succeeded(tmp_path):
    oracle = start(tmp_path)
    finish(oracle, oracle.create_trial("worker0"))
    for _ in range(5):
        fail(oracle, oracle.create_trial("worker0"))
    assert [oracle.trials[name].status for name in oracle.end_order].count("FAILED") == 5


def test_a_search_stops_if_its_first_trials_all_fail(tmp_path):
    oracle = start(tmp_path)
    for _ in range(oracles.HOPELESS):
        fail(oracle, oracle.create_trial("worker0"))
    assert oracle.create_trial("worker0").status == "STOPPED"


@pytest.mark.parametrize(("objective", "best"), [("val_accuracy", 0.75), ("val_loss", 0.25)])
def test_results_have_the_best_first_and_failed_trials_last(tmp_path, objective, best):
    oracle = start(tmp_path, objective=objective)
    fail(oracle, oracle.create_trial("worker0"))
    for score in (0.5, 0.25, 0.75):
        finish(oracle, oracle.create_trial("worker0"), score)
    found = results.collect(oracle, SPACE)
    assert [result.score is None for result in found] == [False, False, False, True]
    assert found[0].score == best
    assert found[3].error == "the loss became nan"
    results.write(tmp_path / "trials.json", found)
    assert results.read(tmp_path / "trials.json") == found


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"linear": (1, 9), "step": 0}, "step: must be above 0. Received: 0"),
        ({"linear": (1.0, 9.0), "step": -5}, "step: must be above 0. Received: -5"),
        ({"linear": (1, 9), "step": 0.5}, r"must be whole, too. Received: step=0.5 with \[1, 9\]"),
        ({"log": (1, 9), "step": 1.5}, r"must be whole, too. .* as in \[1.0, 9.0\]"),
        ({"log": (0.1, 0.9), "step": 0.5}, r"`step` is a factor in `log`.*above 1.*step=0.5"),
        ({"log": (1, 9), "step": 1}, r"above 1. Received: step=1"),
        ({"values": (1, 2), "step": 1}, r"`values` are tried as they are, without `step`"),
    ],
)
def test_an_impossible_step_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.read(SearchRange, fields)


@pytest.mark.parametrize(
    ("values", "twice"),
    [
        ((8, 8, 4), r"8 more than once in \[8, 8, 4\]"),
        ((1, 4, 1.0), r"1.0 more than once in \[1, 4, 1.0\]"),
        ((None, "a", None), r"None more than once"),
        (((3, 4), (3,), (3, 4)), r"\(3, 4\) more than once"),
    ],
)
def test_a_value_named_twice_is_refused(values, twice):
    with pytest.raises(ValueError, match=f"values: must be different .* Received: {twice}"):
        strict.read(SearchRange, {"values": values})


def test_true_and_one_are_two_values():
    values = (1, True, 0.0, False, "1", (1,), (True,), None)
    assert SearchRange(values=values).values == values


@pytest.mark.parametrize(
    ("fields", "tried"),
    [
        ({"linear": (1, 9), "step": 4}, [1, 5, 9]),
        ({"linear": (0, 1.0), "step": 0.5}, [0.0, 0.5, 1.0]),
        ({"log": (1, 9), "step": 3}, [1, 3, 9]),
        ({"log": (0.5, 2.0), "step": 2}, [0.5, 1.0, 2.0]),
        ({"linear": (0.1, 0.3), "step": 0.1}, [0.1, 0.2, 0.3]),
        ({"linear": (0.1, 0.7), "step": 0.2}, [0.1, 0.3, 0.5, 0.7]),
        ({"linear": (0.0, 1.0), "step": 0.4}, [0.0, 0.4, 0.8]),
        ({"log": (8, 32), "step": 2}, [8, 16, 32]),
        ({"log": (1e-4, 1e-2), "step": 10}, [1e-4, 1e-3, 1e-2]),
        ({"linear": (3, 16)}, list(range(3, 17))),
    ],
)
def test_a_possible_step_is_taken(tmp_path, fields, tried):
    searched = {"model.filters": SearchRange(**fields)}
    oracle = start(tmp_path, "grid", searched, trials=20)
    values = [space.decode(searched, one)["model.filters"] for one in run_all(oracle)]
    assert values == tried
    assert {type(value) for value in values} == {type(tried[0])}


@pytest.mark.parametrize("algorithm", ["random", "bayesian"])
def test_both_ends_of_a_range_with_steps_are_tried(tmp_path, algorithm):
    searched = {"model.dropout": SearchRange(linear=(0.1, 0.3), step=0.1)}
    found = run_all(start(tmp_path, algorithm, searched))
    assert sorted(values["model.dropout"] for values in found) == [0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"space": {}}, "space: must be given, and not empty. Received: {}. Name at least one"),
        ({"space": SPACE, "workers": 0}, "workers: must be at least 1. Received: 0"),
        ({"space": SPACE, "seed": -1}, "seed: must be from 0 .* Received: -1"),
        ({"space": SPACE, "seed": 2**32 - 1}, "seed: must be from 0 to 4294967294"),
        (
            {"space": SPACE, "algorithm": "grid"},
            r"a range needs a `step`. Received: training.learning_rate from \[0.001, 0.1\]",
        ),
        ({"space": SPACE, "trials": 0}, "trials: must be at least 1. Received: 0"),
        (
            {"space": GRID, "algorithm": "hyperband"},
            r"hyperband` gives each trial its epochs itself.*training.epochs from .* in `space`",
        ),
        ({"space": {"data.split": SPACE["model.filters"]}}, r"Received: 'data.split'"),
    ],
)
def test_an_impossible_search_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.check(TuningConfig(**fields))


def test_the_ends_of_a_search_are_allowed():
    search = TuningConfig(space=SPACE, trials=1, workers=1, seed=2**32 - 2)
    assert dataclasses.replace(search, seed=0).seed == 0
    assert (TuningConfig(space=SPACE).trials, TuningConfig(space=SPACE).workers) == (10, 1)


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ({"linear": (0.1, 0.3), "step": 0.1}, [0.1, 0.2, 0.3]),
        ({"linear": (0.1, 0.35), "step": 0.1}, [0.1, 0.2, 0.3]),
        ({"linear": (1, 6), "step": 2}, [1, 3, 5]),
        ({"log": (1e-4, 1e-1), "step": 10.0}, [1e-4, 1e-3, 1e-2, 1e-1]),
        ({"log": (8, 100), "step": 2}, [8, 16, 32, 64]),
    ],
)
def test_steps_reach_the_end_of_a_range_and_not_beyond_it(fields, values):
    found = SearchRange(**fields).stepped()
    assert found == values
    assert {type(value) for value in found} == {type(values[0])}
