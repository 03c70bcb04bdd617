"""Tests of the bounds between what curves are told for and what is let pass.

Chance is one nat, so that shares of it are the numbers of the histories.
"""

import numpy as np
import pytest

from components.doctor.curves import curves, history

MANY = 10**8
STOPS = frozenset({"early_stopping"})


def patterns(loss, val_loss=None, *, rows=MANY, accuracies=None, **training):
    history = {"loss": loss}
    if val_loss is not None:
        history["val_loss"] = val_loss
    if accuracies is not None:
        history["accuracy"], history["val_accuracy"] = accuracies
    given = {"chance_loss": 1.0, "decays": True, "is_harder": False, "num_validation": rows}
    found = curves.judge(history, curves.Training(**{**given, **training}))
    return [one.figures["pattern"] for one in found]


NOT_DECAYING = {"decays": False}


TRAINING_LOSSES = [
    ("diverging", [1.0, 1.21], [1.0, 1.19]),
    ("diverging", [2.0, 2.41], [2.0, 2.39]),
    ("diverging", [0.4, 1.21], [0.4, 1.19]),
    ("diverging", [1.21], [1.19]),
    ("flat", [0.975, 0.971], [0.975, 0.969]),
    ("flat", [0.971, 0.975], [0.969, 0.975]),
    ("flat_start", [0.98] * 2 + [0.5, 0.3, 0.2, 0.1], [0.98, 0.96, 0.5, 0.3, 0.2, 0.1]),
    ("flat_start", [0.98] * 3 + [0.5] * 6, [0.98] * 2 + [0.5] * 7),
    # By a quarter of chance, and of what had been gained.
    ("spikes", [1.0, 0.2, 0.451, 0.1], [1.0, 0.2, 0.449, 0.1]),
    ("spikes", [3.0, 0.2, 0.901, 0.1], [3.0, 0.2, 0.899, 0.1]),
    ("spikes", [3.0, 0.9, 0.2, 0.901], [3.0, 0.9, 0.2, 0.899]),
    # Since the best epoch, in at least two.
    ("rising", [1.0, 0.2, 0.4, 0.451], [1.0, 0.2, 0.4, 0.449]),
    ("rising", [3.0, 0.2, 0.6, 0.901], [3.0, 0.2, 0.6, 0.899]),
    ("rising", [0.5, 0.2, 0.4, 0.451], [0.5, 0.4, 0.2, 0.449]),
]


@pytest.mark.parametrize(("pattern", "told", "passed"), TRAINING_LOSSES)
def test_the_training_loss_is_told_from_a_bound_on(pattern, told, passed):
    assert patterns(told)[0] == pattern
    assert pattern not in patterns(passed)


@pytest.mark.parametrize(
    ("told", "passed"),
    [
        ([1.0, 0.5, 0.151, 0.151], [1.0, 0.5, 0.149, 0.149]),
        # The last third falls by a fiftieth of what was gained before.
        ([1.0, 0.5, 0.3, 0.287], [1.0, 0.5, 0.3, 0.285]),
        ([1.0, 0.6, 0.5, 0.4, 0.3, 0.295, 0.29], [1.0, 0.6, 0.5, 0.4, 0.3, 0.29, 0.28]),
        ([0.5, 0.48, 0.469, 0.469], [0.5, 0.48, 0.471, 0.471]),
        ([0.9, 0.3, 0.3, 0.3], [0.9, 0.3, 0.3]),
    ],
)
def test_a_plateau_is_told_from_a_bound_on(told, passed):
    assert patterns(told, **NOT_DECAYING) == ["plateau"]
    assert patterns(passed, **NOT_DECAYING) == ["none"]
    assert patterns(told) == ["none"]


