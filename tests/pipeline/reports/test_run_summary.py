"""Tests of pipeline/reports/run_summary.py: the closing page."""

import dataclasses
import io

import pytest
from rich.console import Console

from components.baseline.baseline import Baseline
from pipeline.reports import run_summary

METRICS = {"example_count": 50.0, "accuracy": 0.8, "macro_f1": 0.7, "cross_entropy": 0.5}
TRIALS = [
    {"score": 0.9123, "model.recipe.dropout": 0.25, "training.optimizer.weight_decay": None},
    {"score": 0.8, "model.recipe.dropout": 0.5, "training.optimizer.weight_decay": 0.0123},
]
DONE = run_summary.Summary(
    name="mail",
    split="test",
    metrics={"all": METRICS},
    served_before=None,
    shown=("accuracy", "cross_entropy", "macro_f1"),
    interval=(0.7, 0.9),
    is_below_baseline=False,
    baseline=Baseline("accuracy", 0.5, "most frequent label", 0.6, "a linear model"),
    refusals=[],
    rows={"train": {"ham": 50}},
    remarks=[],
    quarantined=0,
    quarantine="",
    parameters={"trainable": 10, "frozen": 0},
    version=1,
    model="served/mail/1",
    fine_tuned_by="pretrained_text",
    model_run="runs/1",
    latency_ms=0.234,
    augmentation=None,
    augmentation_report=None,
    findings=[],
    doctor_reports=[],
    analysis="runs/1/analysis",
    stages=[],
    trials=TRIALS,
)


def shown(width=200, **changes):
    terminal = Console(file=io.StringIO(), width=width)
    run_summary.show(dataclasses.replace(DONE, **changes), terminal, "'a text'")
    return terminal.file.getvalue().splitlines()


def test_trials_are_a_table_where_there_is_room():
    assert ["1", "0.9123", "0.25", "null"] in [line.split() for line in shown()]


def test_a_narrow_terminal_keeps_score_and_names_of_every_trial():
    lines = shown(width=60)
    start = lines.index("2 trials, the best of them") + 1
    assert lines[start : start + 8] == [
        "rank 1",
        "  score 0.9123",
        "  model.recipe.dropout 0.25",
        "  training.optimizer.weight_decay null",
        "rank 2",
        "  score 0.8000",
        "  model.recipe.dropout 0.5",
        "  training.optimizer.weight_decay 0.0123",
    ]


@pytest.mark.parametrize(
    ("latency", "words"),
    [(0.234, ", 0.23 ms a request"), (37.65, ", 37.6 ms a request"), (None, "")],
)
def test_the_time_of_a_request_has_digits_enough(latency, words):
    assert f"served model: served/mail/1{words}" in shown(latency_ms=latency)


def test_what_is_to_be_known_of_the_data_is_on_the_closing_page():
    remark = "3 rows of eval are also train rows"
    assert remark in shown(remarks=[remark])
