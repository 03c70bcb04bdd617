"""Tests of models/doctor/activations.py: what is measured, and where its limits are."""

import dataclasses

import keras
import numpy as np
import pytest

from models.doctor import activations
from models.doctor.examined import Subject, take
from models.tasks import expected, losses
from models.training import config
from tests.models import doctor_subjects as subjects

EXPECTED = expected.of_classes(3)

PLAIN = activations.Activation(
    name="plain",
    mean=0.0,
    std=1.0,
    input_mean=None,
    input_std=None,
    has_kernel=True,
    is_pretrained=False,
    dead=None,
    saturated=None,
)


def layer(**fields):
    return dataclasses.replace(PLAIN, **fields)


def layers(*stds, **first):
    """Layers with kernels and these deviations; `first` are fields of the first."""
    made = [layer(name=f"layer_{index}", std=std) for index, std in enumerate(stds)]
    return [dataclasses.replace(made[0], **first), *made[1:]]


def measured(values, *made):
    """What a model of some layers makes of the values `(examples, width)`."""
    values = np.float32(values)
    network = subjects.network(*made, width=values.shape[1])
    ids = np.arange(len(values), dtype="int64") % subjects.NUM_CLASSES
    sample = take(subjects.split({"x": values}, ids), len(values))
    training = config.TrainingConfig(batch_size=8)
    return activations.activations(
        Subject(network, sample, 9, training, None, losses.build(0.0), EXPECTED)
    )


def spread(seen):
    return activations.activation_spread(None, seen)


@pytest.mark.parametrize(
    ("mean", "std", "verdict"),
    [
        (4.9, 1.0, "pass"),
        (5.0, 1.0, "fail"),
        (5.1, 1.0, "fail"),
        (-5.1, 1.0, "fail"),
        (100.0, 390.0, "fail"),
        (100.0, 400.0, "fail"),
        (100.0, 410.0, "pass"),  # Large, but around 0.
    ],
)
def test_inputs_may_lie_a_little_off_zero(mean, std, verdict):
    finding = spread(layers(1.0, 1.0, input_mean=mean, input_std=std))
    assert finding.verdict == verdict
    assert ("model.pixels" in finding.fix) == (verdict == "fail")
    assert f"the mean {mean:.2g} and the deviation {std:.2g}" in finding.evidence


@pytest.mark.parametrize(
    ("stds", "verdict"),
    [
        ((2.0, 1.0, 2.2e-4), "pass"),
        ((2.0, 1.0, 1.8e-4), "fail"),
        ((1.0, 1.0, 1e-4), "fail"),
        ((1.0, 0.0, 1.0), "pass"),  # One constant among three,
        ((1.0, 0.0, 0.0, 1.0), "fail"),  # but not half of them.
    ],
)
def test_signals_that_die_out_are_told_from_faint_ones(stds, verdict):
    finding = spread(layers(*stds))
    assert finding.verdict == verdict
    if verdict == "fail":
        assert f"({stds.count(0.0)} layers give one constant)" in finding.meaning


@pytest.mark.parametrize(
    ("widest", "given", "verdict"),
    [
        (50.0, 1.0, "pass"),
        (51.0, 1.0, "warn"),
        (51.0, None, "warn"),
        (49.0, 0.1, "pass"),  # Small inputs do not make small growth large.
        (1000.0, 1.0, "warn"),
        (1010.0, 1.0, "fail"),
        (490.0, 10.0, "pass"),  # Growth counts from the input's own scale.
        (510.0, 10.0, "warn"),
        (51.0, np.inf, "warn"),
        (np.inf, 1.0, "fail"),
        (np.nan, 1.0, "fail"),
    ],
)
def test_growing_signals_warn_and_then_fail(widest, given, verdict):
    mean = None if given is None else 0.0
    finding = spread(layers(1.0, widest, 1.0, input_mean=mean, input_std=given))
    assert finding.verdict == verdict
    assert f"at most {widest:.2g} (layer_1)" in finding.evidence


