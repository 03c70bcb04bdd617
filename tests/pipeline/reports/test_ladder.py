"""Tests of pipeline/reports/ladder.py on made-up rows."""

import dataclasses
import json
import warnings

import pytest
from PIL import Image
from rich.console import Console

from models.tasks import metrics
from pipeline.comparison import headline
from pipeline.comparison.ladder_result import Ladder, ModelResult
from pipeline.reports import ladder as ladder_report

BEST = ModelResult(
    "pretrained_text",
    figures={"accuracy": 0.91234, "macro_f1": 0.9},
    interval=(0.88, 0.94),
    is_best=True,
    trainable=3_000_000,
    parameters=17_500_000,
    macs=1_434_453_120,
    seconds=372.0,
    latency_ms=9.876,
    batch_latency_ms=123.4,
    batch=32,
)
CLOSE = dataclasses.replace(
    BEST,
    name="tfidf",
    is_best=False,
    p_value=0.31,
    macs=60_000,
    latency_ms=0.21,
    parameters=3_000_000,
)
FAR = dataclasses.replace(
    CLOSE, name="rnn", figures={"accuracy": 0.6}, interval=(0.55, 0.65), p_value=1e-9
)
SIMPLE = ModelResult(
    "most frequent label", figures={"accuracy": 0.5}, interval=(0.4, 0.6), p_value=1e-20
)
ACCURACY = headline.of(metrics.accuracy("label"))
FAILED = ModelResult("vgg", error="image_size must be at least 17 pixels")


def ladder(*rows):
    return Ladder("mail", "test", 1752, ACCURACY, rows)


def prices(*rows):
    return Ladder("homes", "test", 310, headline.of(metrics.mean_absolute_error("price")), rows)


PRICED = dataclasses.replace(BEST, figures={"mae": 12345.6}, interval=(11_000.0, 13_500.0))
PRICED_CLOSE = dataclasses.replace(
    PRICED,
    name="tfidf",
    is_best=False,
    figures={"mae": 12400.0},
    difference=(-300.0, 410.0),
    p_value=0.6,
)
PRICED_FAR = dataclasses.replace(
    PRICED_CLOSE, name="rnn", figures={"mae": 20_000.0}, difference=(6000.0, 9000.0), p_value=0.001
)


def shown(found, width=80):
    terminal = Console(width=width, record=True, file=None, quiet=False)
    with terminal.capture() as capture:
        terminal.print(ladder_report.show(found))
    return capture.get()


def test_the_table_fits_a_terminal_of_80_columns():
    text = shown(ladder(SIMPLE, FAR, CLOSE, BEST))
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert "mail on 1,752 test examples" in text
    assert "0.912 (0.880-0.940)" in text
    assert "17.5M" in text and "1.43G" in text and "372 s" in text
    assert "9.88" in text and "123" in text


def test_only_what_the_examples_do_not_tell_from_the_best_is_marked():
    text = shown(ladder(SIMPLE, FAR, CLOSE, BEST))
    assert "tfidf ≈" in text and "rnn ≈" not in text
    assert "McNemar" in text
    assert "p of the difference from the best: most frequent label below 0.001, rnn below" in text
    assert "McNemar" not in shown(ladder(FAR, BEST))


def test_any_metric_is_named_shown_in_its_unit_and_marked_by_a_bootstrap_test():
    text = shown(prices(PRICED, PRICED_CLOSE, PRICED_FAR))
    assert "mae (95 %)" in text and "accuracy" not in text
    assert "12,346 (11,000-13,500)" in text
    assert "tfidf ≈" in text and "rnn ≈" not in text
    assert "bootstrap" not in shown(prices(PRICED, PRICED_FAR))
    assert "bootstrap test" in text and "McNemar" not in text
    assert "p of the difference from the best: tfidf 0.600, rnn 0.001." in text
    assert "mae: less is better." in text


def test_an_interval_below_zero_is_no_row_of_dashes():
    low = dataclasses.replace(BEST, figures={"accuracy": -0.05}, interval=(-0.1, -0.02))
    assert "-0.050 (-0.100 to -0.020)" in shown(ladder(low))


def test_the_chart_names_the_metric_and_says_if_less_is_better(tmp_path, drawn):
    ladder_report.draw(prices(PRICED, PRICED_FAR), tmp_path / "ladder.png")
    (figure,) = drawn
    assert figure.axes[0].get_ylabel() == "mae, 95 % interval, less is better"


def test_a_failed_rung_is_shown_with_its_reason_below_the_others():
    text = shown(ladder(BEST, FAILED))
    assert text.index("vgg failed: image_size must be at least 17 pixels") > text.index("9.88")


def test_a_ladder_of_failures_has_no_table(tmp_path):
    failed = Ladder("mail", "", 0, ACCURACY, [FAILED])
    terminal = Console(width=80)
    with terminal.capture() as capture:
        terminal.print(ladder_report.show(failed))
    assert "mail: no rung finished" in capture.get()
    assert "accuracy" not in capture.get()
    ladder_report.write(failed, tmp_path)
    assert not (tmp_path / ladder_report.CHART).exists()


def test_a_continued_training_and_a_small_batch_are_explained():
    text = shown(ladder(dataclasses.replace(BEST, is_continued=True, batch=29)))
    assert ">372 s" in text
    assert "only its last part was timed" in text
    assert "the batch has 29" in text


@pytest.mark.parametrize("rows", [[BEST], [SIMPLE, FAR, CLOSE, FAILED, BEST]])
def test_every_file_is_written(tmp_path, rows):
    ladder_report.write(ladder(*rows), tmp_path)
    table = (tmp_path / ladder_report.TABLE).read_text("utf-8")
    assert "| pretrained_text | 0.912 | 0.880-0.940 | 17.5M | 1.43G |" in " ".join(table.split())
    data = json.loads((tmp_path / ladder_report.DATA).read_text("utf-8"))
    assert [row["name"] for row in data["rows"]] == [row.name for row in rows]
    assert data["rows"][-1]["macs"] == 1_434_453_120
    with Image.open(tmp_path / ladder_report.CHART) as chart:
        assert chart.width > chart.height > 500


def test_an_earlier_chart_does_not_stay_beside_newer_figures(tmp_path):
    ladder_report.write(ladder(BEST), tmp_path)
    ladder_report.write(ladder(FAILED), tmp_path)
    assert not (tmp_path / ladder_report.CHART).exists()


def test_a_single_rung_can_be_drawn_whatever_its_latency(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for latency in (0.376538, 2.68, 1.0):
            small = dataclasses.replace(BEST, latency_ms=latency, parameters=10)
            ladder_report.draw(ladder(SIMPLE, small), tmp_path / "ladder.png")
    assert Image.open(tmp_path / "ladder.png").size == (1500, 750)


@pytest.mark.parametrize("number", [5, 16, 24, 60])
def test_the_legend_has_room_for_every_rung(tmp_path, drawn, number):
    rungs = [dataclasses.replace(FAR, name=f"rung {i}") for i in range(number)]
    ladder_report.draw(ladder(SIMPLE, *rungs, BEST), tmp_path / "ladder.png")
    (figure,) = drawn
    (legend,) = figure.legends
    assert len(legend.texts) == number + 2
    low, high = legend.get_window_extent().intervaly
    title = figure._suptitle.get_window_extent()
    assert 0 <= low < high <= title.y0
