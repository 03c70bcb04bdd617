"""Tests of models/finetuning/lora.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.finetuning import config, lora, trainable
from models.text import pretrained
from models.training import placement
from tests.models import classifier, conformance, tiny_presets

TEXTS = ["old map", "new maps maps", "책", "unseen words old"]
METHOD = config.LoRA(rank=3, alpha=6.0)


@pytest.fixture(scope="module")
def model_config(tmp_path_factory):
    folder = tiny_presets.save_bert(tmp_path_factory.mktemp("bert"))
    return pretrained.PretrainedTextConfig(
        preset=folder, sequence_length=7, dropout=0.0, fine_tuning=METHOD
    )


@pytest.fixture(scope="module")
def case(model_config):
    embeddings = 10 * 4 + 12 * 4 + 2 * 4 + 2 * 4
    attention = 4 * (4 * 4 + 4) + 2 * 4
    feedforward = (4 * 6 + 6) + (6 * 4 + 4) + 2 * 4
    added = 2 * (4 * 3 + 3 * 4)  # Query and value, each (4, 2 heads of 2), by rank 3.
    return conformance.Case(
        model_config,
        {"text": TEXTS},
        4,
        trainable=3 * added + 4 * 3 + 3,
        frozen=embeddings + 3 * (attention + feedforward),
    )


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


def make_backbone():
    keras.utils.set_random_seed(3)
    image = keras.Input((5, 5, 2), name="image")
    x = keras.layers.Conv2D(3, 2, name="conv")(image)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Dropout(0.5, name="dropout")(x)
    x = keras.layers.EinsumDense("abcd,def->abcef", (None, None, 2, 4), name="heads")(x)
    x = keras.layers.EinsumDense("abcef,efd->abcd", (None, None, 6), name="joined")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(image, keras.layers.Dense(5, name="dense")(x), name="backbone")


def make_model(*targets):
    backbone = make_backbone()
    image = keras.Input((5, 5, 2), name="image")
    x = lora.adapt(backbone, config.LoRA(rank=2, targets=targets))(image)
    logits = keras.layers.Dense(3, name="logits")(x)
    return keras.Model({"image": image}, logits), backbone


IMAGES = np.random.default_rng(0).normal(size=(4, 5, 5, 2)).astype("float32")


def train(model, epochs=3):
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit({"image": IMAGES}, np.array([0, 1, 2, 1]), epochs=epochs, verbose=0)


@pytest.mark.parametrize(
    ("target", "inputs", "outputs"),
    [
        ("conv", 2 * 2 * 2, 3),
        ("heads", 3, 2 * 4),
        ("joined", 2 * 4, 6),
        ("dense", 6, 5),
    ],
)
def test_a_kernel_counts_as_a_matrix_from_inputs_to_outputs(target, inputs, outputs):
    model, backbone = make_model(target)
    counts = trainable.trainable_counts(model)
    assert counts.trainable == 2 * (inputs + outputs) + 5 * 3 + 3
    assert counts.frozen == backbone.count_params()


def test_training_starts_from_the_pretrained_model():
    model, backbone = make_model("conv", "heads")
    plain = keras.Sequential([backbone, model.get_layer("logits")])
    np.testing.assert_array_equal(model({"image": IMAGES}), plain(IMAGES))


def test_training_changes_the_added_matrices_and_nothing_of_the_backbone():
    model, backbone = make_model("conv", "joined")
    before = [np.array(weight) for weight in backbone.weights]
    added = [np.array(weight) for weight in model.layers[1].trainable_weights]
    train(model)
    for weight, value in zip(backbone.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)
    for weight, value in zip(model.layers[1].trainable_weights, added, strict=True):
        assert np.abs(weight - value).max() > 0


def test_the_dropout_of_the_backbone_draws_new_noise_each_time():
    model, _ = make_model("conv")
    first, second = (np.array(model({"image": IMAGES}, training=True)) for _ in range(2))
    assert np.abs(first - second).max() > 0


def test_the_merged_model_is_the_plain_one_and_gives_the_same():
    model, backbone = make_model("conv", "heads", "joined", "dense")
    train(model)
    wanted = np.array(model({"image": IMAGES}))
    merged = trainable.merged(model)
    assert merged.get_layer("backbone") is backbone
    assert [layer.name for layer in merged.layers] == [layer.name for layer in model.layers]
    assert len(merged.weights) == len(backbone.weights) + 2
    np.testing.assert_allclose(merged({"image": IMAGES}), wanted, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(model({"image": IMAGES}), wanted, rtol=1e-5, atol=1e-5)


def test_a_model_without_added_matrices_is_its_own_merged_one():
    backbone = make_backbone()
    assert trainable.merged(backbone) is backbone


def test_the_export_of_a_merged_model_has_no_trace_of_the_matrices(model_config, tmp_path):
    model = classifier.build(model_config, 3)
    for weight in model.trainable_weights:
        weight.assign(keras.random.normal(weight.shape, seed=1))
    inputs = pretrained.encoder(model_config)({"text": tf.constant(TEXTS)})
    wanted = np.array(model(inputs))
    merged = trainable.merged(model)
    features = merged.get_layer("features").output
    assert keras.Model(merged.input, features)(inputs).shape == (4, 4)
    merged.export(tmp_path, verbose=False)
    served = tf.saved_model.load(tmp_path)
    np.testing.assert_allclose(served.serve(dict(inputs)), wanted, rtol=1e-4, atol=1e-4)
    sizes = [np.prod(v.shape) for v in served.variables if "seed" not in v.name]
    plain = pretrained.PretrainedTextConfig(preset=model_config.preset, sequence_length=7)
    assert sum(sizes) == classifier.build(plain, 3).count_params()


def test_half_precision_multiplies_in_half_and_adds_in_full(model_config):
    with placement.precision("mixed_bfloat16"):
        model = classifier.build(model_config, 3)
    inputs = pretrained.encoder(model_config)({"text": tf.constant(TEXTS)})
    assert model.get_layer("backbone")(inputs).dtype == "bfloat16"
    assert {weight.dtype for weight in model.weights} == {"float32"}


def test_a_target_in_no_name_is_refused():
    with pytest.raises(ValueError, match=r"`targets`.*'query'.*Expected parts of: \['conv', "):
        make_model("query")


def test_a_kernel_that_is_no_matrix_is_refused():
    x = inputs = keras.Input((2, 3))
    layer = keras.layers.EinsumDense("abc,dc->abd", (None, 5), name="odd")
    backbone = keras.Model(inputs, layer(x), name="backbone")
    with pytest.raises(ValueError, match="cannot adapt the layer 'odd'.*abc,dc->abd"):
        lora.adapt(backbone, config.LoRA(targets=("odd",)))


def test_what_is_added_is_the_product_times_alpha_by_the_rank():
    backbone = make_backbone()
    kernel = backbone.get_layer("heads").kernel
    before = np.array(kernel)
    layer = lora.adapt(backbone, config.LoRA(rank=2, alpha=6.0, targets=("heads",)))
    layer(IMAGES)
    a, b = layer.trainable_weights
    # Uniform within 1 / sqrt(inputs), so that training can begin at once; `b` is 0.
    assert 0.4 < np.abs(a).max() * 3**0.5 <= 1
    assert not np.any(b)
    b.assign(np.random.default_rng(0).normal(size=b.shape))
    added = np.array(a) @ np.array(b)
    wanted = before + 3.0 * added.reshape(kernel.shape)
    layer.merge()
    np.testing.assert_allclose(np.array(kernel), wanted, rtol=1e-5, atol=1e-6)
    assert not np.any(b)  # Once is enough.
