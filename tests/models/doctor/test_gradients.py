"""Tests of models/doctor/gradients.py: which gradients are too small, too large or missing."""

import types

import numpy as np
import pytest

from models.doctor import gradients
from models.doctor.short_training import Step


def weight(path):
    """A kernel, bias or embedding by its path."""
    return types.SimpleNamespace(path=path, shape=(3,) if path.endswith("bias") else (3, 2))


class Steps:
    """A trial whose weights get gradients of given norms, one list per step."""

    def __init__(self, paths, *norms):
        self.model = types.SimpleNamespace(trainable_variables=[weight(path) for path in paths])
        self.norms = list(norms)
        self.is_restarted = False

    def step(self, sample, rate):
        assert 0 < rate < 1e-3  # It only looks.
        return Step(0.0, np.zeros((1, 2)), np.array(self.norms.pop(0)))

    def restart(self):
        self.is_restarted = not self.norms


SUBJECT = types.SimpleNamespace(sample=None)


def flow(paths, first, second=None):
    trial = Steps(paths, first, second or first)
    finding, norms = gradients.gradient_flow(SUBJECT, trial)
    assert trial.is_restarted
    assert norms.tolist() == pytest.approx(first, nan_ok=True)
    return finding


BIASES = ["a/bias", "b/bias", "c/bias", "d/bias", "e/bias"]


def test_a_gradient_in_either_of_two_steps_is_enough():
    finding = flow(["kernel", "lora_a"], [1.0, 0.0], [1.0, 1e-9])
    assert finding.verdict == "pass"
    assert finding.evidence == "Gradients reach 2 of 2 trained weights."


def test_a_few_biases_without_a_gradient_warn():
    finding = flow(BIASES, [1.0, 1.0, 0.0, 1.0, 1.0])
    assert finding.verdict == "warn"
    assert finding.evidence == "Gradients reach 4 of 5 trained weights. Zero: c/bias."
    assert finding.figures == {"broken": [], "unreached": ["c/bias"]}


def test_a_quarter_of_the_weights_or_a_kernel_without_a_gradient_fails():
    assert flow(BIASES[:4], [1.0, 1.0, 0.0, 1.0]).verdict == "fail"
    assert flow([*BIASES, "kernel"], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0]).verdict == "fail"
    assert flow([*BIASES, "kernel"], [1.0, 1.0, 1.0, 1.0, 0.0, 1.0]).verdict == "warn"


def test_the_bias_of_attention_keys_needs_no_gradient():
    paths = ["attention/key/bias", "k_proj/bias", "attention/key_dense/bias", "kernel"]
    assert flow(paths, [0.0, 0.0, 0.0, 1.0]).verdict == "pass"
    assert flow(["attention/query/bias", "kernel"], [0.0, 1.0]).verdict == "fail"


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_gradient_that_is_no_number_fails_whatever_else_is_zero(broken):
    finding = flow(["kernel", *BIASES], [1.0, 0.0, 1.0, 1.0, 1.0, 1.0], [1.0, 0.0] + [broken] * 4)
    assert finding.verdict == "fail"
    assert finding.evidence == (
        "Gradients reach 1 of 6 trained weights. Not finite: b/bias, c/bias, d/bias and 1 more."
    )


def norms_of(*norms, extra=()):
    """The finding on kernels of these norms, and further weights."""
    paths = [f"kernel_{index}" for index in range(len(norms))] + [path for path, _ in extra]
    every = np.float32([*norms, *(norm for _, norm in extra)])
    return gradients.gradient_norms(SUBJECT, Steps(paths), every)


@pytest.mark.parametrize(
    ("first", "last", "verdict", "word"),
    [
        (1.2e-4, 1.0, "pass", ""),
        (0.8e-4, 1.0, "warn", "vanish"),
        (1.2e-6, 1.0, "warn", "vanish"),
        (0.8e-6, 1.0, "fail", "vanish"),
        (0.8, 1e-4, "pass", ""),
        (1.2, 1e-4, "warn", "explode"),
        (0.8, 1e-6, "warn", "explode"),
        (1.2, 1e-6, "fail", "explode"),
        (2**-4, 625.0, "pass", ""),  # Just a ten-thousandth,
        (2**-10, 976.5625, "warn", "vanish"),  # a millionth,
        (625.0, 2**-4, "pass", ""),  # ten thousand times,
        (976.5625, 2**-10, "warn", "explode"),  # and a million.
        (600.0, 800.0, "pass", ""),  # A thousand together,
        (6e5, 8e5, "fail", "explode"),  # and a million.
        (0.0, 0.0, "fail", "vanish"),
        (1.0, 0.0, "fail", "explode"),
        (900.0, 100.0, "pass", ""),
        (1000.0, 100.0, "warn", "explode"),  # Large together, though alike.
        (0.9e6, 0.1e6, "warn", "explode"),
        (1.0e6, 0.1e6, "fail", "explode"),
        (np.inf, np.inf, "fail", "explode"),
    ],
)
def test_gradients_of_the_first_kernels_are_measured_by_the_last(first, last, verdict, word):
    finding = norms_of(first, last)
    assert finding.verdict == verdict
    assert word in finding.meaning


def test_the_outer_quarters_of_the_kernels_are_compared_by_their_medians():
    twelve = norms_of(1.0, 3.0, 500.0, *[7.0] * 6, 2.0, 5.0, 0.0)
    assert "first kernels have the norm 3, of the last 2;" in twelve.evidence
    assert twelve.verdict == "pass"


def test_biases_and_embeddings_are_no_kernels():
    extra = [("embedding/embeddings", 300.0), ("token_embedding", 400.0), ("query/bias", 0.0)]
    finding = norms_of(0.0, 0.0, 1.0, 2.0, extra=extra)
    assert finding.figures["weights"] == ["kernel_0", "kernel_1", "kernel_2", "kernel_3"]
    assert "all together 5e+02." in finding.evidence
    alone = norms_of(12.0, extra=extra)
    assert alone.verdict == "pass"
    assert "one kernel is trained" in alone.evidence