OVERFITTING = {
    # Loss and accuracy that are apart.
    "gap": (
        ([0.5, 0.1], [0.4, 0.251], {"accuracies": ([0.8, 1.0], [0.8, 0.89])}),
        ([0.5, 0.1], [0.4, 0.249], {"accuracies": ([0.8, 1.0], [0.8, 0.89])}),
    ),
    "accuracy": (
        ([0.5, 0.1], [0.4, 0.3], {"accuracies": ([0.8, 1.0], [0.8, 0.899])}),
        ([0.5, 0.1], [0.4, 0.3], {"accuracies": ([0.8, 1.0], [0.8, 0.901])}),
    ),
    "gap alone": (([0.5, 0.1], [0.45, 0.401], {}), ([0.5, 0.1], [0.45, 0.399], {})),
    "few rows": (  # One in the root of 25.
        ([0.5, 0.1], [0.4, 0.301], {"accuracies": ([0.8, 1], [0.8, 0.79]), "rows": 25}),
        ([0.5, 0.1], [0.4, 0.299], {"accuracies": ([0.8, 1], [0.8, 0.79]), "rows": 25}),
    ),
    "accuracy of few rows": (
        ([0.5, 0.1], [0.4, 0.35], {"accuracies": ([0.8, 1], [0.8, 0.799]), "rows": 25}),
        ([0.5, 0.1], [0.4, 0.35], {"accuracies": ([0.8, 1], [0.8, 0.801]), "rows": 25}),
    ),
    # A rise by a tenth of chance, beside a gap.
    "rise": (([0.33, 0.32], [0.4, 0.501], {}), ([0.33, 0.32], [0.4, 0.499], {})),
    "rise with a gap": (([0.36, 0.349], [0.4, 0.501], {}), ([0.36, 0.352], [0.4, 0.501], {})),
    # A rise by three twentieths of the best, while training falls by a tenth.
    "low": (([0.3, 0.2], [0.4, 0.461], {}), ([0.3, 0.2], [0.4, 0.459], {})),
    "training falls": (([0.3, 0.269], [0.4, 0.461], {}), ([0.3, 0.271], [0.4, 0.461], {})),
    "training lies higher": (([0.9, 0.45], [0.4, 0.461], {}), ([0.9, 0.47], [0.4, 0.461], {})),
    "not the last epoch alone": (
        ([0.5, 0.3, 0.2], [0.4, 0.401, 0.461], {}),
        ([0.5, 0.4, 0.3, 0.2], [0.4, 0.4, 0.4, 0.461], {}),
    ),
    # A hundred rows: the root of 0.2 / 100 is 0.0447.
    "noise of one epoch": (
        ([0.3, 0.1], [0.2, 0.2897], {"rows": 100}),
        ([0.3, 0.1], [0.2, 0.2891], {"rows": 100}),
    ),
    "noise of more epochs": (
        ([0.3, 0.2, 0.1], [0.2, 0.26, 0.2673], {"rows": 100}),
        ([0.3, 0.2, 0.1], [0.2, 0.26, 0.2668], {"rows": 100}),
    ),
    # Validation that never left chance.
    "in vain": (([0.95, 0.849], [0.98, 0.975], {}), ([0.95, 0.851], [0.98, 0.975], {})),
    "almost in vain": (([0.95, 0.84], [0.98, 0.971], {}), ([0.95, 0.84], [0.98, 0.969], {})),
}


@pytest.mark.parametrize("bound", OVERFITTING)
def test_overfitting_is_told_from_a_bound_on(bound):
    (loss, val_loss, told), (other, val_other, passed) = OVERFITTING[bound]
    assert patterns(loss, val_loss, **told)[0] == "overfitting"
    assert "overfitting" not in patterns(other, val_other, **passed)


