"""Planted faults in models and trainings that no threshold may be set on: see `doctor_unseen`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.doctor import planting as plant
from benchmarks.doctor.case import Case
from benchmarks.doctor.faults import MINILM, TEXT_CNN, VGG, recipe
from benchmarks.doctor.healthy import VIT
from benchmarks.doctor.unseen import EVAL, image, text

_DEAD = (
    *("dead", "inactive", "never active", "always zero", "zero gradient", "no gradient"),
    *("without gradient", "gradient flow", "saturat", "activation"),
)
_INPUT = ("input", "pixel", "scal", "normali", "standardi", "preprocess")
_RATE = ("learning rate",)
_LARGE = ("large", "high", "diverg", "above", "too", "lower", "unstable", "explod")
_SMALL = ("small", "low", "below", "slow", "hardly", "raise", "too", "barely")


def _trained(rate: float, epochs: int, **fields: Any) -> dict[str, Any]:
    return {"training": {"learning_rate": rate, "epochs": epochs, **fields}, "trains": True}


_MODELS = (
    image("normalised twice", (*_INPUT, "constant"), in_config=plant.normalised_twice),
    image(
        "statistics of other units",
        (*_INPUT, "activation", "initial loss"),
        model=VIT,
        in_config=plant.statistics_of_fractions,
    ),
    text(
        "logits taken for probabilities",
        ("logit", "softmax", "loss function", "expected", "chance", "uniform"),
        ("loss", "logit"),
        loss=plant.logits_as_probabilities,
    ),
    image(
        "temperature upside down",
        ("scale", "large", "too high", "above", "expected", "confident", "explod", "initial"),
        ("loss", "logit", "activation", "scale", "gradient"),
        in_model=plant.scaled(60.0),
    ),
    image(
        "a frozen body that nobody trained",
        ("frozen", "freez", "trainable", "not trained", "untrained", "parameters"),
        in_model=plant.body_frozen,
    ),
    text("one branch dead", (*_DEAD, "conv 2"), in_model=plant.biased("conv_2", -4.0)),
    image(
        "a dead layer before the last",
        (*_DEAD, "hidden 2", "input dependence"),
        model=VGG,
        in_model=plant.biased("hidden_2_dense", -30.0),
    ),
    image(
        "weights far too small",
        ("vanish", "shrink", "activation", "gradient", "input dependence", "initiali", "signal"),
        model=recipe(VGG, initializer="random_normal", initializer_std=0.002),
    ),
    text(
        "a penalty a thousand times too heavy",
        ("penal", "l2", "regulari", "weight decay", "initial loss"),
        model=recipe(TEXT_CNN, l2=2.0),
    ),
)

_RATES = (
    text(
        "a preset at a rate of 0.1",
        _LARGE,
        (*_RATE, "diverg", "unstable", "explod"),
        model={**MINILM, "fine_tuning": "full"},
        training={"learning_rate": 0.1, "optimizer": "adamw"},
    ),
    image(
        "a ten-thousandth of what suits Adam",
        _SMALL,
        _RATE,
        training={"learning_rate": 2e-7},
    ),
    text(
        "clipped to nothing",
        ("clip", "learning rate", "gradient norm", "update", "step size"),
        training={"learning_rate": 0.05, "optimizer": "sgd", "clip_norm": 1e-5},
    ),
)

_CURVES = (
    image(
        "statistics that never settle",
        ("batch norm", "batchnorm", "moving", "running", "inference", "training mode", "normali"),
        in_model=plant.slow_statistics,
        **_trained(3e-3, 6),
    ),
    text(
        "surer and surer",
        ("overfit", "validation loss", "memor", "by heart", "confiden", "calibrat", "generali"),
        rows=360,
        **_trained(5e-3, 14),
    ),
    image(
        "momentum at a high rate",
        (
            *("diverg", "unstable", "spik", "oscillat", "noisy", "erratic", "too high", "explod"),
            *("jump", "learning rate", "not finite"),
        ),
        **_trained(4.0, 8, optimizer={"kind": "sgd", "momentum": 0.9}),
    ),
    image(
        "eval labels out of step",
        EVAL,
        ("label", "chance", "no better", "never", "gap", "from the start", "mismatch"),
        sample="digits",
        in_data=plant.turned_labels,
        **_trained(3e-3, 6),
    ),
    image(
        "every unit dies at once",
        (
            *("flat", "plateau", "stuck", "chance", "not learn", "dead", "diverg", "too high"),
            *("learning rate", "collapse"),
        ),
        model=VGG,
        **_trained(0.08, 6),
    ),
    text(
        "a schedule that ends at once",
        ("flat", "plateau", "schedule", "decay", "learning rate", "stuck", "underfit", "stagnat"),
        **_trained(1e-3, 8, schedule={"kind": "step", "at": [0.04], "factor": 1e-4}),
    ),
)

IN_TRAINING: Mapping[str, tuple[Case, ...]] = {
    "models": _MODELS,
    "rates": _RATES,
    "curves": _CURVES,
}
"""Faults by kind."""
