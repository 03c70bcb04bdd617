"""Tests of components/doctor/checks/pairs.py and of how rows of two texts are read."""

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from components.doctor import rows
from components.doctor.checks import pairs, strength, views
from components.doctor.columns import Column
from components.doctor.setting import Setting

COLUMNS = (Column("ask", "text", "input", "first"), Column("reply", "text", "input", "second"))
NAMES = ["ask", "reply"]
WORDS = ["wave", "sand", "salt", "rock", "snow", "rope", "tram", "shop", "lamp"]


def exchanges(count, seed):
    """Questions and answers that nothing but their form tells apart."""
    draw = np.random.default_rng(seed)

    def some():
        return f"{' '.join(draw.choice(WORDS, 4))} n{draw.integers(9999)}"

    return [(f"what is {some()}?", f"it is {some()}.") for _ in range(count)]


def turned(found):
    return [(second, first) for first, second in found]


@pytest.mark.parametrize(
    ("same", "verdict"), [(9, "pass"), (10, "warn"), (49, "warn"), (50, "fail")]
)
def test_the_same_text_twice_says_nothing(same, verdict):
    found = [("A  text", "a text")] * same + [("one", "another")] * (100 - same)
    finding = pairs.identical_texts({"train": found}, COLUMNS)
    assert finding.verdict == verdict
    if verdict != "pass":
        assert "`task.first` ('ask') and `task.second` ('reply')" in finding.fix


def order(splits):
    return pairs.text_order(LinearSVC(), splits, NAMES, 0)


def test_columns_that_are_swapped_in_a_split_are_named():
    splits = {"train": exchanges(150, 1), "eval": exchanges(60, 2)}
    assert order(splits).verdict == "pass"
    finding = order({**splits, "eval": turned(splits["eval"])})
    assert finding.verdict == "fail"
    assert "In eval the two texts are swapped" in finding.meaning


def test_training_rows_turned_round_are_a_leak():
    train = [(a.strip("whati ?."), b.strip("ti ?.")) for a, b in exchanges(150, 1)]
    finding = order({"train": train, "eval": turned(train[:30]) + exchanges(90, 2)})
    assert finding.verdict == "warn"
    assert finding.figures["mirrored"] == {"eval": 0.25}


@pytest.mark.parametrize(
    ("train", "other", "verdict"),
    [
        ((0.61, 0.0), (0.39, 0.0), "fail"),
        ((0.6, 0.0), (0.39, 0.0), "pass"),
        ((0.61, 0.0), (0.4, 0.0), "pass"),
        ((0.75, 0.0625), (0.1, 0.0), "pass"),  # Four errors from chance.
        ((0.76, 0.0625), (0.1, 0.0), "fail"),
        ((0.9, 0.0), (0.25, 0.0625), "pass"),
        ((0.9, 0.0), (0.24, 0.0625), "fail"),
    ],
)
def test_texts_are_swapped_where_both_splits_surely_have_an_order(
    train, other, verdict, monkeypatch
):
    monkeypatch.setattr(pairs, "_areas", lambda *_: {"train": train, "eval": other})
    finding = order({"train": [("a", "b")], "eval": [("c", "d")]})
    assert finding.verdict == verdict
    assert finding.figures["order"] == {"train": train[0], "eval": other[0]}


@pytest.mark.parametrize(("rows", "verdict"), [(5, "pass"), (6, "warn")])
def test_more_than_a_twentieth_of_rows_turned_round_is_a_leak(rows, verdict):
    train = [(f"left {row}", f"right {row}") for row in range(7)]
    other = [*turned(train[:rows]), *[("left 0", "right 1")] * (100 - rows)]
    assert order({"train": train, "eval": other}).verdict == verdict


@pytest.mark.parametrize(
    ("train", "other", "told"),
    [(18, 30, []), (19, 19, ["train"]), (19, 20, ["train", "eval"])],
)
def test_twenty_texts_of_each_column_have_an_order(train, other, told):
    splits = {"train": exchanges(train, 1), "eval": exchanges(other, 2)}
    for found in splits.values():
        found += [(f"what is {row} here?", "it is so.") for row in range(9)]
        found += [("one", "other"), ("Other", "one")]  # They stand in both columns.
    areas = pairs._areas(LinearSVC(), splits, 0)
    assert list(areas) == told
    # Of another split, texts that train has as well are left out.
    for name, (first, second) in zip(told, ((train + 9, train + 1), (other,) * 2), strict=False):
        area, error = areas[name]
        assert area > 0.95
        assert error == pytest.approx(((first + second + 1) / (12 * first * second)) ** 0.5)


