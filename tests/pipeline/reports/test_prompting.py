"""Tests of pipeline/reports/prompting.py: what the table says, and what is drawn."""

import dataclasses
import io

import pytest
from matplotlib import figure
from rich.console import Console

from pipeline.prompting.result import Result, ShotsResult
from pipeline.reports import prompting

NONE = ShotsResult(0, 0.25, (0.1, 0.5), [0.25], 0, 0, 0, 0, 20)
FEW = ShotsResult(4, 0.625, (0.4, 0.8), [0.5, 0.75], 1, 2, 3, 0, 40)
FOUND = Result("fruit", "small, version 1", "test", 20, 36, 5, 0.3, [FEW, NONE])


def shown(found):
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(prompting.show(found))
    return [line.split() for line in console.export_text().splitlines()]


def test_rows_stand_in_the_order_asked_with_interval_and_spread():
    rows = [line for line in shown(FOUND) if line and line[0] in ("0", "4") and len(line) == 9]
    assert rows == [
        ["4", "0.625", "0.400", "to", "0.800", "2", "0.500", "0.750", "40"],
        ["0", "0.250", "0.100", "to", "0.500", "1", "0.250", "0.250", "20"],
    ]


def test_what_counts_as_wrong_is_told_only_where_there_is_any():
    told = [" ".join(line) for line in shown(FOUND)]
    assert [line for line in told if "shots:" in line] == [
        "4 shots: 1 of 40 prompts have several likeliest answers, which counts as wrong.",
        "4 shots: 2 of 40 prompts have no answer in what was written, which counts as wrong.",
        "4 shots: 3 of 40 prompts lost examples, the first ones, as the model does not read so "
        "much at once.",
    ]
    assert "5 rows cannot be used and are left out." in told


def test_without_examples_nothing_is_said_of_the_most_frequent_answer():
    told = " ".join(" ".join(line) for line in shown(dataclasses.replace(FOUND, simple=None)))
    assert "most frequent" not in told


def test_each_number_of_shots_is_drawn_at_a_place_of_its_own(tmp_path, monkeypatch):
    drawn = []
    keep = figure.Figure.savefig
    monkeypatch.setattr(
        figure.Figure,
        "savefig",
        lambda self, *given, **more: drawn.append(self) or keep(self, *given, **more),
    )
    other = dataclasses.replace(FOUND, by_shots=[dataclasses.replace(FEW, shots=16), NONE])
    prompting.draw({"one": FOUND, "other": other}, "two", tmp_path / "two.png")
    (axes,) = drawn[0].axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "4", "16"]
    places = [container.lines[0].get_xdata() for container in axes.containers]
    assert places[0] == pytest.approx([-0.025, 0.975])
    assert places[1] == pytest.approx([0.025, 2.025])
    assert (tmp_path / "two.png").stat().st_size > 10_000