ON_A_BOUND = [
    ("diverging", False, [1.0, 1.2], None, {}),
    ("diverging", True, [5.0], None, {}),
    ("diverging", True, [0.4], None, {"chance_loss": 0.3}),
    ("spikes", False, [1.0, 0.5, 0.75, 0.5], None, {}),  # A quarter of chance.
    ("spikes", False, [3.0, 0.0, 0.75, 0.0], None, {}),  # A quarter of what was gained.
    ("rising", False, [1.0, 0.0, 0.125, 0.25], None, {}),
    ("flat", False, [0.97, 0.97], None, {}),
    ("flat", False, [0.99], None, {}),
    ("plateau", False, [1.0, 0.5, 0.15, 0.15], None, NOT_DECAYING),
    ("plateau", True, [0.03, 0.02, 0.0, 0.2], None, NOT_DECAYING),
    ("overfitting", False, [0.5, 0.0], [0.4, 0.15], {"accuracies": ([0.5, 0.9], [0.5, 0.5])}),
    ("overfitting", False, [0.5, 0.0], [0.3, 0.3], {}),
    ("overfitting", False, [0.5, 0.0], [0.4, 0.3], {"accuracies": ([0.0, 0.1], [0.0, 0.0])}),
    ("overfitting", False, [0.0, 0.0], [0.1, 0.2], {}),  # A rise by a tenth of chance.
    ("overfitting", False, [0.15, 0.15], [0.1, 0.3], {}),  # A gap of fifteen hundredths.
    ("overfitting", False, [0.5, 0.45], [0.4, 0.48], {}),  # Nine tenths of the training loss.
    ("overfitting", True, [0.5, 0.449], [0.4, 0.48], {}),
    ("overfitting", False, [0.9, 0.48], [0.4, 0.48], {}),  # No gap.
    ("overfitting", False, [0.95, 0.85], [0.98, 0.975], {}),
    ("overfitting", False, [0.95, 0.84], [0.98, 0.97], {}),
    # Fifteen hundredths of the best, and half of that on average since.
    ("overfitting", False, [30.0, 10.0], [20.0, 23.0], {"chance_loss": 100.0}),
    ("overfitting", True, [30.0, 10.0], [20.0, 23.1], {"chance_loss": 100.0}),
    ("overfitting", False, [30.0, 20, 15, 10], [20.0, 20, 20, 24.5], {"chance_loss": 100.0}),
    ("overfitting", True, [30.0, 20, 15, 10], [20.0, 20, 20, 24.6], {"chance_loss": 100.0}),
    ("overfitting", False, [0.5, 0.0], [0.4, 0.8], {"rows": 1}),
    # What is noise at the first epoch is so at the others.
    ("unstable", False, [0.5] + [0.4] * 5, [0.5, 0.3, 0.65, 0.3, 0.65, 0.3], {"rows": 50}),
    ("unstable", False, [0.5, 0.49, 0.48, 0.47, 0.46], [0.5, 0.75, 0.5, 0.75, 0.5], {}),
    ("too_weak", False, [0.9, 0.8, 0.7, 0.7], [0.75] * 4, {}),
    ("too_weak", False, [0.9, 0.8, 0.71, 0.69], [0.75] * 4, {}),
    ("too_weak", False, [0.9, 0.8, 0.75, 0.75], [0.75, 0.75, 0.75, 0.92], {}),
    ("too_weak", True, [0.95, 0.8, 0.95, 0.72], [0.75] * 4, {}),
    ("too_weak", True, [18.0, 17.0, 15.0, 15.0], [18.0] * 4, {"chance_loss": 20.0}),
    ("validation_better", True, [0.9, 0.15, 0.15, 0.15], [0.7, 0.1, 0.0, 0.0], {}),
    ("validation_better", False, [0.9] + [0.5] * 11, [0.5] * 10 + [0.349] * 2, {}),
    ("still_improving", False, [0.5, 0.49, 0.48, 0.47], [0.1875, 0.1, 0.04375, 0.0], {}),
    ("still_improving", True, [0.5, 0.4], [0.05, 0.0], {}),
    ("still_improving", False, [0.5, 0.49, 0.48, 0.47], [0.03, 0.02, 0.01, 0.0], {}),
]


@pytest.mark.parametrize(("pattern", "is_told", "loss", "val_loss", "training"), ON_A_BOUND)
def test_what_lies_on_a_bound_belongs_to_one_side(pattern, is_told, loss, val_loss, training):
    assert (pattern in patterns(loss, val_loss, **training)) == is_told


@pytest.mark.parametrize(
    ("history", "epoch"),
    [
        ({"loss": [1.0, 0.9, float("nan")]}, 3),
        ({"loss": [1.0, float("inf"), 0.5], "val_loss": [1.0, 0.9, 0.8]}, 2),
        ({"loss": [1.0, 0.9, 0.8], "val_loss": [1.0, float("nan"), 0.8]}, 2),
        ({"loss": [float("nan")] * 3, "val_loss": [1.0, 0.9, 0.8]}, 1),
    ],
)
def test_the_first_epoch_whose_loss_is_no_number_is_told(history, epoch):
    (found,) = curves.judge(history, curves.Training(1.0, True, False, MANY))
    assert (found.verdict, found.figures["pattern"]) == ("fail", "not_finite")
    assert found.evidence == f"The loss is no finite number from epoch {epoch} on."


def test_a_jump_of_the_validation_is_told_with_its_epoch():
    history = {"loss": [0.5, 0.49, 0.48, 0.47], "val_loss": [0.5, 0.4, 0.3, 0.6]}
    told = [one.evidence for one in curves.judge(history, curves.Training(1.0, True, False, MANY))]
    assert (
        "The validation loss jumped from 0.3 to 0.6 in epoch 4; 1 such jumps in 4 epochs, the best "
        "was epoch 3."
    ) in told


def test_a_metric_of_training_alone_tells_no_gap():
    history = {"loss": [0.5, 0.1], "val_loss": [0.45, 0.401], "accuracy": [0.5, 0.5]}
    (found,) = curves.judge(history, curves.Training(1.0, True, False, MANY))
    assert found.figures["pattern"] == "overfitting"