def test_a_row_with_one_text_twice_is_not_turned_round():
    same = [("wave", "Wave")] * 40
    assert order({"train": same, "eval": same}).figures["mirrored"] == {"eval": 0.0}


def test_two_rows_are_the_same_if_both_their_texts_are():
    given = [(("A b", "c"), "x"), (("a  b", "C"), "y"), (("a", "b c"), "x"), (("c", "a b"), "x")]
    keys = rows.several(given, 9, 0)[0].keys
    assert keys[0] == keys[1]
    assert len(set(keys.tolist())) == 3


def test_rows_are_nearly_the_same_if_both_their_texts_are():
    long = "the quick brown fox jumps over the lazy dog and runs away from the house"
    other = "a slow red cat sleeps under the warm stove while snow falls on the roof"
    view = [(long, other), (f"{long} now", f"{other} today"), (long, long), (f"{long} now", other)]
    groups = views.KINDS["texts"].group([view])
    assert groups[0] == groups[1] == groups[3]
    assert groups[0] != groups[2]


def test_a_row_lacks_content_if_one_of_its_texts_does():
    found = views.KINDS["texts"].are_empty([("a", "b"), ("a", "nan"), ("", "b")])
    assert found.tolist() == [False, True, True]


def alone(first, second, targets, holds):
    """What each text and both say, as words in columns of ones and zeros."""
    draw = np.random.default_rng(0)
    noise = draw.normal(size=(len(targets), 3))
    parts = [np.column_stack([np.asarray(one, float), noise]) for one in (first, second)]
    kind = views.KINDS["texts"]
    model = kind.regression(0) if holds == "number" else kind.model(0)
    return pairs.one_text_alone(
        model,
        [(part, targets) for part in parts],
        (np.hstack([*parts, parts[0][:, :1] * parts[1][:, :1]]), targets),
        NAMES,
        0,
        Setting(target="verdict", holds=holds),
    )


def test_a_label_that_one_text_gives_away_is_told_with_its_figure():
    draw = np.random.default_rng(4)
    first, second = draw.integers(2, size=(2, 400))
    is_told = np.where(second, "yes", "no").tolist()
    found = alone(first, second, is_told, "category")
    assert found.verdict == "warn"
    assert "'reply' gives 'verdict' away without the other text" in found.meaning
    assert found.figures["strength"]["reply"] == pytest.approx(1.0)
    assert "100% by 'reply' alone" in found.evidence


@pytest.mark.parametrize(
    ("value", "error", "both", "verdict"),
    [
        (0.3, 0.01, 0.4, "warn"),
        (0.29, 0.01, 0.4, "pass"),
        (0.7, 0.01, 1.0, "warn"),
        (0.69, 0.01, 1.0, "pass"),
        (0.375, 0.124, 0.4, "warn"),
        (0.375, 0.125, 0.4, "pass"),  # Three errors from nothing.
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_one_text_must_surely_tell_much_and_most_of_what_both_do(
    place, value, error, both, verdict, monkeypatch
):
    monkeypatch.setitem(strength.MEASURES, "number", lambda _, splits, __: splits.items())
    found = [strength.Strength(0.1, 0.01, 90), strength.Strength(0.1, 0.01, 90)]
    found[place] = strength.Strength(value, error, 90)
    setting = Setting(target="score", holds="number")
    finding = pairs.one_text_alone(
        None, found, strength.Strength(both, 0.01, 90), NAMES, 0, setting
    )
    assert finding.verdict == verdict
    assert finding.meaning.startswith(f"{NAMES[place]!r} gives") == (verdict == "warn")


@pytest.mark.parametrize("holds", ["category", "number"])
def test_a_target_that_needs_both_texts_passes(holds):
    draw = np.random.default_rng(4)
    first, second = 2 * draw.integers(2, size=(2, 400)) - 1
    both = first * second
    targets = both.astype(float).tolist() if holds == "number" else both.astype(str).tolist()
    found = alone(first, second, targets, holds)
    assert found.verdict == "pass"
    assert found.figures["strength"]["both"] > 0.9