def test_only_trained_kernels_are_judged():
    loud = {"std": 1e9, "input_mean": 200.0, "input_std": 1.0}
    seen = [layer(has_kernel=False, **loud), layer(is_pretrained=True, **loud), layer(), layer()]
    finding = spread(seen)
    assert finding.verdict == "pass"
    assert finding.evidence.startswith("Standard deviations of 2 layers")
    assert finding.figures["std"] == [1e9, 1e9, 1.0, 1.0]
    assert spread(seen[:2]).evidence == "All layers with kernels are pretrained."


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(0.0, "pass"), (0.8, "pass"), (0.81, "warn"), (0.95, "warn"), (0.96, "fail")],
)
def test_dead_units_of_the_worst_layer_warn_and_then_fail(share, verdict):
    seen = [layer(name="a", dead=share / 2), layer(name="b", dead=share), layer(name="c")]
    finding = activations.dead_relus(None, seen)
    assert finding.verdict == verdict
    assert finding.figures == {"layers": ["a", "b"], "share": [share / 2, share]}
    assert share == 0 or f"'b' has {share:.0%} units" in finding.evidence


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.5, "pass"), (0.51, "warn"), (0.8, "warn"), (0.81, "fail")]
)
def test_saturated_values_of_the_worst_layer_warn_and_then_fail(share, verdict):
    seen = [layer(name="a", saturated=share), layer(name="b", saturated=0.1), layer(dead=1.0)]
    finding = activations.saturation(None, seen)
    assert finding.verdict == verdict
    assert f"'a' has {share:.0%} values within 2% of the ends" in finding.evidence


def test_a_unit_is_dead_if_no_example_switches_it_on():
    values = [[-1.0, 0.0, 3.0, -2.0], [-1.0, -4.0, -3.0, 2.0]]
    (found, *_) = measured(values, lambda: keras.layers.Activation("relu", name="act"))
    assert (found.name, found.dead, found.saturated) == ("act", 0.5, None)
    (found, *_) = measured(values, keras.layers.ReLU)
    assert found.dead == 0.5
    (found, *_) = measured(values, lambda: keras.layers.ReLU(negative_slope=0.1))
    assert found.dead is None


@pytest.mark.parametrize(
    ("kind", "inverse", "values"),
    [
        ("sigmoid", lambda p: np.log(p / (1 - p)), [0.015, 0.025, 0.5, 0.975, 0.985]),
        ("tanh", np.arctanh, [-0.97, -0.95, 0.0, 0.95, 0.97]),
    ],
)
def test_saturated_values_are_within_a_fiftieth_of_the_ends(kind, inverse, values):
    given = inverse(np.array([values] * 3))
    (found, *_) = measured(given, lambda: keras.layers.Activation(kind))
    assert found.saturated == pytest.approx(2 / 5)
    assert found.dead is None


@pytest.mark.parametrize(
    ("kind", "values", "share"),
    [
        ("sigmoid", [0.0, 0.019, 0.02, 0.5, 0.98], 0.4),
        ("sigmoid", [0.02, 0.5, 0.98, 0.981, 1.0], 0.4),
        ("tanh", [-1.0, -0.961, -0.96, 0.0, 0.96], 0.4),
        ("tanh", [-0.96, 0.0, 0.96, 0.961, 1.0], 0.4),
    ],
)
def test_either_end_of_a_range_counts_by_itself(kind, values, share):
    found = activations._saturated(keras.layers.Activation(kind), np.float32([values]))
    assert found == pytest.approx(share)


def test_layers_are_measured_in_the_order_of_computation():
    values = [[1.0, 2.0], [3.0, 6.0]]
    first, second, *_ = measured(
        values,
        lambda: keras.layers.Rescaling(10.0, name="tens"),
        subjects.dense(2, kernel_initializer="identity", bias_initializer="ones", name="kernel"),
    )
    assert (first.name, second.name) == ("tens", "kernel")
    assert (first.has_kernel, second.has_kernel) == (False, True)
    assert (first.input_mean, first.mean, second.input_mean, second.mean) == (3, 30, 30, 31)
    assert first.input_std == pytest.approx(np.std(values))
    assert first.std == pytest.approx(10 * np.std(values), rel=1e-6)
    assert not first.is_pretrained
