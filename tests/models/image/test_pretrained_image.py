"""Tests of models/image/pretrained_image.py and keras_networks.py."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.finetuning import config as finetuning
from models.finetuning import trainable
from models.image import keras_networks, pretrained_image
from tests import strict
from tests.models import classifier, conformance, tiny_image_presets, tiny_images, tiny_presets

IMAGES = np.random.default_rng(2).integers(0, 256, (2, 32, 32, 3), "uint8")
MOBILENET = pretrained_image.PretrainedImageConfig(
    preset="mobilenet", weights="none", image_size=32, dropout=0.0
)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tiny_image_presets.save_vgg(tmp_path_factory.mktemp("vgg"))
    return pretrained_image.PretrainedImageConfig(
        preset=folder, image_size=8, dropout=0.0, trainable_layers=1
    )


@pytest.fixture(scope="module")
def case(config):
    first, second = 3 * 3 * 3 * 4 + 4, 3 * 3 * 4 * 6 + 6
    head = 6 * 3 + 3
    return conformance.Case(config, tiny_images.FEATURES, 6, trainable=second + head, frozen=first)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize(
    ("name", "published"),
    [("mobilenet", 3_228_864), ("ResNet50", 23_587_712)],
)
def test_networks_have_the_published_size(name, published):
    """The counts that the networks have in keras.applications without their heads."""
    config = dataclasses.replace(MOBILENET, preset=name, fine_tuning=finetuning.Frozen())
    model = classifier.build(config, 3)
    dim = model.get_layer("features").output.shape[1]
    assert trainable.trainable_counts(model) == trainable.TrainableCounts(dim * 3 + 3, published)


@pytest.mark.parametrize("name", ["vgg16", "mobilenet_v2", "densenet121", "efficientnet_b0"])
def test_pixels_are_prepared_as_the_network_was_trained(name):
    module, _ = keras_networks.find(name)
    wanted = module.preprocess_input(IMAGES.astype("float32"))
    layer = keras_networks.NetworkPixels(name)
    np.testing.assert_allclose(layer(IMAGES), wanted, rtol=1e-5, atol=1e-4)
    again = keras_networks.NetworkPixels.from_config(layer.get_config())
    np.testing.assert_array_equal(again(IMAGES), layer(IMAGES))


def test_every_network_has_its_preprocessing():
    assert len(keras_networks.names()) > 35
    for name in keras_networks.names():
        module, function = keras_networks.find(name)
        assert function == name
        assert callable(module.preprocess_input)


def test_pixels_of_a_preset_are_prepared_as_it_says(config):
    model = classifier.build(config, 3)
    pixels = keras.Model(model.input, model.get_layer("pixels").output)
    image = np.full((1, 8, 8, 3), 100, "uint8")
    np.testing.assert_allclose(pixels({"image": image})[0, 3, 5], [0, 0, 0], atol=1e-5)


def test_a_network_is_saved_with_its_preprocessing(tmp_path):
    model = classifier.build(MOBILENET, 3)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded({"image": IMAGES}), model({"image": IMAGES}))


@pytest.mark.parametrize("method", [finetuning.Frozen(), finetuning.Partial()])
def test_frozen_batch_normalisation_stays_in_inference(method):
    model = classifier.build(dataclasses.replace(MOBILENET, fine_tuning=method), 3)
    norms = [
        layer
        for layer in model.get_layer("backbone").layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    before = [np.array(norm.moving_mean) for norm in norms]
    model({"image": IMAGES}, training=True)
    after = [np.array(norm.moving_mean) for norm in norms]
    moved = [not np.array_equal(*pair) for pair in zip(before, after, strict=True)]
    assert moved == [norm.trainable for norm in norms]
    assert any(moved) == isinstance(method, finetuning.Partial)
    assert not all(moved)


def test_weights_may_come_from_a_file(tmp_path):
    first = classifier.build(MOBILENET, 3).get_layer("backbone")
    path = tmp_path / "backbone.weights.h5"
    first.save_weights(path)
    config = dataclasses.replace(MOBILENET, weights=str(path))
    second = classifier.build(config, 4).get_layer("backbone")
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_preset_may_start_from_random_weights(config):
    fresh = classifier.build(dataclasses.replace(config, weights="none"), 3)
    saved = classifier.build(config, 3)
    kernels = [model.get_layer("backbone").get_weights()[0] for model in (fresh, saved)]
    assert not np.allclose(*kernels)


def vectors_and_maps(folder, image_size):
    """The image vectors, and what the backbone gives for the same images."""
    config = pretrained_image.PretrainedImageConfig(
        preset=folder, image_size=image_size, trainable_layers=1
    )
    model = classifier.build(config, 3)
    images = np.random.default_rng(4).integers(0, 256, (2, image_size, image_size, 3), "uint8")
    features = keras.Model(model.input, model.get_layer("features").output)
    return features({"image": images}), model.get_layer("backbone")(
        model.get_layer("pixels")(images)
    )


@pytest.mark.parametrize(
    ("save", "tokens"), [(tiny_image_presets.save_vit, 5), (tiny_image_presets.save_deit, 6)]
)
def test_transformers_with_a_class_token_give_it(tmp_path, save, tokens):
    vectors, maps = vectors_and_maps(save(tmp_path), 8)
    assert maps.shape == (2, tokens, 6)
    np.testing.assert_allclose(vectors, maps[:, 0], rtol=1e-5)


def test_transformers_without_a_class_token_give_the_mean(tmp_path):
    swin = tiny_image_presets.save_swin(tmp_path / "swin")
    vit = tiny_image_presets.save_vit(tmp_path / "vit", use_class_token=False)
    for folder, shape in ((swin, (2, 4, 8)), (vit, (2, 4, 6))):
        vectors, maps = vectors_and_maps(folder, 8)
        assert maps.shape == shape
        np.testing.assert_allclose(vectors, np.mean(maps, axis=1), rtol=1e-5, atol=1e-6)


def test_of_several_maps_the_last_is_taken(tmp_path):
    vectors, maps = vectors_and_maps(tiny_image_presets.save_hgnet(tmp_path), 32)
    assert maps.shape == (2, 4, 4, 8)
    np.testing.assert_allclose(vectors, np.mean(maps, axis=(1, 2)), rtol=1e-5, atol=1e-6)


def test_a_preset_of_images_and_texts_is_refused(tmp_path):
    config = pretrained_image.PretrainedImageConfig(
        preset=tiny_image_presets.save_clip(tmp_path), image_size=8
    )
    with pytest.raises(ValueError, match="takes more than images: .*token_ids.*Choose another"):
        classifier.build(config, 3)


def test_half_precision_holds_for_the_preset_too(config):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = classifier.build(config, 3)
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.get_layer("backbone").output.dtype == "bfloat16"
    assert model({"image": np.zeros((2, 8, 8, 3), "uint8")}).dtype == "float32"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"trainable_layers": 9}, "`trainable_layers` must be between 1 and .*Received: .*=9"),
        ({"weights": "file.h5"}, "expected `weights` to be pretrained or none. Received: .*file"),
    ],
)
def test_a_config_that_the_preset_cannot_do_is_refused(config, fields, message):
    with pytest.raises(ValueError, match=message):
        classifier.build(dataclasses.replace(config, **fields), 3)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"preset": "reznet50"},
            "Unknown preset 'reznet50'. Did you mean 'resnet50'.* is no folder",
        ),
        ({"image_size": 31}, "Could not make MobileNet for images of 31 pixels.*at least 32x32"),
        ({"weights": "no.h5"}, "There is no file of weights /.*no.h5.*pretrained, none or a file"),
    ],
)
def test_a_network_that_cannot_be_made_is_put_in_words(fields, message):
    with pytest.raises(ValueError, match=message):
        classifier.build(dataclasses.replace(MOBILENET, **fields), 3)


def test_a_failed_download_is_put_in_words(monkeypatch):
    def no_network(*args, **kwargs):
        raise Exception("URL fetch failure")

    no_network.__module__ = keras.applications.MobileNet.__module__
    monkeypatch.setattr(keras.applications, "MobileNet", no_network)
    with pytest.raises(ValueError, match="check the network, or give a file.*URL fetch failure"):
        classifier.build(dataclasses.replace(MOBILENET, weights="pretrained"), 3)


def test_a_preset_of_another_size_is_refused(tmp_path):
    folder = tiny_image_presets.save_vit(tmp_path)
    config = pretrained_image.PretrainedImageConfig(preset=folder, image_size=9)
    with pytest.raises(ValueError, match="reads images of 8 pixels. Received: image_size=9"):
        classifier.build(config, 3)


def test_a_preset_of_texts_is_refused(tmp_path):
    config = pretrained_image.PretrainedImageConfig(preset=tiny_presets.save_bert(tmp_path))
    with pytest.raises(ValueError, match="Could not load the preset .* as an image model"):
        classifier.build(config, 3)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"preset": ""}, "preset: must be given, and not empty"),
        ({"weights": ""}, "weights: must be given, and not empty"),
        ({"image_size": 0}, "image_size: must be at least 1"),
        ({"dropout": 1.0}, "dropout: must be at least 0 and below 1"),
        ({"trainable_layers": 0}, "trainable_layers: must be at least 1"),
    ],
)
def test_rejects_impossible_config(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.read(pretrained_image.PretrainedImageConfig, fields)


def test_the_encoder_decodes_to_the_size(config):
    inputs = pretrained_image.encoder(config)(
        {name: tf.constant(value) for name, value in tiny_images.FEATURES.items()}
    )
    assert inputs["image"].shape == (4, 8, 8, 3)
