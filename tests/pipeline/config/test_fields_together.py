"""Tests of what pipeline/config/sections.py refuses though each field alone looks right."""

import pytest

from pipeline.config import loading
from pipeline.config.problems import ConfigError


def load(model, **sections):
    needed = {
        "name": "reviews",
        "task": {"kind": "text_classification"},
        "data": {"source": {"kind": "csv", "path": "reviews.csv"}},
        "model": model,
    }
    return loading.from_mapping({**needed, **sections}, source="the test")


@pytest.mark.parametrize(
    ("fine_tuning", "epochs"),
    [("head_first", 1), ({"kind": "head_first", "head_epochs": 2}, 2)]
    + [("gradual", 1), ({"kind": "gradual", "block_epochs": 3}, 3)],
)
def test_a_training_that_ends_with_the_head_is_refused(fine_tuning, epochs):
    model = {"kind": "pretrained_text", "fine_tuning": fine_tuning}
    message = f"`training.epochs` must be at least {epochs + 1}. Received: epochs={epochs}"
    with pytest.raises(ConfigError, match=message):
        load(model, training={"epochs": epochs})
    with pytest.raises(ConfigError, match=message):
        load(model, tuning={"space": {"training.epochs": {"values": [epochs, 9]}}})
    load(model, training={"epochs": epochs + 1})


def test_xla_is_refused_with_hub_modules():
    model = {"kind": "hub_text", "handle": "https://example.com/module"}
    with pytest.raises(ConfigError, match="training.xla: compiles no Hub modules.*hub_text"):
        load(model, training={"xla": True})
    load({"kind": "text_cnn"}, training={"xla": True})


@pytest.mark.parametrize(
    ("evaluation", "message"),
    [
        ({"must_reach": {"accuracy": 80}}, "must be from 0 to 1, as in 0.8 for 80 %. Received: 80"),
        (
            {"must_reach": {"cross_entropy": -0.1}},
            "evaluation.must_reach.cross_entropy: must be at least 0",
        ),
        ({"may_lose": {"accuracy": -0.1}}, "may_lose.accuracy: must be at least 0"),
    ],
)
def test_thresholds_that_no_model_meets_are_refused(evaluation, message):
    with pytest.raises(ConfigError, match=message):
        load({"kind": "text_cnn"}, evaluation=evaluation)
    load({"kind": "text_cnn"}, evaluation={"must_reach": {"cross_entropy": 2.0}})
