"""Tests of models/doctor: healthy models pass, and each fault is found by name."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.doctor import (
    examination,
    fresh_rates,
    gradients,
    learning_rate_range,
    numerical,
    overfit,
)
from models.doctor.examined import Subject, take
from models.doctor.finding import Finding
from models.tasks import expected, losses
from models.training import config, schedule_config
from tests.models import doctor_subjects as subjects


@pytest.fixture(scope="module")
def healthy():
    return subjects.findings()


def test_a_healthy_model_passes_every_check(healthy):
    assert {name: f.verdict for name, f in healthy.items() if f.verdict != "pass"} == {}
    assert list(healthy) == [
        "parameters",
        "initial_loss",
        "batch_leakage",
        "input_dependence",
        "batch_norm_mode",
        "dropout",
        "activation_spread",
        "dead_relus",
        "saturation",
        "gradient_flow",
        "gradient_norms",
        "numerical_gradients",
        "learning_rate_range",
        "overfit_sample",
    ]


def test_figures_are_json_and_evidence_has_numbers(healthy):
    for finding in healthy.values():
        json.dumps(finding.figures, allow_nan=False)
        assert finding.evidence.endswith(".")
    assert healthy["parameters"].figures == {"trainable": 5 * 16 + 16 + 16 * 3 + 3, "frozen": 0}
    assert healthy["initial_loss"].figures["expected"] == pytest.approx(np.log(3))


def test_the_curve_suggests_a_rate_between_its_ends(healthy):
    figures = healthy["learning_rate_range"].figures
    assert len(figures["rates"]) == len(figures["losses"])
    assert 1e-4 < figures["suggested"] < 1
    assert figures["configured"] == 0.01


def test_an_examination_that_is_not_asked_further_stops():
    built = []

    def build():
        built.append(1)
        return subjects.HEALTHY()

    found = examination.examine(
        build,
        subjects.split(*subjects.points()),
        config.TrainingConfig(batch_size=8),
        losses.build(0.0),
        expected.of_classes(3),
    )
    assert next(found).check == "parameters"
    assert len(built) == 1


def frozen():
    model = subjects.HEALTHY()
    model.trainable = False
    return model


def test_a_model_with_nothing_to_train_ends_the_examination():
    found = subjects.findings(frozen)
    assert list(found) == ["parameters"]
    assert found["parameters"].verdict == "fail"
    assert "fine_tuning" in found["parameters"].fix


def test_labels_counted_from_one_are_found_before_the_loss_fails_on_them():
    features, labels = subjects.points()
    found = subjects.findings(features=features, labels=labels + 1)
    assert list(found)[-1] == "initial_loss"
    assert found["initial_loss"].verdict == "fail"
    assert "from 1 to 3" in found["initial_loss"].evidence


def test_inputs_that_are_no_numbers_fail_the_first_loss():
    features, labels = subjects.points()
    features["x"][4] = np.nan
    found = subjects.findings(features=features, labels=labels)
    assert found["initial_loss"].verdict == "fail"
    assert "1 of 21 examples" in found["initial_loss"].meaning


def test_softmax_in_the_model_is_told_from_a_loss_that_is_merely_off():
    softmax = subjects.dense(3, activation="softmax", name="logits")
    finding = subjects.until("initial_loss", subjects.network(head=softmax))["initial_loss"]
    assert finding.verdict == "fail"
    assert "softmax again" in finding.meaning


def test_a_loss_summed_over_the_batch_is_named():
    summed = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    finding = subjects.until("initial_loss", loss=summed)["initial_loss"]
    assert finding.verdict == "fail"
    assert "sum instead of a mean" in finding.meaning


def test_logits_far_from_zero_are_off():
    wide = subjects.dense(3, kernel_initializer=keras.initializers.RandomNormal(stddev=30.0))
    finding = subjects.until("initial_loss", subjects.network(head=wide))["initial_loss"]
    assert finding.verdict == "fail"
    assert "initializer_std" in finding.fix


def test_examples_that_see_each_other_leak():
    def mixing():
        return keras.layers.Lambda(lambda x: x - tf.reduce_mean(x, 0, keepdims=True))

    finding = subjects.until("batch_leakage", subjects.network(mixing))["batch_leakage"]
    assert finding.verdict == "fail"


def test_zero_weights_cut_the_output_off_from_the_input():
    zeros = subjects.dense(7, activation="relu", kernel_initializer="zeros")
    found = subjects.until("gradient_flow", subjects.network(zeros))
    assert found["input_dependence"].verdict == "fail"
    assert found["activation_spread"].verdict == "fail"
    assert found["gradient_flow"].verdict == "fail"


def test_zero_weights_are_no_explosion():
    zeros = subjects.network(subjects.dense(7, kernel_initializer="zeros", activation="relu"))
    found = subjects.until("gradient_norms", zeros)["gradient_norms"]
    assert found.verdict == "fail"
    assert "vanish" in found.meaning


def test_equal_inputs_are_told_from_a_deaf_model():
    features, _ = subjects.points()
    features["x"][:] = 1.0
    found = subjects.until("input_dependence", features=features)
    assert found["input_dependence"].verdict == "fail"
    assert "same inputs" in found["input_dependence"].evidence


def test_twenty_sigmoids_lose_the_gradient():
    squashing = [subjects.dense(6, activation="sigmoid") for _ in range(20)]
    found = subjects.until("gradient_norms", subjects.network(*squashing))
    assert found["gradient_norms"].verdict == "fail"
    assert "vanish" in found["gradient_norms"].meaning


def test_wide_weights_blow_signals_up():
    wide = [
        subjects.dense(30, kernel_initializer=keras.initializers.RandomNormal(stddev=1.0))
        for _ in range(6)
    ]
    found = subjects.until("activation_spread", subjects.network(*wide))
    assert found["activation_spread"].verdict == "fail"
    assert found["initial_loss"].verdict == "fail"


def test_inputs_on_one_side_of_zero_are_unnormalised():
    features, _ = subjects.points()
    features["x"] = features["x"] * 10 + 127
    found = subjects.until("activation_spread", features=features)
    assert found["activation_spread"].verdict == "fail"
    assert "model.pixels" in found["activation_spread"].fix


class LessTheMean(keras.layers.Layer):
    """Subtracts an array that never trains."""

    def build(self, shape):
        self.mean = self.add_weight(shape=(2, shape[-1]), initializer="ones", trainable=False)

    def call(self, values):
        return 100 * (values - self.mean[0])


def test_what_is_subtracted_from_inputs_is_no_kernel():
    network = subjects.network(LessTheMean, subjects.dense(7, name="first"))
    finding = subjects.until("activation_spread", network)["activation_spread"]
    assert "(first) to" in finding.evidence


def test_units_that_no_example_switches_on_are_dead():
    low = subjects.dense(
        12, activation="relu", bias_initializer=keras.initializers.Constant(-100.0)
    )
    finding = subjects.until("dead_relus", subjects.network(low))["dead_relus"]
    assert finding.verdict == "fail"
    assert "100% units" in finding.evidence


def test_large_weights_saturate_a_tanh():
    large = subjects.dense(
        12, activation="tanh", kernel_initializer=keras.initializers.RandomNormal(stddev=50.0)
    )
    finding = subjects.until("saturation", subjects.network(large))["saturation"]
    assert finding.verdict == "fail"


def test_dropout_of_nearly_everything_fails():
    drop = subjects.network(lambda: keras.layers.Dropout(0.99, name="drop"))
    finding = subjects.until("dropout", drop)["dropout"]
    assert finding.verdict == "fail"
    assert "'drop' drops 99%" in finding.evidence


@pytest.mark.parametrize(("rate", "word"), [(1e3, "overshoot"), (1e-9, "all 30 steps")])
def test_rates_far_off_fail_and_another_is_suggested(rate, word):
    found = subjects.findings(learning_rate=rate)
    finding = found["learning_rate_range"]
    assert finding.verdict == "fail"
    assert word in finding.meaning
    assert "training.learning_rate: " in finding.fix
    assert found["overfit_sample"].verdict == "pass"


def test_a_warm_up_does_not_excuse_any_rate():
    warm = schedule_config.Linear(warmup=0.1)
    found = subjects.until("learning_rate_range", learning_rate=1e3, schedule=warm)
    assert found["learning_rate_range"].verdict == "fail"


def test_examples_that_resist_are_listed():
    features, labels = subjects.points()
    features["x"][3] = features["x"][4]  # One input, two labels.
    finding = subjects.findings(features=features, labels=labels)["overfit_sample"]
    assert finding.verdict != "pass"
    assert "repeat the input" in finding.meaning
    assert {row["index"] for row in finding.figures["resisting"]} <= {3, 4}


def test_labels_may_be_shares_of_classes():
    features, labels = subjects.points()
    found = subjects.findings(features=features, labels=np.eye(3, dtype="float32")[labels])
    assert {f.verdict for f in found.values()} == {"pass"}


class Costed:
    """Stands for a trial: keeps what its checks may cost, and takes the least."""

    def __init__(self, subject, clock):
        self.costs = [("looked at", subject.sample.size)]
        Costed.last = self

    def step(self, sample, rate):
        self.costs.append(("learnt", sample.size))

    def restart(self):
        pass

    def affordable(self, seconds, least, most):
        self.costs.append((seconds, least, most))
        return least


@pytest.mark.parametrize(
    ("effort", "costs"),
    [
        ("quick", [("looked at", 32), ("learnt", 16), (12.0, 24, 160), 24, 12.0, (12.0, 20, 80)]),
        (
            "thorough",
            [("looked at", 64), ("learnt", 32), (120.0, 60, 160), 60, None, (120.0, 60, 400)],
        ),
    ],
)
def test_an_examination_costs_as_much_as_its_effort_allows(effort, costs, monkeypatch):
    passed = Finding("any", "pass", "Fine.")
    ranged = learning_rate_range.Range(np.ones(2), np.ones(2))
    budget = examination.BUDGETS[effort]
    batches = subjects.split(*subjects.points(100))
    monkeypatch.setattr(examination, "Trial", Costed)
    monkeypatch.setattr(gradients, "gradient_flow", lambda *_: (passed, None))
    for module, name in (
        (gradients, "gradient_norms"),
        (numerical, "numerical_gradients"),
        (learning_rate_range, "learning_rate_range"),
        (overfit, "overfit_sample"),
    ):
        monkeypatch.setattr(module, name, lambda *_: passed)
    monkeypatch.setattr(
        learning_rate_range, "measure", lambda t, s, steps: t.costs.append(steps) or ranged
    )
    monkeypatch.setattr(fresh_rates, "measure", lambda t, b, seconds, *_: t.costs.append(seconds))
    subject = Subject(
        subjects.HEALTHY,
        take(batches, budget.looked_at),
        30,
        config.TrainingConfig(batch_size=8),
        None,
        losses.build(0.0),
        expected.of_classes(3),
    )
    timed = examination._Timed(lambda: 0.0)
    assert len(list(examination._trained(subject, batches, timed, budget, lambda: 0.0))) == 5
    assert Costed.last.costs == costs
