"""Tests of models/image/alexnet.py and the layers only it has."""

import keras
import numpy as np
import pytest

from models.finetuning import trainable
from models.image import alexnet
from models.image.input.mean_image import SubtractMeanImage
from models.layers.response_normalization import ResponseNormalization
from models.recipe import Recipe
from tests import strict
from tests.models import classifier, conformance, tiny_images

SMALL = alexnet.AlexNetConfig(
    image_size=16,
    stem="small",
    width=1 / 32,
    pixels="signed",
    recipe=Recipe(initializer="he_normal", dropout=0.0),
)


@pytest.fixture(scope="module")
def case():
    def conv(size, inputs, outputs, groups=1):
        return size * size * inputs // groups * outputs + outputs

    convolutions = (
        conv(5, 3, 4) + conv(5, 4, 8, 2) + conv(3, 8, 12) + conv(3, 12, 12, 2) + conv(3, 12, 8, 2)
    )
    dense = (8 * 128 + 128) + (128 * 128 + 128) + (128 * 3 + 3)
    return conformance.Case(
        SMALL, tiny_images.FEATURES, 128, convolutions + dense, frozen=0, learning_rate=0.002
    )


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


def test_published_network_has_the_published_size():
    """The count of Caffe's `bvlc_alexnet`, whose groups are the paper's two halves."""
    model = classifier.build(alexnet.AlexNetConfig(), 1000)
    mean_image = 224 * 224 * 3
    assert trainable.trainable_counts(model) == trainable.TrainableCounts(60_965_224, mean_image)
    assert model.get_layer("conv_1_conv").output.shape == (None, 55, 55, 96)
    assert model.get_layer("pool_5").output.shape == (None, 6, 6, 256)


def test_biases_start_as_in_the_paper():
    model = classifier.build(SMALL, 3)
    ones = {f"conv_{layer}_conv_{half}" for layer in (2, 4, 5) for half in (1, 2)}
    ones |= {"hidden_1_dense", "hidden_2_dense"}
    for name in (*ones, "conv_1_conv", "conv_3_conv", "logits"):
        np.testing.assert_array_equal(model.get_layer(name).bias, float(name in ones))


def test_response_normalization_follows_the_formula():
    channels = np.array([1.0, -2.0, 3.0, 4.0, 5.0, 6.0, 7.0], "float32") * 30
    got = ResponseNormalization()(channels.reshape(1, 1, 1, 7)).numpy().ravel()
    squares = [sum(channels[max(0, i - 2) : i + 3] ** 2) for i in range(7)]
    np.testing.assert_allclose(got, channels / (2 + 1e-4 * np.array(squares)) ** 0.75, rtol=1e-5)


def test_mean_image_is_subtracted_and_saved(tmp_path):
    image = keras.Input((2, 1, 3), dtype="uint8")
    model = keras.Model(image, SubtractMeanImage(name="pixels")(image))
    mean = np.arange(6, dtype="float32").reshape(2, 1, 3)
    model.get_layer("pixels").set_measured(mean)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(np.full((1, 2, 1, 3), 7, "uint8"))[0], 7 - mean)
    assert loaded.trainable_weights == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width": 0.0}, "width: must be above 0. Received: 0.0"),
        ({"image_size": 62}, "`image_size` must be at least 63 pixels with `stem: imagenet`"),
        ({"stem": "small", "image_size": 14}, "at least 15 pixels with `stem: small`"),
        (
            {"channel_std": (1.0, 0.0, 1.0)},
            r"channel_std\[1\]: must be above 0.* A channel",
        ),
    ],
)
def test_rejects_impossible_config(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.read(alexnet.AlexNetConfig, fields)
