"""Tests of pipeline/modules/trainer.py: what a training leaves in the folder of the model run."""

import json
import pathlib
import shutil
import types

import pytest

pytestmark = pytest.mark.tfx

import test_tuner  # noqa: E402

from models.tasks import classification  # noqa: E402
from models.text import bag_of_words, subwords  # noqa: E402
from models.training.config import TrainingConfig  # noqa: E402
from pipeline import config  # noqa: E402
from pipeline.modules import trainer  # noqa: E402

MODEL = bag_of_words.BagOfWordsConfig(
    vocabulary_size=60, sequence_length=4, tokenizer="wordpiece", weighting="binary"
)


@pytest.mark.slow
def test_a_learned_tokenizer_is_kept_for_other_trainings(tmp_path):
    test_tuner.write_splits(tmp_path)
    test_tuner.write_graph(tmp_path, feature="text")
    learner = config.LearnerConfig(
        classification.TextClassification("text_classification"),
        MODEL,
        TrainingConfig(epochs=1, batch_size=8),
    )
    unfinished = tmp_path / "unfinished"
    trainer.run_fn(
        types.SimpleNamespace(
            custom_config={"learner": config.dump_learner(learner), "resumable": str(unfinished)},
            hyperparameters=None,
            transform_output=str(tmp_path / "graph"),
            train_files=[str(tmp_path / "train.gz")],
            eval_files=[str(tmp_path / "eval.gz")],
            model_run_dir=str(tmp_path / "run"),
            serving_model_dir=str(tmp_path / "export"),
        )
    )
    shutil.rmtree(unfinished)  # As a finished run does.
    model = json.loads((tmp_path / "run" / trainer.SUMMARY).read_text("utf-8"))["learner"]["model"]
    assert pathlib.Path(model["tokenizer_file"]).parent == tmp_path / "run"
    tokenizer = subwords.load("wordpiece", model["tokenizer_file"], 4)
    assert tokenizer.vocabulary_size() == model["vocabulary_size"]