TYPES = {
    "loss": [0.418, 0.114, 0.062],
    "val_loss": [0.187, 0.226, 0.234],
    "accuracy": [0.86, 0.97, 0.98],
    "val_accuracy": [0.945, 0.945, 0.945],
}


def test_a_loss_that_rises_from_the_first_epoch_is_told_with_the_best_epoch():
    (found,) = curves.judge(TYPES, curves.Training(1.65, True, True, 545))
    assert (found.verdict, found.figures["pattern"]) == ("warn", "overfitting")
    assert "its best was 0.187 in epoch 1" in found.evidence
    assert "from 0.945 to 0.945" in found.evidence
    assert "`training.epochs: 1`" in found.fix


def test_accuracies_are_told_of_the_best_and_of_the_last_epoch():
    history = {**TYPES, "val_accuracy": [0.945, 0.94, 0.932]}
    (found,) = curves.judge(history, curves.Training(1.65, True, True, 545))
    assert "Its accuracy went from 0.945 to 0.932 since." in found.evidence


def test_a_kept_best_epoch_is_said_and_lets_the_rise_pass():
    (found,) = curves.judge(TYPES, curves.Training(1.65, True, True, 545, has=STOPS))
    assert found.verdict == "pass"
    assert "kept are the weights of epoch 1, the best (0.187)" in found.evidence


def test_a_kept_epoch_that_overfits_is_told():
    history = {**TYPES, "val_loss": [0.9, 1.1, 1.2], "val_accuracy": [0.7, 0.7, 0.7]}
    (found,) = curves.judge(history, curves.Training(1.65, True, True, 545, has=STOPS))
    assert found.verdict == "warn"
    assert "0.418 on training and 0.9 on validation after 1 epochs" in found.evidence


@pytest.mark.parametrize(
    ("told", "passed", "rows"),
    [
        ([0.5, 0.751, 0.4, 0.651, 0.4], [0.5, 0.751, 0.4, 0.649, 0.4], MANY),
        ([0.5, 0.4, 0.3, 0.551], [0.5, 0.4, 0.3, 0.549], MANY),
        # Four times the root of 0.5 / 50.
        ([0.5, 0.901, 0.4, 0.801, 0.4], [0.5, 0.901, 0.4, 0.799, 0.4], 50),
        ([0.6, 0.4, 0.3, 0.56], [0.4, 0.3, 0.56], MANY),
    ],
)
def test_a_validation_that_jumps_is_told_from_a_bound_on(told, passed, rows):
    loss = [0.5, 0.49, 0.48, 0.47, 0.46]
    assert "unstable" in patterns(loss[: len(told)], told, rows=rows)
    assert "unstable" not in patterns(loss[: len(passed)], passed, rows=rows)
    assert "unstable" not in patterns(loss[: len(told)], told, rows=rows, has=STOPS)


@pytest.mark.parametrize(
    ("loss", "told", "passed", "rows"),
    [
        ([0.9, 0.5, 0.5, 0.5], [0.7, 0.5, 0.349, 0.349], [0.7, 0.5, 0.351, 0.351], MANY),
        ([0.9, 0.8, 0.7, 0.5], [0.7, 0.5, 0.399, 0.399], [0.7, 0.5, 0.401, 0.401], MANY),
        ([0.9, 0.5, 0.5, 0.5], [0.7, 0.5, 0.299, 0.299], [0.7, 0.5, 0.301, 0.301], 25),
        ([0.9, 0.5, 0.5, 0.5], [0.9, 0.3, 0.3, 0.3], None, MANY),
        # A quarter of the epochs, two at least.
        ([0.9] + [0.5] * 11, [0.5] * 9 + [0.349] * 3, [0.1] * 9 + [0.351] * 3, MANY),
    ],
)
def test_an_easier_validation_is_told_from_a_bound_on(loss, told, passed, rows):
    assert "validation_better" in patterns(loss, told, rows=rows)
    assert "validation_better" not in patterns(loss, told, rows=rows, is_harder=True)
    assert "validation_better" not in patterns(loss[:3], told[:3], rows=rows)
    if passed:
        assert "validation_better" not in patterns(loss, passed, rows=rows)


