"""Tests of components/doctor/checks/relation.py: from which strength targets count as related."""

import pytest

from components.doctor.checks import relation, strength
from components.doctor.setting import Setting


def related(train, other=None):
    """The finding on splits of these strengths and standard errors."""
    given = {"train": train} if other is None else {"train": train, "eval": other}
    splits = {name: strength.Strength(*found, 1_234) for name, found in given.items()}
    return relation.target_signal(None, splits, 0, Setting(target="price", holds="number"))


@pytest.fixture(autouse=True)
def _measured(monkeypatch):
    monkeypatch.setitem(strength.MEASURES, "number", lambda _, splits, __: splits.items())


@pytest.mark.parametrize(
    ("value", "error", "verdict", "is_too_few"),
    [
        (0.0, 0.074, "warn", False),
        (0.0, 0.075, "pass", True),  # Fifteen hundredths may be there and be missed.
        (0.046, 1 / 64, "warn", False),
        (3 / 64, 1 / 64, "pass", False),  # Three errors above chance.
        (0.1, 0.024, "pass", False),
        (0.149, 0.0001, "pass", False),
        (0.8, 0.3, "pass", True),
    ],
)
def test_training_targets_are_related_unrelated_or_too_few(value, error, verdict, is_too_few):
    found = related((value, error))
    assert found.verdict == verdict
    assert found.evidence.endswith("They are too few to tell more.") == is_too_few
    assert "1,234 training rows" in found.evidence
    assert found.figures == {"strength": {"train": value}}


@pytest.mark.parametrize(
    ("train", "other", "verdict"),
    [
        (0.8, (0.2, 0.001), "pass"),  # Weaker, but there.
        (0.8, (0.02, 0.06), "warn"),
        (0.8, (0.02, 0.065), "pass"),
        (0.2, (0.05, 0.025), "pass"),  # It may have half of what train has.
        (0.2, (0.05, 0.024), "warn"),
        (0.8, (-0.3, 0.01), "warn"),
        (0.8, (-0.31, 0.01), "fail"),
        (0.8, (-0.375, 0.125), "warn"),  # Three errors below chance.
        (0.8, (-0.376, 0.125), "fail"),
    ],
)
def test_targets_of_another_split_are_worse_unrelated_or_reversed(train, other, verdict):
    found = related((train, 0.01), other)
    assert found.verdict == verdict
    assert ("In eval the target means the opposite" in found.meaning) == (verdict == "fail")
    assert found.figures == {"strength": {"train": train, "eval": other[0]}}


def test_without_a_strength_of_train_there_are_too_few_rows(monkeypatch):
    monkeypatch.setitem(strength.MEASURES, "number", lambda *_: iter(()))
    found = related((0.9, 0.01))
    assert (found.verdict, found.figures) == ("pass", {"strength": {}})
    assert "Too few rows" in found.evidence
