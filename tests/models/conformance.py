"""What every model of the zoo promises, checked the same way for each.

A model's own test makes a `Case` and runs `CHECKS` on it.
"""

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import zoo
from models.entry import Entry
from models.finetuning import trainable
from models.layers import fused
from models.training import placement
from pipeline.config.problems import ConfigError
from tests import strict
from tests.models import classifier

LABELS = np.array([0, 1, 2, 1])


@dataclasses.dataclass(frozen=True)
class Case:
    """A tiny instance of a model; every size differs from the others."""

    config: Any
    features: dict[str, Any]
    """Four different examples as Transform gives them."""
    dim: int
    """Width of the layer `features`."""
    trainable: int
    """Number of trainable parameters with three classes, counted by hand."""
    frozen: int
    """Number of other parameters, counted by hand."""
    learning_rate: float = 0.02
    """At which Adam learns the four examples in 150 steps."""

    @property
    def entry(self) -> Entry:
        return zoo.lookup(self.config.kind)

    def build(self):
        keras.utils.set_random_seed(3)
        return classifier.build(self.config, 3)

    def inputs(self):
        return self.entry.encoder(self.config)(
            {name: tf.constant(value) for name, value in self.features.items()}
        )


def gives_float_logits_and_features(case, tmp_path):
    model = case.build()
    inputs = case.inputs()
    logits = model(inputs)
    assert logits.shape == (4, 3)
    assert logits.dtype == "float32"
    assert isinstance(model.input, dict) and set(model.input) == set(inputs)
    assert model.output.name == "logits" or model.layers[-1].name == "logits"
    embedder = keras.Model(model.input, model.get_layer("features").output)
    assert embedder(inputs).shape == (4, case.dim)
    assert {name: value.dtype for name, value in inputs.items()} == {
        name: tensor.dtype for name, tensor in model.input.items()
    }


def has_the_parameters_counted_by_hand(case, tmp_path):
    counts = trainable.trainable_counts(case.build())
    assert counts == trainable.TrainableCounts(case.trainable, case.frozen)


def has_the_same_names_in_every_build(case, tmp_path):
    first, second = case.build(), case.build()
    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]
    assert [weight.path for weight in first.weights] == [weight.path for weight in second.weights]


def starts_the_same_under_one_seed(case, tmp_path):
    for first, second in zip(case.build().weights, case.build().weights, strict=True):
        np.testing.assert_array_equal(first, second)


def is_deterministic_in_inference(case, tmp_path):
    model, inputs = case.build(), case.inputs()
    np.testing.assert_array_equal(model(inputs), model(inputs))


def overfits_four_examples(case, tmp_path):
    model, inputs = case.build(), case.inputs()
    frozen = [np.array(weight) for layer in model.layers for weight in _fixed(layer)]
    model.compile(
        keras.optimizers.Adam(case.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    dataset = tf.data.Dataset.from_tensors((inputs, LABELS)).repeat(150)
    model.fit(dataset, epochs=1, steps_per_epoch=150, verbose=0)
    assert np.argmax(model(inputs), -1).tolist() == LABELS.tolist()
    after = [np.array(weight) for layer in model.layers for weight in _fixed(layer)]
    for before, now in zip(frozen, after, strict=True):
        np.testing.assert_array_equal(before, now)


def learns_in_bfloat16_and_answers_as_in_float32(case, tmp_path):
    model, inputs = case.build(), case.inputs()
    with placement.precision("mixed_bfloat16"):
        half = case.build()
    assert half(inputs).dtype == "float32"
    assert {weight.dtype for weight in half.weights} == {weight.dtype for weight in model.weights}
    half.set_weights(model.get_weights())
    logits = np.array(model(inputs))
    # Seven bits of fraction, and sums of them.
    tolerance = 0.1 * max(1, np.abs(logits).max())
    np.testing.assert_allclose(half(inputs), logits, atol=tolerance)
    half.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = [np.array(weight) for weight in half.trainable_weights]
    assert np.isfinite(half.train_on_batch(inputs, LABELS))
    assert any(np.any(b != a) for b, a in zip(before, half.trainable_weights, strict=True))


def survives_saving(case, tmp_path):
    model, inputs = case.build(), case.inputs()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(inputs), model(inputs))


def exports_with_its_encoder(case, tmp_path):
    model, encode = case.build(), case.entry.encoder(case.config)
    signature = {
        name: tf.TensorSpec((None, *np.shape(value)[1:]), tf.constant(value).dtype, name=name)
        for name, value in case.features.items()
    }
    features = {name: tf.constant(value) for name, value in case.features.items()}
    answers = np.array(model(encode(features)))
    fused.fuse(model)
    root = tf.Module()
    root.model, root.encoder = model, list(encode.trackable)
    root.serve = tf.function(lambda **features: {"logits": model(encode(features), training=False)})
    concrete = root.serve.get_concrete_function(**signature)
    functions = concrete.graph.as_graph_def().library.function
    # A server may be built without XLA, and on the CPU it is slow for single operations.
    assert not [each.signature.name for each in functions if each.attr["_XlaMustCompile"].b]
    tf.saved_model.save(root, str(tmp_path), signatures={"serving_default": concrete})
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    np.testing.assert_allclose(served(**features)["logits"], answers, rtol=1e-5, atol=1e-5)


def encodes_inside_an_input_pipeline(case, tmp_path):
    encode, wanted = case.entry.encoder(case.config), case.inputs()
    dataset = tf.data.Dataset.from_tensor_slices(case.features).batch(4).map(encode)
    (encoded,) = dataset
    for name, value in wanted.items():
        np.testing.assert_array_equal(encoded[name], value)
        assert None not in dataset.element_spec[name].shape[1:]


def encodes_an_empty_batch(case, tmp_path):
    encode = tf.function(case.entry.encoder(case.config))
    empty = encode({name: tf.constant(value)[:0] for name, value in case.features.items()})
    for name, value in case.inputs().items():
        assert empty[name].shape == (0, *value.shape[1:])


def has_a_strict_config(case, tmp_path):
    assert zoo.MODELS[case.config.kind].config is type(case.config)
    fields = dataclasses.asdict(case.config)
    assert strict.read(type(case.config), fields) == case.config
    with pytest.raises(ConfigError, match="no_such_field: unknown key"):
        strict.read(type(case.config), {**fields, "no_such_field": 1})
    with pytest.raises(dataclasses.FrozenInstanceError):
        case.config.kind = "other"


def _fixed(layer):
    """Weights that no gradient and no moving statistic may change."""
    parts = layer._flatten_layers(include_self=True, recursive=True)
    return [weight for part in parts if not part.trainable for weight in part._trainable_variables]


CHECKS = [
    gives_float_logits_and_features,
    has_the_parameters_counted_by_hand,
    has_the_same_names_in_every_build,
    starts_the_same_under_one_seed,
    is_deterministic_in_inference,
    overfits_four_examples,
    learns_in_bfloat16_and_answers_as_in_float32,
    survives_saving,
    exports_with_its_encoder,
    encodes_inside_an_input_pipeline,
    encodes_an_empty_batch,
    has_a_strict_config,
]
