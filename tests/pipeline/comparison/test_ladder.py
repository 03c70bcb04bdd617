"""Tests of pipeline/comparison/ladder.py: what is counted of a model, and who is the best."""

import json
import types

import numpy as np
import pytest

from components import tfrecord
from components.ingest import tfexample
from models import zoo
from models.finetuning import trainable
from models.tasks import classification, language_modeling, text_pairs
from models.tasks.task import Facts
from models.text import ngram, pretrained
from models.training.config import TrainingConfig
from pipeline import paths
from pipeline.comparison import answers, evaluated_examples, ladder
from pipeline.config import loading, sections
from serving.execution import saved_model
from tests.models import tiny_presets

pytestmark = pytest.mark.tfx


def summary(learner, facts, counts):
    """What training leaves of a model."""
    return {
        "learner": json.loads(loading.dump_learner(learner)),
        "facts": facts,
        "trainable_parameters": counts.trainable,
        "frozen_parameters": counts.frozen,
    }


def test_a_model_that_lora_trained_counts_as_the_plain_one_that_is_exported(tmp_path):
    preset = tiny_presets.save_bert(tmp_path / "preset")

    def counts(method):
        learner = sections.LearnerConfig(
            classification.TextClassification("text_classification"),
            pretrained.PretrainedTextConfig(preset=preset, sequence_length=7, fine_tuning=method),
            TrainingConfig(),
        )
        facts = {"vocabularies": {"label": ["bad", "good"]}}
        model = zoo.build(learner.model, learner.task, Facts(**facts))
        return ladder._count(summary(learner, facts, trainable.trainable_counts(model)))

    plain = counts("full")
    assert min(plain.values()) > 100
    assert counts("lora") == plain


def test_of_a_counted_model_only_training_tells_how_large_it_is():
    learner = sections.LearnerConfig(
        language_modeling.LanguageModeling("language_modeling"),
        ngram.NgramConfig(vocabulary_size=260, order=2),
        TrainingConfig(),
    )
    found = ladder._count(summary(learner, {}, trainable.TrainableCounts(700, 300)))
    assert found == {"parameters": 1000, "macs": 0}


PAIRS = text_pairs.TextPairRegression("text_pair_regression", target="apart")
WORDS = ["fig", "plum", "사과"]


@pytest.fixture
def examples(tmp_path):
    """Evaluated examples of two words and how far apart they stand in the list."""
    for split, count in (("train", 30), ("eval", 11)):
        folder = tmp_path / "examples" / f"Split-{split}"
        folder.mkdir(parents=True)
        rows = [(WORDS[i % 3], WORDS[i // 3 % 3]) for i in range(count)]
        with open(folder / "data.gz", "wb") as stream:
            tfrecord.write(
                stream,
                [
                    tfexample.serialize(
                        {
                            "first": one.encode(),
                            "second": other.encode(),
                            "apart": float(abs(WORDS.index(one) - WORDS.index(other))),
                        }
                    )
                    for one, other in rows
                ],
            )
    found = evaluated_examples.EvaluatedExamples(PAIRS, paths.Paths(tmp_path, "pairs"))
    found.artifact = types.SimpleNamespace(id=3, uri=str(tmp_path / "examples"))
    return found


def test_the_first_rungs_are_the_simple_answers_of_the_task(examples):
    constant, simple = ladder._ask_simple(examples, PAIRS)
    assert (constant.result.name, simple.result.name) == ("median", "TF-IDF + ridge regression")
    assert constant.result.figures["spearman"] == 0
    assert simple.result.figures["spearman"] > 0.5
    assert set(simple.result.figures) == {"spearman", "pearson", "mae"}
    assert simple.result.seconds > 0
    again = ladder._ask_simple(examples, PAIRS)[1]
    assert again.result == simple.result


def test_an_export_is_asked_with_all_inputs_by_name(examples, monkeypatch, tmp_path):
    asked = []

    class Predictor:
        def __init__(self, export):
            pass

        def predict(self, signature, inputs, outputs):
            asked.append({name: list(values) for name, values in inputs.items()})
            return {name: np.arange(len(inputs["first"]), dtype="float32") for name in outputs}

        def close(self):
            pass

    monkeypatch.setattr(saved_model, "SavedModelPredictor", Predictor)
    model = types.SimpleNamespace(id=5, uri=str(tmp_path))
    given = examples.ask(model)
    assert asked == [
        {
            "first": [WORDS[i % 3].encode() for i in range(11)],
            "second": [WORDS[i // 3 % 3].encode() for i in range(11)],
        }
    ]
    assert len(given) == 11 and given.outputs["value"].tolist() == list(range(11))
    assert examples.ask(model).targets == given.targets and len(asked) == 1


def test_where_less_is_better_the_least_is_the_best():
    metric = PAIRS.metrics[-1]
    assert metric.name == "mae"
    targets = {"apart": [0.0, 1.0, 2.0, 3.0]}
    near, far = (
        answers.of_rows(targets, [{"value": value + error} for value in targets["apart"]])
        for error in (0.1, 2.0)
    )
    asked = [ladder._Asked(ladder.ModelResult(name), a) for name, a in (("n", near), ("f", far))]
    best = ladder._best(metric, [one.answers for one in asked])
    assert best is near
    worse = ladder._compare(metric, asked[1], best)
    assert worse.difference == pytest.approx((1.9, 1.9))
    assert worse.p_value < 0.05 and not worse.is_as_good
