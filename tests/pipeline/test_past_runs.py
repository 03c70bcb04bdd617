"""Tests of pipeline/past_runs.py and of the commands that read and serve past runs."""

import json
import re

import pytest

from components.push import push
from pipeline import past_runs, paths
from pipeline.commands import rollback, runs
from pipeline.runtime import ending, lock
from serving.repository import storage

METRICS = {"accuracy": 0.75, "macro_f1": 0.5, "example_count": 12.0}
BASELINE = {"name": "TF-IDF", "simple": 0.7, "constant_name": "majority", "constant": 0.4}


@pytest.fixture
def where(tmp_path):
    return paths.Paths(tmp_path, "mail")


def leave_run(where, started, *, epochs=3, summary=None, code=0, failure=None, is_ended=True):
    folder = where.run(started)
    folder.mkdir(parents=True)
    config = {"name": "mail", "training": {"epochs": epochs, "optimizer": {"kind": "adam"}}}
    (folder / "config.yaml").write_text(json.dumps(config))
    if summary:
        (folder / "summary.json").write_text(json.dumps(summary))
    if is_ended:
        ending.write(ending.Ending("maru run mail.yaml", 61.5, code, failure), folder)
    return folder


def a_summary(*, version=None, accuracy=0.75, refusals=()):
    return {
        "metrics": {"all": METRICS | {"accuracy": accuracy}},
        "shown": ["accuracy", "macro_f1"],
        "interval": [accuracy - 0.1, accuracy + 0.1],
        "baseline": BASELINE,
        "refusals": list(refusals),
        "version": version,
        "parameters": {"trainable": 1234, "frozen": 0},
    }


def push_model(where, tmp_path, name):
    model = tmp_path / "models" / name
    model.mkdir(parents=True)
    (model / "saved_model.pb").write_text(name)
    return push.push(model, where.served, f"model {name}")[0]


def test_every_way_in_which_a_run_ends_has_its_word(where):
    leave_run(where, "20260101-000000-000", summary=a_summary(version=7))
    leave_run(where, "20260102-000000-000", summary=a_summary(refusals=["too low"]), code=3)
    leave_run(where, "20260103-000000-000", code=2, failure="no such column")
    leave_run(where, "20260104-000000-000", code=130)
    leave_run(where, "20260105-000000-000", is_ended=False)
    leave_run(where, "20260106-000000-000", is_ended=False)
    with lock.hold(where.lock):
        outcomes = [run.outcome for run in past_runs.find(where.workspace, "mail")]
    assert outcomes == ["under way", "killed", "interrupted", "failed", "refused", "pushed"]
    assert past_runs.find(where.workspace, "mail")[0].outcome == "killed"


def test_the_run_whose_model_is_served_is_marked_even_after_a_rollback(where, tmp_path):
    first = push_model(where, tmp_path, "a")
    second = push_model(where, tmp_path, "b")
    leave_run(where, "20260101-000000-000", summary=a_summary(version=first))
    leave_run(where, "20260102-000000-000", summary=a_summary(version=second))

    def served():
        return [run.started for run in past_runs.find(where.workspace, "mail") if run.is_served]

    assert served() == ["20260102-000000-000"]
    rollback.rollback(where.workspace, "mail", None)
    assert served() == ["20260101-000000-000"]


def test_runs_of_all_pipelines_are_listed_with_their_failures_in_full(where):
    leave_run(where, "20260101-000000-000", summary=a_summary(version=7))
    why = "data.source.path: " + "long/" * 40 + "mail.csv is not there."
    leave_run(paths.Paths(where.workspace, "chat"), "20260103-000000-000", code=2, failure=why)
    shown = runs.show(where.workspace, None, (), as_json=False)
    assert re.search(r"chat .* failed +– +62 s", shown)
    assert "pushed as version 7" in shown and "accuracy 0.750 (0.650 to 0.850)" in shown
    assert f"chat 20260103-000000-000: {why}" in shown


def test_a_workspace_without_runs_says_so(tmp_path):
    assert "No runs in" in runs.show(tmp_path, None, (), as_json=False)


def test_compared_runs_show_figures_and_only_the_fields_that_differ(where):
    leave_run(where, "20260101-000000-000", summary=a_summary(version=7))
    leave_run(where, "20260102-000000-000", epochs=5, summary=a_summary(accuracy=0.875))
    shown = runs.show(where.workspace, "mail", ["20260101", "20260102"], as_json=False)
    assert re.search(r"accuracy +0\.7500 +0\.8750", shown)
    assert re.search(r"trained parameters +1,234 +1,234", shown)
    assert re.search(r"training\.epochs +3 +5", shown)
    assert "optimizer" not in shown


def test_a_run_that_a_program_without_arguments_called_is_a_run(where):
    folder = leave_run(where, "20260101-000000-000")
    ending.write(ending.Ending("maru", 61.5, 0, None), folder)
    (run,) = past_runs.find(where.workspace, "mail")
    assert run.command == "run"


def test_runs_as_json_hold_what_a_program_needs(where):
    leave_run(where, "20260101-000000-000", summary=a_summary(version=7))
    (run,) = json.loads(runs.show(where.workspace, "mail", (), as_json=True))
    assert (run["outcome"], run["seconds"]) == ("pushed", 61.5)
    assert run["summary"]["metrics"]["all"]["accuracy"] == 0.75


@pytest.mark.parametrize(
    ("started", "words"), [("2026010", "2 runs begin so"), ("1999", "no run begins so")]
)
def test_a_time_that_fits_several_runs_or_none_is_refused(where, started, words):
    leave_run(where, "20260101-000000-000")
    leave_run(where, "20260102-000000-000")
    with pytest.raises(ValueError, match=words):
        runs.show(where.workspace, "mail", [started], as_json=False)


def test_an_unknown_pipeline_is_refused_with_the_nearest_name(where):
    leave_run(where, "20260101-000000-000")
    with pytest.raises(ValueError, match="Did you mean 'mail'"):
        runs.show(where.workspace, "mial", (), as_json=False)


def test_a_rollback_serves_the_model_before_and_again_the_one_before_that(where, tmp_path):
    numbers = [push_model(where, tmp_path, name) for name in "abc"]

    def served():
        versions = storage.find_versions(where.served)
        return (versions[max(versions)] / "saved_model.pb").read_text()

    assert "instead of" in rollback.rollback(where.workspace, "mail", None)
    assert served() == "b"
    rollback.rollback(where.workspace, "mail", None)
    assert served() == "a"
    with pytest.raises(ValueError, match="no version before"):
        rollback.rollback(where.workspace, "mail", None)
    rollback.rollback(where.workspace, "mail", numbers[2])
    assert served() == "c"
    assert len(storage.find_versions(where.served)) == 6
    assert "already serves" in rollback.rollback(where.workspace, "mail", numbers[2])


def test_a_version_that_is_not_there_is_refused_with_those_that_are(where, tmp_path):
    number = push_model(where, tmp_path, "a")
    with pytest.raises(ValueError, match=f"no version 5. Versions: {number}"):
        rollback.rollback(where.workspace, "mail", 5)


def test_a_rollback_waits_for_no_run_and_says_which_holds_the_model(where, tmp_path):
    push_model(where, tmp_path, "a")
    push_model(where, tmp_path, "b")
    with lock.hold(where.lock), pytest.raises(lock.Busy):
        rollback.rollback(where.workspace, "mail", None)
