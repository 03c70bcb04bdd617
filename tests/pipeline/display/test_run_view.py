"""Tests of pipeline/display/run_view.py, drawn into a string."""

import io
import logging
import types

import pytest
from rich.console import Console

from pipeline.display import run_view


@pytest.fixture
def view():
    return run_view.RunView(io.StringIO())


def result(stage="Trainer", outcome="ran", seconds=12.34, why=""):
    return types.SimpleNamespace(stage=stage, outcome=outcome, seconds=seconds, why=why)


def drawn(view):
    return view.console.file.getvalue()


def test_a_finished_stage_is_one_line_with_time_outcome_and_reason(view):
    view.started("Trainer")
    why = "training.learning_rate: 0.001 -> 0.01, " + "a long reason " * 20 + "[with] brackets"
    view.finished(result(why=why))
    assert drawn(view) == f"✓ Trainer             12.3 s  ran    {why}\n"


def test_a_cached_stage_gives_no_reason(view):
    view.started("Ingest")
    view.finished(result("Ingest", "cached", 0.04))
    assert drawn(view).rstrip() == "✓ Ingest               0.0 s  cached"


def test_a_failed_stage_says_so(view):
    view.started("Evaluator")
    view.failed("Evaluator", 3.21, ValueError("no"))
    assert drawn(view) == "✗ Evaluator            3.2 s  failed\n"


def test_remarks_stand_beside_the_stage_that_made_them(view, monkeypatch):
    for name in ("maru.progress", "maru.outcome"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    run_view.attach(view)
    view.started("Pusher")
    logging.getLogger("maru.outcome").info("pushed as version %d", 7)
    view.finished(result("Pusher", why="always looks"))
    view.started("Other")
    view.finished(result("Other"))
    first, second = drawn(view).splitlines()
    assert first.endswith("ran    always looks; pushed as version 7")
    assert "pushed" not in second


def test_a_search_counts_trials(view):
    view.started("Tuner")
    values = {"counted": "trial", "epoch": 2, "epochs": 4, "step": 1, "steps": 1}
    view.emit(logging.makeLogRecord({"msg": "trial 2/4", "progress": {**values, "val_loss": 0.5}}))
    (task,) = view._progress.tasks
    assert task.fields["note"] == "trial 2/4  val_loss 0.500"


def test_progress_is_drawn_only_while_a_stage_runs(view):
    values = {"epoch": 2, "epochs": 3, "step": 1, "steps": 5, "val_accuracy": 0.5}
    record = logging.makeLogRecord({"msg": "epoch 2/3", "progress": values})
    view.emit(record)
    view.started("Trainer")
    view.emit(record)
    (task,) = view._progress.tasks
    assert 0 < task.completed < task.total
    view.finished(result())
    view.emit(record)
    assert "epoch" not in drawn(view)  # This is no terminal, so nothing live is drawn.


def test_a_terminal_shows_what_the_running_stage_does():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    view = run_view.RunView(Terminal())
    view.started("Canary")
    view.finished(result("Canary"))
    assert run_view.STAGES["Canary"] in drawn(view)


def test_a_grid_shows_cells_as_they_are_and_numbers_flush_right():
    terminal = Console(file=io.StringIO(), width=60)
    terminal.print(run_view.grid(["label", "train"], [["[red]", "7"], ["한글 라벨", "1234"]]))
    lines = [line.strip() for line in terminal.file.getvalue().splitlines()]
    assert f"{'[red]':<13}   7" in lines
    assert "한글 라벨    1234" in lines  # Hangul is two columns wide.
    terminal = Console(file=io.StringIO(), width=60)
    terminal.print(run_view.grid(["text", "label"], [["a", "b"], ["c", "longer"]], numbers=False))
    assert any(line.split() == ["a", "b"] for line in terminal.file.getvalue().splitlines())


@pytest.mark.parametrize("width", [70, 80, 100])
def test_no_figure_and_no_name_is_cut_in_a_narrow_terminal(width):
    terminal = Console(file=io.StringIO(), width=width)
    figures = [f"{place}.{place}23" for place in range(6)]
    headings = ["", "bleu", "chrf", "rouge1", "rouge2", "rougel", "exact match"]
    long = "a_name_without_blanks_that_is_longer_than_its_share"
    terminal.print(run_view.grid(headings, [["word by word", *figures], [long, "0.5"]]))
    shown = terminal.file.getvalue()
    assert "…" not in shown
    assert {*figures, "bleu", "rougel", "exact", "match"} <= set(shown.split())
    assert long in "".join(shown.split()).replace("0.5", "")
