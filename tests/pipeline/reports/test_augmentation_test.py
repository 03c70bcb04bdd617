"""Tests of `maru augment-test`'s arms and of how its findings are shown."""

import dataclasses
import io
import json

import pytest
from PIL import Image
from rich.console import Console

from models.tasks import metrics
from pipeline.comparison import arms, headline
from pipeline.comparison.augmentation_result import ArmResult, Report, Training
from pipeline.comparison.paired_difference import PairedDifference
from pipeline.config import loading
from pipeline.reports import augmentation_test

TEXTS = {
    "name": "mail",
    "task": {"kind": "text_classification"},
    "data": {"source": {"kind": "csv", "path": "mail.csv"}},
    "model": {"kind": "text_cnn"},
    "training": {"epochs": 3, "seed": 10},
    "copies": {"balance": True, "seed": 4},
}


def load(*operations):
    return loading.from_mapping(TEXTS | {"augmentation": list(operations)}, source="the test")


def test_arms_are_without_with_and_each_operation_alone():
    swap = {"kind": "eda", "random_swap": {"n_aug": 1}, "random_deletion": {"n_aug": 0}}
    back = {"kind": "back_translation", "forward": "a", "backward": "b"}
    settings = load(swap, back)
    assert [arm.name for arm in arms.choose(settings, per_operation=False)] == ["without", "with"]
    found = {arm.name: arm for arm in arms.choose(settings, per_operation=True)}
    assert list(found) == [
        "without",
        "with",
        "eda.synonym_replacement",
        "eda.random_insertion",
        "eda.random_swap",
        "back_translation",
    ]
    (alone,) = found["eda.random_swap"].augmentation
    counts = {name: getattr(alone, name).n_aug for name in ("random_swap", "random_insertion")}
    assert counts == {"random_swap": 1, "random_insertion": 0}


def test_a_single_operation_is_not_trained_twice():
    back = {"kind": "back_translation", "forward": "a", "backward": "b"}
    assert len(arms.choose(load(back), per_operation=True)) == 2


def test_a_seed_changes_training_and_copies_and_nothing_else():
    settings = load("eda")
    without, augmented = (
        arm.config(settings, 2) for arm in arms.choose(settings, per_operation=False)
    )
    assert (augmented.training.seed, augmented.copies.seed) == (12, 6)
    assert augmented.copies.balance and not without.copies.balance
    assert (without.training, without.data) == (augmented.training, augmented.data)
    assert without.augmentation == ()


def test_the_longer_training_sees_as_many_batches():
    (longer,) = arms.lengthen(load("eda"), rows=100, augmented_rows=510)
    assert longer.config(load("eda"), 0).training.epochs == 15
    assert arms.lengthen(load("eda"), rows=100, augmented_rows=100) == []


ACCURACY = headline.of(metrics.accuracy("label"))
CONTRAST = PairedDifference((0.02, 0.04), 0.03, (-0.01, 0.07), (0.01, 0.05), True)


def report(**more):
    rows = [
        ArmResult("without", [0.5, 0.52], {}, 100, 30, None, None),
        ArmResult("with", [0.52, 0.56], {"macro_f1": 0.53}, 500, 150, CONTRAST, CONTRAST.verdict),
        ArmResult("eda.random_insertion", [], {}, None, None, None, None),
    ]
    failed = Training("eda.random_insertion", 0, error="no synonyms")
    fields = {"name": "mail", "split": "eval", "examples": 1200, "seeds": 2, "headline": ACCURACY}
    return Report(**fields, rows=rows, trainings=[failed], **more)


def shown(found, width=80):
    terminal = Console(file=io.StringIO(), width=width)
    terminal.print(augmentation_test.show(found))
    return terminal.file.getvalue()


def test_the_table_fits_a_terminal_and_has_every_figure():
    text = shown(report())
    lines = [line.split() for line in text.splitlines()]
    assert ["without", "51.00", "±1.41", "30"] in lines
    expected = ["with", "54.00", "±2.83", "+3.00", "-1.0", "to", "+7.0", "+1.0", "to", "+5.0"]
    assert [*expected, "150"] in lines
    assert "`with` is not told apart from without" in text
    assert "eda.random_insertion, seed 0 failed: no synonyms" in text
    assert "5.0 times the batches" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80


def of_errors(contrast):
    rows = [
        ArmResult("without", [210.0, 190.0], {}, 100, 30, None, None),
        ArmResult("with", [150.0, 170.0], {}, 100, 30, contrast, contrast.verdict),
    ]
    told = headline.of(metrics.mean_absolute_error("price"))
    return Report("homes", "eval", 1200, 2, told, rows=rows, trainings=[])


def test_a_metric_in_another_unit_is_shown_in_it_and_less_of_it_is_better():
    text = shown(of_errors(PairedDifference((-60, -20), -40.0, (-70, -10), (-55, -25), False)))
    lines = [line.split() for line in text.splitlines()]
    expected = ["with", "160.0", "±14.1", "-40.00", "-70.00", "to", "-10.00"]
    assert [*expected, "-55.00", "to", "-25.00", "30"] in lines
    assert "`with` is better than without: both intervals lie below 0" in text
    assert "mae, less is better: mean and standard deviation" in text
    assert "In percent" not in text and "accuracy" not in text


def test_the_plot_names_the_metric(tmp_path, drawn):
    contrast = PairedDifference((-60, -20), -40.0, (-70, -10), (-55, -25), False)
    augmentation_test.draw(of_errors(contrast), tmp_path / "test.png")
    (figure,) = drawn
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert labels == ["mae, a point for each seed", "difference to `without`, less is better"]


def test_json_and_plot_are_written_and_an_old_plot_is_not_left(tmp_path):
    augmentation_test.write(report(), tmp_path)
    found = json.loads((tmp_path / augmentation_test.DATA).read_text("utf-8"))
    assert found["rows"][1]["contrast"]["over_seeds"] == [-0.01, 0.07]
    assert any("Student's t" in line for line in found["remarks"])
    with Image.open(tmp_path / augmentation_test.PLOT) as image:
        assert image.width > image.height
    nothing = Report("mail", "", 0, 2, ACCURACY, rows=[], trainings=[])
    augmentation_test.write(nothing, tmp_path)
    assert not (tmp_path / augmentation_test.PLOT).exists()
    assert "no training finished" in shown(nothing)


def test_pairs_are_those_that_finished():
    one = PairedDifference((0.03,), 0.03, None, (0.01, 0.05), True)
    found = report()
    rows = [*found.rows, dataclasses.replace(found.rows[1], name="eda.random_swap", contrast=one)]
    lines = augmentation_test.remarks(dataclasses.replace(found, rows=rows))
    assert any("1 or 2 pairs" in line for line in lines)


@pytest.mark.parametrize("steps", [30, None])
def test_equal_steps_are_not_remarked_on(steps):
    rows = [
        ArmResult("without", [0.5], {}, 9, 30, None, None),
        ArmResult("with", [0.5], {}, 9, steps, CONTRAST, CONTRAST.verdict),
    ]
    found = Report("mail", "eval", 9, 2, ACCURACY, rows=rows, trainings=[])
    assert not any("times the batches" in line for line in augmentation_test.remarks(found))
