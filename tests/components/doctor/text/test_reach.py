"""Tests of components/doctor/text/reach.py: what is lost behind the limit, at its bounds."""

from typing import ClassVar

import pytest
from sklearn.tree import DecisionTreeClassifier

from components.doctor.text import reach
from components.doctor.text.lengths import Reader


@pytest.mark.parametrize(
    ("read", "error", "is_lost"),
    [
        (0.77, 0.01, True),  # 0.13 of 0.4 above chance.
        (0.79, 0.01, False),
        (0.75, 0.049, True),  # Three errors.
        (0.75, 0.051, False),
    ],
)
def test_much_is_lost_where_three_tenths_are_and_that_is_certain(read, error, is_lost):
    assert reach.Reach(0.9, read, 0.5, error).is_lost == is_lost


@pytest.mark.parametrize(
    ("whole", "read", "chance", "is_blind"),
    [
        (0.9, 0.559, 0.5, True),  # 0.06 of 0.4 above chance.
        (0.9, 0.561, 0.5, False),
        (0.701, 0.51, 0.5, True),  # Two fifths of the way from chance to perfect.
        (0.699, 0.51, 0.5, False),
        (0.521, 0.21, 0.2, True),
        (0.519, 0.21, 0.2, False),
    ],
)
def test_a_model_is_blind_that_sees_next_to_nothing_of_what_can_be_told(
    whole, read, chance, is_blind
):
    found = reach.Reach(whole, read, chance, 0.001)
    assert found.is_lost
    assert found.is_blind == is_blind
    assert not reach.Reach(whole, read, chance, 0.2).is_blind


def test_on_a_bound_nothing_is_lost_and_something_is_seen():
    assert reach.Reach(1.0, 0.625, 0.5, 0.124).is_lost
    assert not reach.Reach(1.0, 0.625, 0.5, 0.125).is_lost  # Three errors.
    assert reach.Reach(0.875, 0.649, 0.125, 0.01).is_lost
    assert not reach.Reach(0.875, 0.65, 0.125, 0.01).is_lost  # Three tenths of 0.75.
    assert reach.Reach(0.875, 0.237, 0.125, 0.01).is_blind
    assert not reach.Reach(0.875, 0.2375, 0.125, 0.01).is_blind  # Fifteen hundredths of 0.75.
    assert reach.Reach(0.55, 0.26, 0.25, 0.01).is_blind  # Two fifths of 0.75 can be told.


class Counting(DecisionTreeClassifier):
    """A tree that keeps how many rows each of its copies was given."""

    rows: ClassVar[list[int]] = []

    def fit(self, X, y):
        self.rows.append(len(y))
        return super().fit(X, y)


def measured(cut=30, limit=2, **counts):
    """Reach of texts whose third word is their label; all but the last `cut` have no other."""
    labels = [label for label, number in counts.items() for _ in range(number)]
    texts = [f"x x {label}" for label in labels]
    long = sum(counts.values()) - cut
    texts = [*labels[:long], *texts[long:]]
    reader = Reader(lambda part: [text.split() for text in part], limit)
    model = Counting(random_state=0)
    return reach.reach(model, texts, labels, reader, is_middle=False, seed=0)


def test_each_label_counts_alike_whatever_its_rows():
    found = measured(cut=90, a=30, b=60)
    assert (found.whole, found.read, found.chance) == pytest.approx((1.0, 0.5, 0.5))
    # Thirty answers differ, each of a sixtieth.
    assert found.error == pytest.approx((30 * (1 / 60) ** 2) ** 0.5)


def test_a_simple_model_learns_from_two_thirds_at_a_time(monkeypatch):
    monkeypatch.setattr(Counting, "rows", [])
    measured(a=30, b=60)
    assert Counting.rows == [60] * 6  # Of whole texts, and of what is read of them.


def test_twenty_texts_must_be_cut_and_labels_have_twenty_rows():
    assert measured(cut=20, a=30, b=30) is not None
    assert measured(cut=19, a=30, b=30) is None
    assert measured(cut=60, limit=3, a=30, b=30) is None
    assert measured(cut=60, a=30, b=20, c=20).chance == pytest.approx(1 / 3)
    assert measured(cut=60, a=30, b=20, c=19).chance == pytest.approx(1 / 2)
    assert measured(cut=49, a=30, b=19) is None


def test_a_tokenizer_is_not_asked_about_no_texts():
    """TensorFlow takes an empty list for one of numbers."""
    reader = Reader(lambda part: [text.split() for text in part] if part else 1 / 0, 2)
    labels = ["a"] * 19 + ["b"] * 19
    model = Counting(random_state=0)
    assert reach.reach(model, labels, labels, reader, is_middle=False, seed=0) is None


@pytest.mark.parametrize(
    ("limit", "is_middle", "kept"),
    [
        (8, False, "abcdefgh"),
        (8, True, "abefghij"),  # A quarter of the limit stands before the gap.
        (3, True, "hij"),
        (9, True, "abdefghij"),
        (10, True, "abcdefghij"),
        (99, True, "abcdefghij"),
    ],
)
def test_what_is_read_of_a_text(limit, is_middle, kept):
    assert reach._read(list("abcdefghij"), limit, is_middle) == list(kept)
