"""Tests of pipeline/climb.py: what is counted of a model."""

import json

import pytest

pytestmark = pytest.mark.tfx

from models.tasks import classification  # noqa: E402
from models.text import pretrained  # noqa: E402
from models.training.config import TrainingConfig  # noqa: E402
from pipeline import climb, config  # noqa: E402
from tests.models import tiny_presets  # noqa: E402


def test_a_model_that_lora_trained_counts_as_the_plain_one_that_is_exported(tmp_path):
    preset = tiny_presets.save_bert(tmp_path / "preset")

    def counts(method):
        learner = config.LearnerConfig(
            classification.TextClassification("text_classification"),
            pretrained.PretrainedTextConfig(preset=preset, sequence_length=7, fine_tuning=method),
            TrainingConfig(),
        )
        told = json.loads(config.dump_learner(learner))
        return climb._counts({"learner": told, "labels": ["bad", "good"]})

    plain = counts("full")
    assert min(plain.values()) > 100
    assert counts("lora") == plain
