"""Tests of models/image/input/train_size.py and of the models that have it."""

import dataclasses

import keras
import numpy as np
import pytest

from models.image import googlenet, mobilenet, resnet
from models.image.input.train_size import TrainSize
from tests.models import classifier

MODELS = [
    (resnet, resnet.ResNetConfig(blocks=(1, 1), stem="small", width=3, image_size=16)),
    (googlenet, googlenet.GoogLeNetConfig(stem="small", width=1 / 16, image_size=16)),
    (mobilenet, mobilenet.MobileNetConfig(stem="small", width_multiplier=1 / 32, image_size=16)),
]
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


@pytest.mark.parametrize(("module", "config"), MODELS)
def test_images_are_smaller_in_training_alone(module, config):
    plain = classifier.build(config, 3)
    both = classifier.build(dataclasses.replace(config, train_size=8), 3)
    both.set_weights(plain.get_weights())
    np.testing.assert_array_equal(both(IMAGES), plain(IMAGES))

    maps = keras.Model(both.inputs, both.get_layer("features").input)
    assert maps(IMAGES, training=True).shape[1] < maps(IMAGES).shape[1]
    assert both(IMAGES, training=True).shape == (3, 3)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_a_resized_image_keeps_its_type_and_values(dtype):
    layer = TrainSize(4, dtype=dtype)
    image = keras.ops.full((2, 8, 8, 3), 0.5, layer.compute_dtype)
    resized = layer(image, training=True)
    assert (resized.shape, resized.dtype) == ((2, 4, 4, 3), image.dtype)
    np.testing.assert_array_equal(keras.ops.cast(resized, "float32"), np.full((2, 4, 4, 3), 0.5))


def test_a_model_with_it_survives_saving(tmp_path):
    module, config = MODELS[0]
    model = classifier.build(dataclasses.replace(config, train_size=8), 3)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.get_layer("train_size").size == 8
    np.testing.assert_array_equal(again(IMAGES), model(IMAGES))


@pytest.mark.parametrize("train_size", [7, 17])
def test_a_size_that_the_network_cannot_take_or_above_the_images_is_refused(train_size):
    message = rf"`train_size` must be from 8 .* to `image_size` \(16\). .*train_size={train_size}"
    with pytest.raises(ValueError, match=message):
        mobilenet.MobileNetConfig(stem="small", image_size=16, train_size=train_size)
