"""Tests of components/augment/balance.py."""

import pytest

from components.augment import balance
from pipeline.config.problems import ConfigError
from tests import strict

ROWS = {"often": 7, "seldom": 2, "once": 1}


def test_without_balance_every_row_gets_its_copies():
    assert balance.totals(ROWS, 3, balanced=False) == {"often": 21, "seldom": 6, "once": 3}


@pytest.mark.parametrize("copies", [0, 2])
def test_with_balance_all_labels_end_with_as_many_rows_as_the_most_frequent(copies):
    totals = balance.totals(ROWS, copies, balanced=True)
    assert {ROWS[label] + totals[label] for label in ROWS} == {7 * (1 + copies)}
    assert totals["often"] == 7 * copies


def test_copies_are_dealt_evenly_and_all_of_them():
    shares = balance.Shares({"a": 4, "b": 1}, {"a": 10, "b": 3})
    dealt = [shares.next(label) for label in ("a", "b", "a", "a", "a")]
    assert dealt[1] == 3
    assert sorted(dealt[:1] + dealt[2:]) == [2, 2, 3, 3]


def test_fewer_copies_than_none_are_refused():
    with pytest.raises(ConfigError, match="materialize: must be at least 0. Received: -1"):
        strict.read(balance.CopiesConfig, {"materialize": -1})
