"""Tests of components/doctor/checks/numbers.py: what is said of numbers, and where it begins."""

import types

import numpy as np
import pytest
from scipy import stats

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
        ([0.0, 1.0] * 25, "warn"),
        ([0.0, 1.0] * 24 + [1.0], "pass"),  # Too few rows to say so.
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


@pytest.mark.parametrize(("rows", "verdict"), [(50, "warn"), (49, "pass")])
def test_fifty_rows_are_needed_to_call_one_value_frequent(rows, verdict):
    train = [0.0] * (rows - 5) + [0.5, 1.5, 2.5, 3.5, 4.5]
    assert numbers.target_values({"train": train}).verdict == verdict


@pytest.mark.parametrize(
    ("values", "bins"), [([3.0, 3.0], 2), ([1, 2, 5], 6), (range(15), 30), (range(99), 30)]
)
def test_there_are_two_bins_per_value_and_thirty_at_most(values, bins):
    figures = numbers.target_values({"train": [float(value) for value in values]}).figures
    assert len(figures["edges"]) == bins + 1
    assert len(figures["counts"]["train"]) == bins


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


@pytest.mark.parametrize(
    ("skewness", "more", "verdict"),
    [
        (2.0, [], "warn"),
        (-2.0, [], "warn"),
        (1.99, [], "pass"),
        (-1.99, [], "pass"),
        (2.0, [-1.0, 1.0], "pass"),  # One row has less than a quarter.
    ],
)
def test_a_tail_is_long_by_its_skewness_and_by_the_share_of_the_farthest_hundredth(
    skewness, more, verdict, monkeypatch
):
    monkeypatch.setattr(numbers.stats, "skew", lambda _: skewness)
    # Squares of 64 and of 256 in all.
    train = [-8.0, 8.0] + [-2.0, 2.0] * 16 + [0.0] * 66 + more
    found = numbers.target_skew({"train": train}, PRICE)
    assert found.verdict == verdict
    assert found.figures == {"skewness": skewness, "heavy": 64 / (256 + 2 * bool(more))}


@pytest.mark.parametrize(("rows", "is_told"), [(50, True), (49, False)])
def test_fifty_rows_are_needed_to_tell_a_tail(rows, is_told):
    found = numbers.target_skew({"train": [float(row) for row in range(rows)]})
    assert (found.figures["skewness"] is not None) == is_told


def test_zero_has_a_logarithm_that_shortens_the_tail():
    assert numbers._shortened(np.array([0.0, 9.0]), 2.0, "price") == "log(1 + price)"
    assert numbers._shortened(np.array([-1.0, 9.0]), 2.0, "price") == "log(1 + price - -1)"
    assert numbers._shortened(np.array([0.0, 9.0]), -2.0, "price") == "log(1 + 9 - price)"


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


def around_zero(ones, *others):
    """Numbers whose median deviation is 1, so that 11.86 is eight robust deviations away."""
    return [-1.0, 1.0] * ones + [0.0] * 3 + list(others)


@pytest.mark.parametrize(
    ("train", "verdict", "outliers"),
    [
        (around_zero(50, 11.8), "pass", []),
        (around_zero(50, 11.9), "warn", [11.9]),
        (around_zero(50, -11.9), "warn", [-11.9]),
        (around_zero(648, 12.0), "warn", [12.0]),  # A tenth of the squares.
        (around_zero(649, 12.0), "pass", [12.0]),
        (around_zero(50, 29.9), "warn", [29.9]),
        (around_zero(50, 30.0), "fail", [30.0]),  # Nine tenths.
        (around_zero(23, 30.0), "fail", [30.0]),
        (around_zero(22, 30.0), "pass", [30.0]),  # Fewer than fifty rows.
    ],
)
def test_outliers_are_eight_deviations_away_and_matter_by_their_squares(train, verdict, outliers):
    found = numbers.target_outliers({"train": train})
    assert found.verdict == verdict
    assert found.figures["outliers"] == outliers


def test_the_five_farthest_outliers_are_shown():
    far = [60.0, -70.0, 90.0, 50.0, -80.0, 40.0]
    figures = numbers.target_outliers({"train": around_zero(90, *far)}).figures
    assert figures["outliers"] == [90.0, -80.0, -70.0, 60.0, 50.0]
    assert figures["rows"] == 6


