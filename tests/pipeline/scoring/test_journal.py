"""Tests of pipeline/scoring/journal.py: nothing is lost or doubled, whenever a command dies."""

import datetime
import decimal
import math

import pytest

from pipeline.scoring.journal import Journal

OF = {"model": "mail", "version": 3}


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".answers.unfinished"


def test_a_journal_continues_after_the_last_whole_line_wherever_it_was_cut(path):
    with Journal(path, OF) as kept:
        kept.add([{"row": index, "text": "👍 각\n"} for index in range(3)])
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole) + 1):
        path.write_bytes(whole[:cut])
        with Journal(path, OF) as kept:
            assert kept.rows == whole[first:cut].count(b"\n")
            kept.add({"row": index, "text": "👍 각\n"} for index in range(kept.rows, 3))
        assert path.read_bytes() == whole


@pytest.mark.parametrize("cut", [0, 1, 5])
def test_a_journal_that_was_cut_in_its_first_line_begins_anew(path, cut):
    with Journal(path, OF) as kept:
        kept.add([{"row": 0}])
    path.write_bytes(path.read_bytes()[:cut])
    with Journal(path, OF) as kept:
        assert kept.rows == 0
        kept.add([{"row": 1}])
        assert list(kept.read()) == [{"row": 1}]


def test_a_journal_of_another_model_begins_anew(path):
    with Journal(path, OF) as kept:
        kept.add([{"row": 0}])
    with Journal(path, {**OF, "version": 4}) as kept:
        assert kept.rows == 0 and list(kept.read()) == []


def test_halves_of_surrogate_pairs_are_replaced_and_paths_need_not_be_utf8(path):
    identity = {**OF, "input": "\udcff.csv"}
    with Journal(path, identity) as kept:
        kept.add([{"text": "각\ud800", "\udfff": 1}])
    with Journal(path, identity) as kept:
        assert list(kept.read()) == [{"text": "각?", "?": 1}]


def test_what_is_read_is_what_was_kept_also_where_fast_json_would_change_it(path):
    values = [math.inf, 2**70, -(2**63), 0.1, None, "null", [1, None], {"a": 1e-300}, True]
    with Journal(path, OF) as kept:
        kept.add([{"value": value} for value in [*values, math.nan]])
        *found, last = [entry["value"] for entry in kept.read()]
    assert found == values and math.isnan(last)


def test_what_json_has_no_form_for_is_kept_as_text(path):
    values = [datetime.datetime(2020, 1, 2), decimal.Decimal("1.10"), b"raw"]
    with Journal(path, OF) as kept:
        kept.add([{"value": value} for value in values])
        assert [entry["value"] for entry in kept.read()] == list(map(str, values))
