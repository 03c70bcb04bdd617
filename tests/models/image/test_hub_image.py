"""Tests of models/image/hub_image.py."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.finetuning import config as finetuning
from models.image import hub_image
from tests import strict
from tests.models import classifier, conformance, tiny_images, tiny_modules


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    handle = tiny_modules.save_image(tmp_path_factory.mktemp("image") / "module")
    return hub_image.HubImageConfig(handle=handle, output="vector", image_size=8, dropout=0.0)


@pytest.fixture(scope="module")
def case(config):
    module = 3 * 3 * 3 * 5 + 2 * 5 + 5 * 7
    head = 7 * 3 + 3
    return conformance.Case(config, tiny_images.FEATURES, 7, trainable=module + head, frozen=2 * 5)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize(("pixels", "wanted"), [("unit", [0, 0.2, 1]), ("signed", [-1, -0.6, 1])])
def test_the_module_gets_the_range_it_takes(config, pixels, wanted):
    model = classifier.build(dataclasses.replace(config, pixels=pixels), 3)
    values = keras.Model(model.input, model.get_layer("pixels").output)
    image = np.broadcast_to(np.array([0, 51, 255], "uint8"), (1, 8, 8, 3))
    np.testing.assert_allclose(values({"image": image})[0, 0, 0], wanted, atol=1e-6)


def test_half_precision_reaches_the_module_as_it_takes_it(config):
    inputs = hub_image.encoder(config)(
        {name: tf.constant(value) for name, value in tiny_images.FEATURES.items()}
    )
    whole = classifier.build(config, 3)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = classifier.build(config, 3)
    finally:
        keras.config.set_dtype_policy("float32")
    half.set_weights(whole.get_weights())
    assert half(inputs).dtype == "float32"
    np.testing.assert_allclose(half(inputs), whole(inputs), rtol=0.05, atol=0.05)


def test_an_empty_batch_gives_no_rows(config):
    model = classifier.build(config, 3)
    assert model({"image": np.zeros((0, 8, 8, 3), "uint8")}).shape == (0, 3)


def test_part_of_it_leaves_the_statistics_alone(config):
    partial = dataclasses.replace(config, fine_tuning=finetuning.Partial(), trainable_layers=1)
    model = classifier.build(partial, 3)
    assert [weight.name for weight in model.trainable_weights] == [
        "top.projection",
        "kernel",
        "bias",
    ]
    inputs = {"image": np.full((2, 8, 8, 3), 9, "uint8")}
    before = model.get_layer("backbone").get_weights()
    model(inputs, training=True)
    for old, new in zip(before, model.get_layer("backbone").get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output": None}, r"several outputs; name one with `output`. It has: map \(None, 4, 4, 5"),
        ({"output": "map"}, r"must give a vector for each example.*Received: \(None, 4, 4, 5\)"),
        ({"image_size": 9}, r"does not take .*\(None, 9, 9, 3\).*\(None, 8, 8, 3\).*`image_size`"),
    ],
)
def test_a_config_that_the_module_cannot_do_is_refused(config, change, message):
    with pytest.raises(ValueError, match=message):
        classifier.build(dataclasses.replace(config, **change), 3)


def test_rejects_an_impossible_size(config):
    with pytest.raises(ValueError, match="image_size: must be at least 1"):
        strict.check(dataclasses.replace(config, image_size=0))
