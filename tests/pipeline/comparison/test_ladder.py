"""Tests of pipeline/comparison/ladder.py: what is counted of a model."""

import json

import pytest

from models.tasks import classification
from models.text import pretrained
from models.training.config import TrainingConfig
from pipeline.comparison import ladder
from pipeline.config import loading, sections
from tests.models import tiny_presets

pytestmark = pytest.mark.tfx


def test_a_model_that_lora_trained_counts_as_the_plain_one_that_is_exported(tmp_path):
    preset = tiny_presets.save_bert(tmp_path / "preset")

    def counts(method):
        learner = sections.LearnerConfig(
            classification.TextClassification("text_classification"),
            pretrained.PretrainedTextConfig(preset=preset, sequence_length=7, fine_tuning=method),
            TrainingConfig(),
        )
        told = json.loads(loading.dump_learner(learner))
        facts = {"vocabularies": {"label": ["bad", "good"]}}
        return ladder._count({"learner": told, "facts": facts})

    plain = counts("full")
    assert min(plain.values()) > 100
    assert counts("lora") == plain