@pytest.mark.parametrize(
    ("middle", "least", "is_logarithm"),
    [
        (7.0, 0.0, False),  # Kelly's skewness of 0.3.
        (6.9, 0.0, True),
        (6.9, -0.5, False),
    ],
)
def test_logarithms_are_compared_where_the_middle_of_positive_numbers_is_skewed(
    middle, least, is_logarithm
):
    # The tenth, the half and nine tenths are at 0, at the middle and at 20.
    values = np.array([least, 0.0, 1.0, 2.0, 3.0, middle, 8.0, 9.0, 10.0, 20.0, 21.0])
    seen = np.log(values + middle) if is_logarithm else values
    distances = seen - np.sort(seen)[5]
    deviation = 1.4826 * np.median([abs(one) for one in distances if one])
    assert numbers._robust_z(values) == pytest.approx(distances / deviation)


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


@pytest.mark.parametrize(
    ("distance", "p", "verdict"),
    [
        (0.2, 0.0, "pass"),
        (0.201, 0.0, "warn"),
        (0.5, 0.001, "pass"),
        (0.5, 0.00099, "warn"),
        (0.8, 0.0, "warn"),
        (0.801, 0.0, "fail"),
        (0.801, 0.001, "pass"),
    ],
)
def test_numbers_must_be_surely_and_far_apart(distance, p, verdict, monkeypatch):
    found = types.SimpleNamespace(statistic=distance, pvalue=p)
    monkeypatch.setattr(numbers.stats, "ks_2samp", lambda *_, **__: found)
    figures = numbers.target_range({"train": [1.0, 2.0], "eval": [1.0, 2.0]})
    assert figures.verdict == verdict


@pytest.mark.parametrize(
    ("beyond", "of", "verdict"),
    [(3, 60, "warn"), (3, 61, "pass"), (2, 20, "pass"), (3, 20, "warn")],
)
@pytest.mark.parametrize("far", [-9.0, 109.0])
def test_three_numbers_and_a_twentieth_beyond_the_training_ones_are_told(beyond, of, verdict, far):
    train = np.linspace(0.0, 100.0, 101)
    other = [far] * beyond + np.linspace(0.0, 100.0, of - beyond).tolist()
    found = numbers.target_range({"train": train.tolist(), "eval": other})
    assert found.verdict == verdict
    assert found.figures["outside"]["eval"] == beyond / of


@pytest.mark.parametrize(("rows", "others", "method"), [(99, 101, "exact"), (100, 100, "asymp")])
def test_few_numbers_are_compared_exactly(rows, others, method):
    train, other = np.arange(rows) * 1.0, np.arange(others) + 9.5
    found = numbers.target_range({"train": train.tolist(), "eval": other.tolist()})
    assert found.figures["p"]["eval"] == stats.ks_2samp(train, other, method=method).pvalue


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


def conflicting(values, keys):
    """The finding on numbers of inputs with these keys."""
    keys = np.array(keys, np.uint64)
    names = [f"text {key}" for key in keys]
    sample = rows.Sample(values, keys, names, np.arange(len(values)))
    return numbers.target_conflicts({"train": sample}, {"train": sample}, PRICE)


@pytest.mark.parametrize(
    ("groups", "verdict"),
    [([2, 2], "pass"), ([2, 3], "warn"), ([2] * 49, "warn"), ([2] * 50, "fail")],
)
def test_inputs_with_numbers_far_apart_warn_and_then_fail(groups, verdict):
    keys = np.repeat(np.arange(len(groups)), groups).tolist()
    values = [float(place % 2) for place in range(len(keys))]
    others = 1_000 - len(keys)
    found = conflicting(values + [0.5] * others, keys + [10**6 + n for n in range(others)])
    assert found.verdict == verdict
    assert found.figures["conflicts"] == len(keys) / 1_000
    examples = found.figures["examples"]
    assert [len(one["numbers"]) for one in examples] == groups[:5]
    assert [one["input"] for one in examples] == [f"text {n}" for n in range(len(groups))][:5]


@pytest.mark.parametrize(("more", "verdict"), [(0.0, "pass"), (0.01, "fail")])
def test_numbers_half_a_deviation_apart_do_not_contradict_each_other(more, verdict):
    # Their standard deviation is 1.
    values = [-0.25, 0.25 + more] * 3 + [-1.25, 1.25] * 5
    assert conflicting(values, [0, 0, 1, 1, 2, 2, *range(3, 13)]).verdict == verdict


def test_of_many_numbers_of_one_input_a_few_are_shown_with_the_ends():
    values = [float(number) for number in range(400, 0, -1)]
    every, sample = rows.texts([("again", value) for value in values], 400, 0)
    found = numbers.target_conflicts({"train": every}, {"train": sample}, PRICE)
    (example,) = found.figures["examples"]
    assert (example["numbers"][0], example["numbers"][-1]) == (1.0, 400.0)
    assert example["numbers"] == sorted(example["numbers"])
    assert len(example["numbers"]) == 5
