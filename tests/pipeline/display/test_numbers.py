"""Tests of pipeline/display/numbers.py."""

import pytest

from pipeline.display import numbers


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (0, "0"),
        (0.25, "0.25"),
        (999, "999"),
        (999.6, "1k"),
        (1752, "1.75k"),
        (999_499, "999k"),
        (999_600, "1M"),
        (17_500_000, "17.5M"),
        (999_999_999, "1G"),
        (1_434_453_120, "1.43G"),
        (999.9e9, "1T"),
    ],
)
def test_counts_have_three_digits_and_a_unit(value, shown):
    assert numbers.count(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (0.234, "0.23"), (9.876, "9.88"), (37.65, "37.6"), (123.4, "123")],
)
def test_times_have_three_digits_or_so(value, shown):
    assert numbers.milliseconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.91234, "0.912"),
        (0.0, "0.000"),
        (-0.05, "-0.050"),
        (0.00123, "0.0012"),
        (34.567, "34.57"),
        (345.67, "345.7"),
        (12345.6, "12,346"),
        (None, "-"),
    ],
)
def test_a_metric_has_the_digits_that_its_unit_needs(value, shown):
    assert numbers.figure(value) == shown


def test_a_deviation_has_as_many_decimals_as_its_mean():
    assert numbers.figure(0.0022, 0.049) == "0.002"
    assert numbers.figure(14.142, 160.0) == "14.1"


def test_a_difference_has_its_sign():
    assert [numbers.signed(value) for value in (1.5, -1.5)] == ["+1.500", "-1.500"]
