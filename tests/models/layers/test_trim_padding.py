"""Tests of models/layers/trim_padding.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import macs
from models.layers.trim_padding import TrimPadding, keep_padding
from models.tasks import losses
from models.text import pretrained
from models.training import fit
from models.training.config import TrainingConfig
from tests.models import classifier, tiny_presets


def tokens(*lengths, size=20):
    mask = np.arange(size) < np.array(lengths)[:, None]
    ids = np.where(mask, np.arange(1, size + 1), 0)
    return {"token_ids": ids.astype("int32"), "padding_mask": mask.astype("int32")}


@pytest.mark.parametrize(
    ("lengths", "kept"), [((3, 1), 8), ((8,), 8), ((2, 9, 4), 16), ((17,), 20), ((20, 1), 20)]
)
def test_a_batch_is_cut_to_its_longest_text_rounded_up(lengths, kept):
    given = tokens(*lengths)
    cut = TrimPadding()(given)
    assert cut.keys() == given.keys()
    for name, tensor in cut.items():
        np.testing.assert_array_equal(tensor, given[name][:, :kept])
        assert tensor.dtype == "int32"


def test_a_batch_without_tokens_and_one_without_texts_do_not_fail():
    assert TrimPadding()(tokens(0, 0))["token_ids"].shape == (2, 8)
    assert TrimPadding()(tokens())["token_ids"].shape[0] == 0


def test_a_hole_in_the_mask_cuts_nothing_after_it():
    given = {"padding_mask": np.array([[1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]])}
    assert TrimPadding()(given)["padding_mask"].shape == (1, 12)


def make_model(folder, pooling="mean"):
    preset = tiny_presets.save_bert(folder / "preset")
    keras.utils.set_random_seed(0)
    config = pretrained.PretrainedTextConfig(preset=preset, sequence_length=12, pooling=pooling)
    return classifier.build(config, 2), pretrained.encoder(config)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_pretrained_model_answers_the_same_without_its_padding(tmp_path, pooling):
    model, encoder = make_model(tmp_path, pooling)
    batch = encoder({"text": tf.constant(["old map", "new", "old new old new"])})
    assert batch["token_ids"].shape == (3, 12)
    trimmed = model(batch)
    assert model.get_layer("trim_padding")(batch)["token_ids"].shape == (3, 8)
    keep_padding(model)
    np.testing.assert_allclose(model(batch), trimmed, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_xla_compiles_a_model_that_keeps_its_padding(tmp_path):
    model, encoder = make_model(tmp_path)
    fit.compile_model(model, classifier.objective(), TrainingConfig(xla=True, epochs=1), steps=1)
    batch = encoder({"text": tf.constant(["old map", "new"])})
    assert model.jit_compile
    assert model.get_layer("trim_padding")(batch)["token_ids"].shape == (2, 12)
    plain = losses.build(0.0)(np.array([0, 1]), model(batch))
    loss, _ = model.train_on_batch(batch, np.array([0, 1]))
    np.testing.assert_allclose(loss, plain, rtol=0.3)  # Dropout makes the difference.


def test_arithmetic_is_counted_for_the_full_length(tmp_path):
    model, _ = make_model(tmp_path)
    feed_forward = 3 * 12 * 2 * 4 * 6  # Layers, tokens, two products of 4 by 6.
    assert macs.macs(model) > feed_forward
