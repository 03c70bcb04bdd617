"""Tests that models/doctor can look into models of every make."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import zoo
from models.doctor import examination
from models.finetuning import config as fine_tuning
from models.image import resnet
from models.tasks import expected, losses
from models.text import hub_text, pretrained, recurrent
from models.training import config, optimizer_config
from tests.models import classifier, tiny_images, tiny_modules, tiny_presets, tiny_tokens
from tests.models import doctor_subjects as subjects

LABELS = np.array([0, 1, 2, 1])
TEXTS = {"text": ["old map", "new maps maps", "책", "unseen words old"]}


def examine(model_config, features, **training):
    """Every finding on four examples, by name, and the number of models that were built."""
    entry = zoo.lookup(model_config.kind)
    given = {name: tf.constant(value) for name, value in features.items()}
    inputs = entry.encoder(model_config)(given)

    def build():
        keras.utils.set_random_seed(3)
        return classifier.build(model_config, 3)

    found = examination.examine(
        build,
        subjects.split(inputs, LABELS, batch_size=4),
        config.TrainingConfig(**{"batch_size": 4, "learning_rate": 0.01, **training}),
        losses.build(0.0),
        expected.of_classes(3),
        fine_tuning=getattr(model_config, "fine_tuning", None),
    )
    return {finding.check: finding for finding in found}


def check_all_looked(found):
    assert "overfit_sample" in found
    for finding in found.values():
        json.dumps(finding.figures, allow_nan=False)
    for name in ("batch_leakage", "gradient_flow", "numerical_gradients"):
        assert found[name].verdict == "pass", found[name]


def test_a_residual_network_learns_and_small_batches_are_noticed():
    small = resnet.ResNetConfig(blocks=(1, 1), stem="small", width=3, image_size=8)
    found = examine(small, tiny_images.FEATURES)
    check_all_looked(found)
    assert found["batch_norm_mode"].verdict == "warn"
    assert "stem_conv" in found["activation_spread"].figures["layers"]


def test_a_recurrent_network_is_no_riddle():
    small = recurrent.RecurrentConfig(vocabulary_size=11, sequence_length=6, units=5)
    found = examine(small, tiny_tokens.FEATURES)
    check_all_looked(found)
    # Token ids have no scale.
    assert "input has the mean" not in found["activation_spread"].evidence


@pytest.mark.parametrize(
    "method",
    [
        fine_tuning.LoRA(rank=3, alpha=6.0),
        pytest.param(fine_tuning.Gradual(layer_decay=0.5), marks=pytest.mark.slow),
    ],
)
def test_fine_tuned_encoders_are_examined_as_they_are_trained(method, tmp_path):
    preset = tiny_presets.save_bert(tmp_path / "bert")
    chosen = pretrained.PretrainedTextConfig(preset=preset, sequence_length=7, fine_tuning=method)
    found = examine(chosen, TEXTS, optimizer=optimizer_config.AdamW(), epochs=9)
    check_all_looked(found)
    assert "logits" in found["activation_spread"].figures["layers"]
    weights = found["gradient_norms"].figures["weights"]
    assert weights and not [path for path in weights if "bias" in path]


def test_hub_modules_are_closed_but_trained(tmp_path):
    handle = tiny_modules.save_text(tmp_path / "module")
    check_all_looked(examine(hub_text.HubTextConfig(handle=handle, dropout=0.0), TEXTS))
