"""Tests of pipeline/comparison/comparison.py on made-up stages."""

import io
import types

import pytest

from pipeline import paths, runners
from pipeline.comparison import comparison
from pipeline.config import loading
from pipeline.display import run_view

pytestmark = pytest.mark.tfx

CONFIG = loading.from_mapping(
    {
        "name": "mail",
        "task": {"kind": "text_classification"},
        "data": {"source": {"kind": "csv", "path": "mail.csv"}},
        "model": {"kind": "text_cnn"},
    },
    source="the test",
)
EXAMPLES = types.SimpleNamespace(id=7, uri="/examples")


@pytest.fixture
def compared(tmp_path, monkeypatch):
    """A comparison whose `outcomes` are what the two stages of the next run do."""

    def run(outcomes, observer):
        for stage, outcome in outcomes.items():
            observer.started(stage)
            if isinstance(outcome, Exception):
                observer.failed(stage, 1.0, outcome)
                raise outcome
            outputs = {"examples": EXAMPLES} if stage == "Ingest" else {}
            observer.finished(runners.StageResult(stage, outcome, 2.5, "", outputs))

    monkeypatch.setattr(runners, "run", run)
    where = paths.Paths(tmp_path, "mail")
    where.resumable.mkdir(parents=True)
    made = comparison.Comparison(
        CONFIG,
        where,
        tmp_path,
        run_view.RunView(io.StringIO()),
        tmp_path / "log.txt",
        comparison.Stages(lambda *_: made.outcomes, frozenset({"Ingest"})),
    )
    made.outcomes = {"Ingest": "ran", "Trainer": "ran"}
    return made


def shown(compared):
    return compared.console.file.getvalue()


def test_what_is_measured_of_a_finished_run_is_given_back(compared):
    assert compared.train("one", CONFIG, lambda run: sorted(run.results)) == ["Ingest", "Trainer"]
    assert compared.examples.artifact is EXAMPLES
    assert compared.code == 0


def test_a_training_that_fails_is_shown_and_the_next_goes_on(compared):
    compared.outcomes["Trainer"] = ZeroDivisionError("a defect")
    failure = compared.train("one", CONFIG, lambda run: "measured")
    assert (failure.code, compared.code) == (1, 1)
    assert "Unexpected: ZeroDivisionError: a defect. The traceback is in" in shown(compared)
    compared.outcomes["Trainer"] = "ran"
    assert compared.train("two", CONFIG, lambda run: "measured") == "measured"
    assert compared.code == 1


def test_a_model_that_cannot_be_measured_has_failed(compared):
    def measure(run):
        raise ZeroDivisionError("a defect")

    assert compared.train("one", CONFIG, measure).code == 1


def test_what_fails_in_a_stage_that_all_share_ends_the_comparison(compared):
    compared.outcomes["Ingest"] = ZeroDivisionError("a defect")
    with pytest.raises(ZeroDivisionError):
        compared.train("one", CONFIG, lambda run: "measured")


def test_only_trainings_that_were_not_wholly_cached_are_timed(compared):
    compared.outcomes["Ingest"] = "cached"
    compared.train("one", CONFIG, lambda run: None)
    compared.outcomes["Trainer"] = "cached"
    compared.train("two", CONFIG, lambda run: None)
    assert compared.seconds == [5.0]


@pytest.mark.parametrize("code", [0, 2])
def test_what_a_next_try_needs_is_kept_after_a_failure(compared, code):
    compared.code = code
    compared.clear()
    assert compared.where.resumable.exists() == (code != 0)