@pytest.mark.parametrize(
    ("told", "passed"),
    [
        (([0.9, 0.8, 0.701, 0.701], [0.75] * 4), ([0.9, 0.8, 0.699, 0.699], [0.75] * 4)),
        (([0.9, 0.8, 0.75, 0.75], [0.899] * 4), ([0.9, 0.8, 0.75, 0.75], [0.901] * 4)),
        (
            ([0.9, 0.8, 0.75, 0.75], [0.8, 0.7, 0.75, 0.7]),
            ([0.9, 0.8, 0.75, 0.75], [0.8, 0.77, 0.73, 0.7]),
        ),
        (([0.9, 0.8, 0.85, 0.99], [0.9] * 4), ([0.9, 0.7, 0.85, 0.99], [0.9] * 4)),
        (([0.9, 0.8, 0.75, 0.75], [0.8] * 4), ([0.9, 0.8, 0.75], [0.8] * 3)),
    ],
)
def test_a_weak_model_is_told_from_a_bound_on(told, passed):
    assert patterns(*told) == ["too_weak"]
    assert "too_weak" not in patterns(*passed)


@pytest.mark.parametrize(
    ("told", "passed"),
    [
        ([0.5, 0.449], [0.5, 0.451]),
        ([0.8, 0.4, 0.3, 0.249], [0.8, 0.4, 0.3, 0.251]),
        # As steady as ever: seven tenths of the mean fall of an epoch.
        ([0.58, 0.56, 0.54, 0.5275], [0.58, 0.56, 0.54, 0.5285]),
        ([0.571, 0.56, 0.55, 0.54], [0.569, 0.56, 0.55, 0.54]),
        ([0.59, 0.55, 0.51, 0.47], [0.59, 0.55, 0.51]),
        ([0.9] + [0.4] * 8 + [0.349], [0.9] + [0.4] * 8 + [0.351]),
        ([0.4] * 9 + [0.349], [0.4] * 7 + [0.3, 0.3, 0.35]),
    ],
)
def test_a_fall_that_goes_on_is_told_from_a_bound_on(told, passed):
    assert patterns(told, told) == ["still_improving"]
    assert "still_improving" not in patterns(passed, passed)


@pytest.mark.parametrize("factor", [0.3, 3.0])
@pytest.mark.parametrize(
    ("loss", "val_loss", "training"),
    [
        *((told, None, {}) for _, told, _ in TRAINING_LOSSES),
        *((passed, None, {}) for _, _, passed in TRAINING_LOSSES),
        ([1.0, 0.5, 0.151, 0.151], None, NOT_DECAYING),
        ([1.0, 0.5, 0.149, 0.149], None, NOT_DECAYING),
        ([0.5, 0.48, 0.469, 0.469], None, NOT_DECAYING),
        *((loss, val_loss, {}) for told, _ in OVERFITTING.values() for loss, val_loss, _ in [told]),
        *((loss, val_loss, {}) for _, let in OVERFITTING.values() for loss, val_loss, _ in [let]),
        ([0.5, 0.49, 0.48, 0.47, 0.46], [0.5, 0.751, 0.4, 0.649, 0.4], {}),
        ([0.5, 0.49, 0.48, 0.47, 0.46], [0.5, 0.751, 0.4, 0.651, 0.4], {}),
        ([0.9, 0.5, 0.5, 0.5], [0.7, 0.5, 0.349, 0.349], {}),
        ([0.9, 0.5, 0.5, 0.5], [0.7, 0.5, 0.351, 0.351], {}),
        ([0.9, 0.8, 0.701, 0.701], [0.75] * 4, {}),
        ([0.9, 0.8, 0.75, 0.75], [0.901] * 4, {}),
        ([0.5, 0.449], [0.5, 0.449], {}),
        ([0.569, 0.56, 0.55, 0.54], [0.569, 0.56, 0.55, 0.54], {}),
    ],
)
def test_bounds_are_shares_of_chance(loss, val_loss, training, factor):
    scaled = [[factor * one for one in values] if values else None for values in (loss, val_loss)]
    assert patterns(*scaled, chance_loss=factor, **training) == patterns(loss, val_loss, **training)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ([1.0, 0.4, 0.2, 0.9, 0.2, 0.6], "from 0.2 to 0.9 in epoch 4; 2 such jumps in 6 epochs"),
        ([0.98, 0.99, 0.5, 0.3, 0.2, 0.1], "stayed at 0.98 until epoch 3 of 6"),
        ([1.2, 0.98, 0.99], "stayed at 0.98 or above for all 3 epochs"),
        ([0.9, 0.2, 0.4, 0.6], "rose from 0.2 in epoch 2 to 0.6 in epoch 4"),
    ],
)
def test_the_epoch_is_named(loss, said):
    (found,) = curves.judge({"loss": loss}, curves.Training(1.0, True, False, 0))
    assert said in found.evidence


def test_the_best_epoch_is_the_last_one_without_validation():
    losses = np.array([3.0, 2.0, 1.0])
    assert history.Curves(losses).best == 2
    assert history.Curves(losses, np.array([2.0, 1.0, 1.5])).best == 1
