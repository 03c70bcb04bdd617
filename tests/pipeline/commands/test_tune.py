"""Tests of pipeline/commands/tune.py: how results are shown, and what machines do together."""

import io
import pathlib

import pytest
import yaml
from rich.console import Console

from models.tuning.config import SearchRange
from models.tuning.results import TrialResult
from pipeline import paths
from pipeline.commands import tune
from pipeline.config import loading

SPACE = {
    "training.learning_rate": SearchRange(log=(1e-4, 1e-1)),
    "model.tokenizer": SearchRange(values=("words", None)),
}


def results(number, failed=1):
    """Some finished trials, the best first, then failed ones."""
    tokenizers = ("words", None)
    return [
        TrialResult(
            trial=str(index),
            score=None if index >= number else 0.9 - index / 1000,
            values={"training.learning_rate": 0.0125, "model.tokenizer": tokenizers[index % 2]},
            seconds=2.5,
            epochs=3,
            worker="worker0",
            memory_mib=500.0,
            error="the loss became nan" if index >= number else None,
        )
        for index in range(number + failed)
    ]


def shown(found, width=200):
    terminal = Console(file=io.StringIO(), width=width)
    fields = [vars(result) for result in found]
    tune.show(fields, list(SPACE), pathlib.Path("runs/trials.png"), {}, terminal)
    return terminal.file.getvalue()


def test_the_page_has_every_trial_the_plot_and_why_trials_failed():
    lines = shown(results(2)).splitlines()
    assert any(line.split() == ["0", "0.9000", "0.0125", "words", "2.5", "3"] for line in lines)
    assert any(line.split() == ["1", "0.8990", "0.0125", "null", "2.5", "3"] for line in lines)
    failure = "trial 2 failed (training.learning_rate 0.0125, model.tokenizer words): the loss"
    assert any(line.startswith(failure) for line in lines)
    assert "plot: runs/trials.png" in lines


def test_a_narrow_terminal_loses_no_column():
    lines = shown(results(2), width=40).splitlines()
    assert lines[1:7] == [
        "trial 0",
        "  score 0.9000",
        "  training.learning_rate 0.0125",
        "  model.tokenizer words",
        "  seconds 2.5",
        "  epochs 3",
    ]


def test_a_long_search_shows_its_best_trials_only():
    text = shown(results(25, failed=0))
    assert "and 5 more in trials.json beside the plot" in text
    assert "0.8760" not in text


def test_the_best_values_can_be_pasted():
    text = shown(results(2))
    pasted = yaml.safe_load(text.split("to paste into the config:\n")[1])
    assert pasted == {"training": {"learning_rate": 0.0125}, "model": {"tokenizer": "words"}}


def test_a_config_without_a_search_is_refused(tmp_path):
    path = tmp_path / "mail.yaml"
    path.write_text(
        "name: mail\ntask: {kind: text_classification}\n"
        "data: {source: {kind: csv, path: mail.csv}, split: {train: 8, eval: 2}}\n"
        "model: {kind: text_cnn}\n"
    )
    (tmp_path / "mail.csv").touch()
    with pytest.raises(ValueError, match=r"has no `tuning`.*\n.*trials: 10"):
        tune.tune(path, [], tmp_path)


SEARCHED = """\
name: mail
task: {kind: text_classification}
data: {source: {kind: csv, path: mail.csv}}
model: {kind: text_cnn}
tuning: {space: {training.learning_rate: {values: [0.1, 0.2]}}}
"""


@pytest.fixture
def several_machines(monkeypatch):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", "8500")
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "second")


@pytest.mark.parametrize("identity", ["chief", "second"])
def test_a_wrong_port_is_refused_before_anything_is_run(
    tmp_path, monkeypatch, several_machines, identity
):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", identity)
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", "abc")
    (tmp_path / "mail.yaml").write_text(SEARCHED)
    (tmp_path / "mail.csv").touch()
    with pytest.raises(ValueError, match="KERASTUNER_ORACLE_PORT must be the port"):
        tune.tune(tmp_path / "mail.yaml", [], tmp_path)


@pytest.mark.tfx
@pytest.mark.parametrize("end", ["trials.json", "summary.json"])
def test_a_worker_ends_when_the_chief_has_the_search_from_cache(
    tmp_path, monkeypatch, capfd, several_machines, end
):
    path = tmp_path / "mail.yaml"
    path.write_text(SEARCHED)
    (tmp_path / "mail.csv").touch()
    ours = loading.load(path)
    other = loading.load(path, ["model.filters=3"])
    where = paths.Paths(tmp_path, "mail")

    def run_chief(stamp, searched):
        folder = where.run(stamp)
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(loading.to_yaml(searched))
        (folder / end).write_text("[]")

    run_chief("1", ours)  # Ended before the worker began to wait.
    later = iter([("2", other), ("3", ours)])
    monkeypatch.setattr(tune.time, "sleep", lambda _: run_chief(*next(later)))
    assert tune.tune(path, [], tmp_path) == 0
    said = f"second had nothing to run: the chief has this search from cache, see {where.run('3')}"
    assert said in capfd.readouterr().out


def test_a_searched_operation_is_pasted_with_the_whole_list():
    resolved = {"augmentation": [{"kind": "flip"}, {"kind": "rotation", "degrees": 15.0}]}
    values = {"augmentation.1.degrees": 4.5, "training.learning_rate": 0.01}
    assert yaml.safe_load(tune.as_yaml(values, resolved)) == {
        "augmentation": [{"kind": "flip"}, {"kind": "rotation", "degrees": 4.5}],
        "training": {"learning_rate": 0.01},
    }
    assert resolved["augmentation"][1]["degrees"] == 15.0


def test_a_searched_field_of_a_choice_is_pasted_with_its_kind():
    resolved = {
        "model": {"kind": "text_cnn", "filters": 3},
        "training": {"optimizer": {"kind": "adamw", "weight_decay": 0.1, "beta_1": 0.9}},
    }
    values = {"training.optimizer.weight_decay": 0.2, "model.filters": 5}
    assert yaml.safe_load(tune.as_yaml(values, resolved)) == {
        "training": {"optimizer": {"kind": "adamw", "weight_decay": 0.2}},
        "model": {"kind": "text_cnn", "filters": 5},
    }


@pytest.mark.parametrize("order", [1, -1])
def test_a_searched_kind_is_pasted_with_its_searched_fields(order):
    resolved = {"training": {"optimizer": {"kind": "adamw", "weight_decay": 0.1}}}
    values = {"training.optimizer": "sgd", "training.optimizer.momentum": 0.8}
    values = dict(list(values.items())[::order])
    assert yaml.safe_load(tune.as_yaml(values, resolved)) == {
        "training": {"optimizer": {"kind": "sgd", "momentum": 0.8}}
    }
