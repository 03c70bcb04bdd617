"""Tests of models/text/recurrent.py."""

import dataclasses
import importlib

import numpy as np
import pytest
import tensorflow as tf

from models import macs
from models.finetuning import trainable
from models.layers.step_mask import StepMask
from models.recipe import Recipe
from models.text import recurrent
from models.training import fit
from models.training.config import TrainingConfig
from models.training.inputs import Batches
from tests import strict
from tests.models import classifier, conformance, tiny_tokens

SMALL = recurrent.RecurrentConfig(
    vocabulary_size=11, sequence_length=6, embedding_dim=4, units=5, num_layers=2,
    bidirectional=True, cell="gru",
)  # fmt: skip


@pytest.fixture(scope="module")
def case():
    def gru(inputs):
        return 3 * (inputs * 5 + 5 * 5 + 2 * 5)  # Two biases: Keras resets after the product.

    trainable = 11 * 4 + 2 * gru(4) + 2 * gru(10) + 10 * 3 + 3
    return conformance.Case(SMALL, tiny_tokens.FEATURES, 10, trainable, frozen=0)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize(
    ("cell", "of_one_layer"),
    [("simple", 4 * 5 + 5 * 5 + 5), ("lstm", 4 * (4 * 5 + 5 * 5 + 5))],
)
def test_cells_have_the_weights_of_their_equations(cell, of_one_layer):
    config = dataclasses.replace(SMALL, cell=cell, num_layers=1, bidirectional=False)
    model = classifier.build(config, 3)
    wanted = 11 * 4 + of_one_layer + 5 * 3 + 3
    assert trainable.trainable_counts(model) == trainable.TrainableCounts(wanted, 0)


@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_does_not_change_the_logits(pooling, bidirectional):
    config = dataclasses.replace(SMALL, pooling=pooling, bidirectional=bidirectional)
    model = classifier.build(config, 3)
    longer = classifier.build(dataclasses.replace(config, sequence_length=9), 3)
    longer.set_weights(model.get_weights())
    padded = np.pad(tiny_tokens.TOKEN_IDS, [(0, 0), (0, 3)])
    np.testing.assert_allclose(
        longer({"token_ids": padded}), model(tiny_tokens.FEATURES), rtol=1e-5, atol=1e-6
    )


def test_a_text_without_tokens_has_zero_features(case):
    model = case.build()
    features = recurrent.keras.Model(model.input, model.get_layer("features").output)
    np.testing.assert_array_equal(features({"token_ids": np.zeros((1, 6))}), np.zeros((1, 10)))


@pytest.mark.parametrize("field", ["units", "num_layers", "embedding_dim"])
def test_rejects_sizes_below_one(field):
    with pytest.raises(ValueError, match=f"{field}: must be at least 1. Received: 0"):
        strict.check(dataclasses.replace(SMALL, **{field: 0}))


def show_gpu(monkeypatch):
    """Let Keras choose its recurrent kernels as on a machine with a GPU."""
    kernels = importlib.import_module("keras.src.backend.tensorflow.rnn")
    monkeypatch.setattr(kernels, "_is_gpu_available", lambda: True)


def traced(model):
    """The operations of a model's graph."""
    inputs = {"token_ids": tf.TensorSpec((None, SMALL.sequence_length), tf.int32)}
    graph = tf.function(model).get_concrete_function(inputs).graph.as_graph_def()
    nodes = [*graph.node, *(node for one in graph.library.function for node in one.node_def)]
    return {node.op for node in nodes}


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_only_training_computes_with_cudnn_where_there_is_a_gpu(monkeypatch, cell, bidirectional):
    show_gpu(monkeypatch)
    config = dataclasses.replace(SMALL, cell=cell, bidirectional=bidirectional)
    model = classifier.build(config, 3)
    assert "CudnnRNNV3" not in traced(model)
    fit.compile_model(model, classifier.objective(), TrainingConfig(), steps=1)
    assert "CudnnRNNV3" in traced(model)
    assert macs.macs(model) > 0
    fit.compile_model(model, classifier.objective(), TrainingConfig(xla=True), steps=1)
    assert model.jit_compile
    assert "CudnnRNNV3" not in traced(model)


def test_a_trained_model_is_exported_without_cudnn(monkeypatch, tmp_path):
    model = classifier.build(dataclasses.replace(SMALL, num_layers=1, bidirectional=False), 3)
    order = tf.data.Dataset.from_tensors((tiny_tokens.FEATURES, conformance.LABELS))
    batches = Batches(lambda number: order, 4, 4, is_cached=True)
    fit.fit(
        model, classifier.objective, batches, None, TrainingConfig(epochs=1), tmp_path, tmp_path
    )
    show_gpu(monkeypatch)
    assert "CudnnRNNV3" not in traced(model)


@pytest.mark.parametrize("activation", ["sigmoid", "leaky_relu", "elu"])
def test_another_activation_is_not_for_cudnn(monkeypatch, activation):
    show_gpu(monkeypatch)
    recipe = Recipe(activation=activation, elu_alpha=0.5)
    model = classifier.build(dataclasses.replace(SMALL, recipe=recipe), 3)
    fit.compile_model(model, classifier.objective(), TrainingConfig(), steps=1)
    assert "CudnnRNNV3" not in traced(model)


def test_cudnn_is_given_a_step_of_every_text():
    steps = StepMask()(np.array([[5, 3, 0], [0, 0, 0]]))
    assert steps.numpy().tolist() == [[True, True, False], [True, False, False]]
