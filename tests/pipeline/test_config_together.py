"""Tests of what pipeline/config.py refuses because one choice does not go with another."""

import pytest

from pipeline import config
from pipeline.problems import ConfigError


def load(model, **sections):
    needed = {
        "name": "reviews",
        "task": {"kind": "text_classification"},
        "data": {"source": {"kind": "csv", "path": "reviews.csv"}},
        "model": model,
    }
    return config.from_mapping({**needed, **sections}, source="the test")


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
    with pytest.raises(ConfigError, match="`training.xla` compiles no Hub modules.*hub_text"):
        load(model, training={"xla": True})
    load({"kind": "text_cnn"}, training={"xla": True})
