"""Tests of models/training/placement.py."""

import subprocess
import sys

import keras
import tensorflow as tf

from models.training import placement

ON_TWO_DEVICES = """
import pathlib, sys, tempfile
import keras, numpy as np, tensorflow as tf
from models.training import fit, placement
from models.training.config import TrainingConfig
from models.training.inputs import Batches
from tests.models import classifier

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
folder = pathlib.Path(tempfile.mkdtemp())

def train(strategy, name, num_examples, *layers, **fields):
    vectors = np.random.default_rng(0).normal(size=(num_examples, 5)).astype("float32")
    labels = (vectors.sum(axis=1) > 0).astype("int64")
    dataset = tf.data.Dataset.from_tensor_slices(({"vector": vectors}, labels))
    split = Batches(lambda number: dataset.batch(4), num_examples, 4, is_cached=True)
    keras.utils.set_random_seed(0)
    with strategy.scope():
        x = vector = keras.Input((5,), name="vector")
        for layer in layers:
            x = layer()(x)
        model = keras.Model({"vector": vector}, keras.layers.Dense(2)(x))
        config = TrainingConfig(epochs=2, batch_size=4, learning_rate=0.05, **fields)
        fit.fit(model, classifier.objective, split, split, config, folder / name, folder / name)
    return model.get_weights()

two = placement.strategy("all", ["CPU:0", "CPU:1"])
assert two.num_replicas_in_sync == 2
one = placement.strategy("one")
for fields in ({}, {"averaging": 0.8}):
    name = "averaged" if fields else "plain"
    for a, b in zip(
        train(two, f"two_{name}", 12, **fields), train(one, f"one_{name}", 12, **fields)
    ):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
# A last batch of one example has nothing for the second device.
odd = train(two, "odd", 13, keras.layers.BatchNormalization, averaging=0.8)
assert all(np.isfinite(a).all() for a in odd)
"""


def test_two_devices_train_what_one_trains():
    result = subprocess.run([sys.executable, "-c", ON_TWO_DEVICES], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]


def test_all_devices_of_a_machine_without_gpus_are_one(caplog, monkeypatch):
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [])
    assert placement.strategy("all").num_replicas_in_sync == 1
    assert "`training.devices: all` found 0 GPUs" in caplog.text


def test_the_precision_before_returns():
    before = keras.config.dtype_policy()
    with placement.precision("mixed_bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
    assert keras.config.dtype_policy() == before
