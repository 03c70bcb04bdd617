"""Tests of components/doctor/checks/numbers.py: what is said of numbers, and where it begins."""

import numpy as np
import pytest

from components.doctor import rows
from components.doctor.checks import numbers
from components.doctor.setting import Setting

PRICE = Setting(target="price", target_field="target", holds="number")


def normal(count, seed=1, mean=50.0, deviation=10.0):
    return np.random.default_rng(seed).normal(mean, deviation, count).tolist()


def test_one_value_leaves_nothing_to_learn():
    found = numbers.target_values({"train": [3.0] * 7}, PRICE)
    assert found.verdict == "fail"
    assert "All 7 training rows have the value 3." in found.evidence
    assert "`task.target` ('price')" in found.fix


@pytest.mark.parametrize(
    ("train", "verdict"),
    [
        ([0.0, 1.0] * 30, "warn"),
        ([0.0, 1.0] * 20, "pass"),  # Too few rows to say so.
        ([0.0, 0.5] * 30, "pass"),  # No names.
        ([1.0, 2.0, 3.0, 4.0, 5.0] * 12, "warn"),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0] * 12, "pass"),
    ],
)
def test_a_few_whole_numbers_look_like_classes(train, verdict):
    found = numbers.target_values({"train": train})
    assert found.verdict == verdict
    assert ("look like names of classes" in found.meaning) == (verdict == "warn")


@pytest.mark.parametrize(("others", "verdict"), [(11, "pass"), (10, "warn")])
def test_one_value_in_nine_tenths_of_the_rows_is_named(others, verdict):
    train = [0.0] * (100 - others) + (np.arange(others) + 0.5).tolist()
    found = numbers.target_values({"train": train})
    assert found.verdict == verdict
    assert ("90.0% of them are 0." in found.evidence) == (verdict == "warn")


def test_values_of_all_splits_are_counted_between_the_same_edges():
    figures = numbers.target_values({"train": [0.0, 1.0, 3.0], "eval": [9.0]}).figures
    assert figures["edges"][0] == 0
    assert figures["edges"][-1] == 9
    assert {split: sum(counts) for split, counts in figures["counts"].items()} == {
        "train": 3,
        "eval": 1,
    }


def test_a_long_tail_has_much_of_the_squared_errors():
    exponential = np.random.default_rng(2).exponential(3.0, 4_000).tolist()
    incomes = np.random.default_rng(2).lognormal(0.0, 1.2, 4_000).tolist()
    assert numbers.target_skew({"train": exponential}).verdict == "pass"
    found = numbers.target_skew({"train": incomes}, PRICE)
    assert found.verdict == "warn"
    assert "log(1 + price)" in found.fix
    # What is to be expected of such numbers is no outlier.
    assert numbers.target_outliers({"train": incomes}).verdict == "pass"


@pytest.mark.parametrize(
    ("sign", "advised"), [(1, "log(1 + price - -4)"), (-1, "log(1 + 4 - price)")]
)
def test_the_logarithm_that_is_advised_is_of_numbers_above_zero(sign, advised):
    most = np.clip(np.random.default_rng(2).normal(size=4_000), -4, 4)
    train = sign * np.array([-4.0, *most, *[7.5] * 48])
    found = numbers.target_skew({"train": train.tolist()}, PRICE)
    assert found.verdict == "warn"
    assert advised in found.fix


def test_numbers_that_are_all_the_same_are_not_called_few():
    evidence = numbers.target_skew({"train": [3.0] * 200}).evidence
    assert "200 training values that are no outliers, 1 of them different" in evidence


@pytest.mark.parametrize(
    ("planted", "verdict"), [([], "pass"), ([150.0], "warn"), ([99_999.0], "fail")]
)
def test_numbers_far_from_all_others_are_outliers(planted, verdict):
    found = numbers.target_outliers({"train": normal(600) + planted}, PRICE)
    assert found.verdict == verdict
    assert found.figures["outliers"] == planted
    # They are told once.
    assert numbers.target_skew({"train": normal(600) + planted}).verdict == "pass"


def test_numbers_that_are_mostly_one_have_outliers_among_the_others():
    train = [0.0] * 400 + [1.0, 2.0, 3.0] * 20
    assert numbers.target_outliers({"train": train}).verdict == "pass"
    assert numbers.target_outliers({"train": [*train, 9999.0]}).verdict == "fail"


def test_outliers_do_not_depend_on_the_unit():
    train = np.array([*np.random.default_rng(3).lognormal(0.0, 1.0, 500), 1e7])
    whole, thousandth = (
        numbers.target_outliers({"train": (train * unit).tolist()}) for unit in (1, 1e-3)
    )
    assert whole.figures["rows"] == thousandth.figures["rows"] == 1


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (normal(90, 7), "pass"),
        (normal(90, 7, mean=56.0), "warn"),
        (normal(90, 7, mean=500.0), "fail"),
        (normal(85, 7) + [120.0] * 4, "pass"),
        (normal(85, 7) + [120.0] * 5, "warn"),
    ],
)
def test_numbers_of_another_range_are_drift(other, verdict):
    found = numbers.target_range({"train": normal(400), "eval": other}, PRICE)
    assert found.verdict == verdict
    assert "'price': train" in found.evidence


def test_splits_of_numbers_are_not_told_to_stratify():
    found = numbers.target_range({"train": normal(400), "eval": normal(90, 7, 500.0)}, PRICE)
    assert "stratify" not in found.fix


def test_one_input_with_numbers_far_apart_contradicts_itself():
    inputs = [f"text {number // 2}" for number in range(60)]
    values = [float(number // 2) for number in range(60)]
    values[1] += 30.0
    every, sample = rows.texts(zip(inputs, values, strict=True), 60, 0)
    found = numbers.target_conflicts({"train": every}, {"train": sample}, PRICE)
    assert found.verdict == "warn"
    assert found.figures["conflicts"] == 2 / 60
    assert found.figures["examples"] == [{"input": "text 0", "numbers": [0.0, 30.0]}]
    assert 0 < found.figures["unexplained"] < 0.1


def test_of_many_numbers_of_one_input_a_few_are_shown_with_the_ends():
    values = [float(number) for number in range(400, 0, -1)]
    every, sample = rows.texts([("again", value) for value in values], 400, 0)
    found = numbers.target_conflicts({"train": every}, {"train": sample}, PRICE)
    (example,) = found.figures["examples"]
    assert (example["numbers"][0], example["numbers"][-1]) == (1.0, 400.0)
    assert example["numbers"] == sorted(example["numbers"])
    assert len(example["numbers"]) == 5
