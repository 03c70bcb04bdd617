"""Tests of components/doctor/checks/pairs.py and of how rows of two texts are read."""

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from components.doctor import rows
from components.doctor.checks import pairs, views
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


def test_a_row_with_one_text_twice_is_not_turned_round():
    same = [("wave", "Wave")] * 40
    assert order({"train": same, "eval": same}).figures["mirrored"] == {"eval": 0.0}


def test_two_rows_are_the_same_if_both_their_texts_are():
    given = [(("A b", "c"), "x"), (("a  b", "C"), "y"), (("a", "b c"), "x"), (("c", "a b"), "x")]
    keys = rows.pairs(given, 9, 0)[0].keys
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


@pytest.mark.parametrize("holds", ["category", "number"])
def test_a_target_that_needs_both_texts_passes(holds):
    draw = np.random.default_rng(4)
    first, second = 2 * draw.integers(2, size=(2, 400)) - 1
    both = first * second
    targets = both.astype(float).tolist() if holds == "number" else both.astype(str).tolist()
    found = alone(first, second, targets, holds)
    assert found.verdict == "pass"
    assert found.figures["strength"]["both"] > 0.9
