"""Tests of models/text/hub_text.py and what models on Hub modules share."""

import dataclasses

import numpy as np
import pydantic
import pytest
import tensorflow as tf

from models.finetuning import config as finetuning
from models.finetuning import listing, trainable
from models.finetuning.course import Course
from models.text import hub_text
from tests import strict
from tests.models import classifier, conformance, tiny_modules

TEXTS = ["old map", "new maps", "책", "unseen words old"]


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    handle = tiny_modules.save_text(tmp_path_factory.mktemp("text") / "module")
    return hub_text.HubTextConfig(handle=handle, dropout=0.0)


@pytest.fixture(scope="module")
def case(config):
    module = 5 * 4 + 4 * 6 + 6
    head = 6 * 3 + 3
    return conformance.Case(config, {"text": TEXTS}, 6, trainable=module + head, frozen=1)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize(
    ("fields", "trained"),
    [
        ({"fine_tuning": finetuning.Frozen()}, 0),
        ({"fine_tuning": finetuning.Partial(), "trainable_layers": 1}, 4 * 6 + 6),
        ({"fine_tuning": finetuning.Partial(), "trainable_pattern": "^emb"}, 5 * 4),
    ],
)
def test_what_is_fine_tuned_is_counted(config, fields, trained):
    model = classifier.build(dataclasses.replace(config, **fields), 3)
    head, module = 6 * 3 + 3, 5 * 4 + 4 * 6 + 6 + 1
    counts = trainable.TrainableCounts(trained + head, module - trained)
    assert trainable.trainable_counts(model) == counts


def test_gradual_thaws_a_module_block_by_block(config):
    method = finetuning.Gradual()
    model = classifier.build(dataclasses.replace(config, fine_tuning=method), 3)
    course = Course(model, method, 3)
    trained = []
    for _ in range(2):  # Going back freezes again.
        for phase in course.phases:
            course.enter(phase)
            paths = [weight.path for weight in model.get_layer("backbone").trainable_weights]
            trained.append(paths)
    projection = ["backbone/projection.kernel", "backbone/projection.bias"]
    assert trained == 2 * [[], projection, ["backbone/embeddings.table", *projection]]
    names = [row.name for row in listing.rows(model, method, 3)]
    assert names == ["backbone/embeddings", "backbone/projection", "logits"]


def test_rates_fall_from_block_to_block_of_a_module(config):
    method = finetuning.Full(layer_decay=0.5)
    model = classifier.build(dataclasses.replace(config, fine_tuning=method), 3)
    course = Course(model, method, 1)
    factors = course.rate_factors(course.phases[0])
    rates = {weight.name: factors.get(id(weight), 1.0) for weight in model.trainable_weights[:3]}
    assert rates == {"embeddings.table": 0.25, "projection.kernel": 0.5, "projection.bias": 0.5}


def test_a_frozen_module_has_no_noise_in_training(config):
    frozen = dataclasses.replace(config, fine_tuning=finetuning.Frozen())
    model, inputs = classifier.build(frozen, 3), {"text": tf.constant(TEXTS)}
    np.testing.assert_array_equal(model(inputs, training=True), model(inputs, training=True))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"handle": ""}, "handle: must be given, and not empty"),
        ({"dropout": 1.0}, "dropout: must be at least 0 and below 1"),
        ({"trainable_layers": 0}, "trainable_layers: must be at least 1"),
        ({"fine_tuning": finetuning.LoRA()}, "a Hub module is one function"),
        ({"trainable_pattern": "x"}, "goes with `fine_tuning: partial`. Received: .*=full"),
        (
            {"trainable_pattern": "(", "fine_tuning": finetuning.Partial()},
            "trainable_pattern: must be a regular expression",
        ),
    ],
)
def test_rejects_impossible_config(config, fields, message):
    with pytest.raises(ValueError, match=message):
        strict.check(dataclasses.replace(config, **fields))


def test_the_handle_has_no_default():
    with pytest.raises(pydantic.ValidationError, match="handle"):
        pydantic.TypeAdapter(hub_text.HubTextConfig).validate_json('{"kind": "hub_text"}')


def test_a_config_that_the_module_cannot_do_is_refused(config):
    partial = dataclasses.replace(config, fine_tuning=finetuning.Partial(), trainable_layers=3)
    with pytest.raises(ValueError, match=r"has 2 trainable blocks: \['embeddings', 'projec"):
        classifier.build(partial, 3)


def test_a_module_of_images_is_refused(tmp_path):
    config = hub_text.HubTextConfig(handle=tiny_modules.save_image(tmp_path / "module"))
    message = r"does not take text \(None,\) string. It takes: images \(None, 8, 8, 3\) float32"
    with pytest.raises(ValueError, match=message):
        classifier.build(config, 3)
