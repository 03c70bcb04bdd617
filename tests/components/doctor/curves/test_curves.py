"""Tests of components/doctor/curves/curves.py: one history for each thing that curves can tell."""

import dataclasses
import math

import numpy as np
import pytest

from components.doctor import verdict
from components.doctor.curves import curves

CHANCE = math.log(3)
TRAINING = curves.Training(chance_loss=CHANCE, decays=False, is_harder=False, num_validation=400)


def fallen(epochs, end, start=CHANCE, rate=1.0):
    """An exponential fall from `start` to about `end`."""
    return (end + (start - end) * np.exp(-rate * np.arange(epochs))).tolist()


def patterns(history, training=TRAINING):
    found = curves.judge(history, training)
    return [one.figures["pattern"] for one in found]


HISTORIES = {
    "not_finite": {"loss": [1.0, 0.8, math.nan, math.nan], "val_loss": [1.0, 0.9, 1.1, math.nan]},
    "diverging": {"loss": [1.1, 2.0, 9.0, 40.0], "val_loss": [1.1, 3.0, 9.0, 60.0]},
    "flat": {"loss": [CHANCE] * 7, "val_loss": [CHANCE] * 7},
    "flat_start": {"loss": [CHANCE] * 4 + fallen(5, 0.05), "val_loss": None},
    "spikes": {"loss": [1.0, 0.4, 0.2, 0.9, 0.2, 0.15, 0.1], "val_loss": None},
    "overfitting": {"loss": fallen(9, 0.01), "val_loss": [0.9, 0.7, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1]},
    "validation_better": {"loss": fallen(8, 0.5), "val_loss": fallen(8, 0.1)},
    "too_weak": {"loss": fallen(8, 0.9, rate=3), "val_loss": [0.93, 0.9] + [0.91] * 6},
    "plateau": {"loss": fallen(12, 0.4, rate=2), "val_loss": None},
    "still_improving": {
        "loss": np.linspace(1.0, 0.3, 8).tolist(),
        "val_loss": np.linspace(1.0, 0.35, 8).tolist(),
    },
}


@pytest.mark.parametrize("pattern", HISTORIES)
def test_each_pattern_is_seen_and_says_what_to_do(pattern):
    history = {name: values for name, values in HISTORIES[pattern].items() if values}
    found = curves.judge(history, TRAINING)
    assert found[0].figures["pattern"] == pattern
    assert found[0].check == "learning_curves"
    assert found[0].verdict == (
        "fail" if pattern in ("not_finite", "diverging", "flat") else "warn"
    )
    assert "`" in found[0].fix
    assert len(found[0].figures["curves"]["loss"]) == len(history["loss"])


@pytest.mark.parametrize(
    ("pattern", "has", "says", "avoids"),
    [
        ("not_finite", (), "set `training.clip_norm: 1.0`, or add a warm-up", None),
        ("not_finite", ("clip_norm", "warmup"), "lower `training.clip_norm`, or lengthen", "1.0"),
        ("diverging", ("clip_norm",), "by ten, or lower `training.clip_norm`.", "1.0"),
        ("spikes", ("warmup",), "or lengthen the warm-up of `training.schedule`.", "add"),
        ("flat_start", (), "Raise `training.learning_rate` by three.", "warm-up"),
        ("flat_start", ("warmup", "recipe"), "shorten the warm-up", None),
        ("overfitting", (), "`augmentation`, a pretrained model, more dropout", None),
        ("overfitting", ("augmentation", "pretrained"), "more data, more drop", "augmentation"),
        ("overfitting", ("early_stopping",), "a smaller model.", "early_stopping"),
        ("too_weak", (), "more layers, more width)", "fine_tuning"),
        ("too_weak", ("fine_tuning",), "unfreeze with `fine_tuning`", "sequence_length"),
        ("still_improving", ("early_stopping",), "`training.epochs: 16`.", "early_stopping"),
    ],
)
def test_what_is_set_already_is_not_advised(pattern, has, says, avoids):
    history = {name: values for name, values in HISTORIES[pattern].items() if values}
    found = curves.judge(history, dataclasses.replace(TRAINING, has=frozenset(has)))
    assert says in found[0].fix
    assert avoids is None or avoids not in found[0].fix


def test_what_a_training_has_is_read_from_what_it_was_told():
    told = {
        "training": {
            "schedule": {"warmup": 0.1},
            "clip_norm": None,
            "early_stopping": {"patience": 2},
        },
        "model": {"kind": "pretrained_text", "sequence_length": 64, "fine_tuning": "full"},
        "augmentation": [{"kind": "flip"}],
    }
    has = {
        "warmup",
        "early_stopping",
        "augmentation",
        "pretrained",
        "sequence_length",
        "fine_tuning",
    }
    assert set(verdict._has(told)) == has


def test_a_good_training_passes():
    history = {
        "loss": fallen(10, 0.02),
        "val_loss": fallen(10, 0.06),
        "accuracy": [0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.99, 0.99, 0.99],
        "val_accuracy": [0.5, 0.7, 0.9, 0.93, 0.96, 0.97, 0.98, 0.98, 0.98, 0.98],
    }
    (found,) = curves.judge(history, TRAINING)
    assert found.verdict == "pass"
    assert "in 10 epochs" in found.evidence


def test_dropout_explains_a_validation_that_is_better():
    harder = dataclasses.replace(TRAINING, is_harder=True)
    assert "validation_better" not in patterns(HISTORIES["validation_better"], harder)


def test_a_schedule_that_lowers_the_rate_may_end_in_a_plateau():
    history = {"loss": HISTORIES["plateau"]["loss"]}
    assert "plateau" not in patterns(history, dataclasses.replace(TRAINING, decays=True))


def test_a_slow_but_steady_fall_is_still_improving():
    history = {
        "loss": np.linspace(1.0, 0.8, 5).tolist(),
        "val_loss": [1.09, 1.07, 1.05, 1.03, 1.01],
    }
    assert patterns(history) == ["still_improving"]
    (found,) = curves.judge(history, TRAINING)
    assert "fell from 1.03 to 1.01 in the last of 5 epochs" in found.evidence
    slowing = [1.09, 1.04, 1.02, 1.015, 1.012]
    assert "still_improving" not in patterns({**history, "val_loss": slowing})


def test_one_epoch_is_too_few_to_say_anything():
    assert patterns({"loss": [0.9], "val_loss": [1.0]}) == ["none"]


def test_figures_have_no_nan():
    (found,) = curves.judge(HISTORIES["not_finite"], TRAINING)
    assert found.figures["curves"]["loss"] == [1.0, 0.8, None, None]


def test_a_history_without_loss_is_refused():
    with pytest.raises(ValueError, match=r"The history has no `loss`.*\['accuracy'\]"):
        curves.judge({"accuracy": [0.5]}, TRAINING)
