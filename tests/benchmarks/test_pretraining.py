"""Accuracies by minute out of a log that tells means since the begin."""

import datetime

import pytest

from benchmarks import pretraining

BEGIN = datetime.datetime(2026, 1, 1)


def step(seconds, number, accuracy):
    return BEGIN + datetime.timedelta(seconds=seconds), number, 9, accuracy


def test_a_minute_has_the_mean_of_its_own_steps():
    steps = [step(0, 1, 0.1), step(30, 2, 0.2), step(70, 4, 0.4), step(190, 5, 0.5)]
    found = list(pretraining.by_minute(steps))
    assert [done for _, done in found] == [2, 4, 5]
    assert [mean for mean, _ in found] == [pytest.approx(one) for one in (0.2, 0.6, 0.9)]


def test_seeds_are_told_with_students_interval():
    told = pretraining.spread([0.5, 0.6, 0.7])
    assert told == "0.600 (0.352 to 0.848), deviation 0.100"
    assert pretraining.spread([0.25]) == "0.250"


def test_a_task_is_some_drawn_rows_with_words_for_answers(tmp_path):
    rows = [f"a\tb {place}\t{place % 2}" for place in range(600)]
    for name in ("train", "test"):
        (tmp_path / f"{name}.tsv").write_text("\n".join(["text\tmore\tlabel", *rows]), "utf-8")
    data = pretraining.task(tmp_path, tmp_path / "work", {"1": "positive"})
    head, *drawn = (data / "train.tsv").read_text("utf-8").splitlines()
    judged = (data / "test.tsv").read_text("utf-8").splitlines()[1:]
    assert head == "text\tmore\tlabel" and len(drawn) == 500
    assert judged[:2] == ["a\tb 0\t0", "a\tb 1\tpositive"] and len(judged) == 600
    assert set(drawn) <= set(judged)
