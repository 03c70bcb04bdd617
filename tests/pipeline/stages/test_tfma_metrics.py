"""Tests of pipeline/stages/tfma_metrics.py: what TFMA makes of a task's metrics."""

import json

import numpy as np
import pytest
import sklearn.metrics
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_specs
from tensorflow_model_analysis.proto import config_pb2

from models.tasks import classification
from pipeline.config import loading
from pipeline.stages import tfma_metrics

LABELS = np.array(["a", "나", "c", "d"])
GIVEN = ["a"] * 5 + ["나"] * 3 + ["c"] + ["unseen"]
ANSWERED = ["a", "a", "나", "a", "c", "나", "나", "a", "a", "a"]


def measured(name, given=GIVEN, answered=ANSWERED):
    """All figures of one metric."""
    task = classification.TextClassification("text_classification")
    probabilities = np.full((len(given), len(LABELS)), 0.1, np.float32)
    for row, label in enumerate(answered):
        probabilities[row, LABELS.tolist().index(label)] = 0.7
    combiner = tfma_metrics._Combiner(
        name, loading.dump_task(task), [name, name + "_low", name + "_high"], ""
    )
    parts = [combiner.create_accumulator(), combiner.create_accumulator()]
    for row, label in enumerate(given):
        element = tfma.metrics.StandardMetricInputs(
            {
                "features": {"label": np.array([label.encode()], object)},
                "predictions": {
                    "label": np.array([answered[row].encode()], object),
                    "labels": np.array([one.encode() for one in LABELS], object),
                    "probabilities": probabilities[row],
                },
            }
        )
        parts[row % 2] = combiner.add_input(parts[row % 2], element)
    return combiner.extract_output(combiner.merge_accumulators(parts))


def test_accuracy_has_wilsons_interval():
    found = measured("accuracy")
    assert found["accuracy"] == 0.5
    assert 0 < found["accuracy_low"] < 0.5 < found["accuracy_high"] < 1


def test_macro_f1_is_that_of_scikit_learn_though_a_label_is_unseen():
    expected = sklearn.metrics.f1_score(GIVEN, ANSWERED, average="macro", zero_division=0)
    found = measured("macro_f1")
    assert found["macro_f1"] == pytest.approx(expected)
    assert found["macro_f1_low"] <= expected <= found["macro_f1_high"]


def test_a_label_that_a_model_does_not_know_has_no_probability():
    found = measured("cross_entropy", ["a", "unseen"], ["a", "a"])
    assert found["cross_entropy"] == pytest.approx(-(np.log(0.7) + np.log(1e-7)) / 2, rel=1e-5)


def test_an_empty_slice_has_no_figure():
    combiner = tfma_metrics._Combiner("accuracy", "", ["x"], "")
    assert np.isnan(combiner.extract_output([])["x"])


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("accuracy", ["accuracy", "accuracy_low", "accuracy_high"]),
        ("macro_f1", ["macro_f1"]),
    ],
)
def test_tfma_finds_a_metric_by_its_name_and_the_headline_has_an_interval(name, keys):
    task = loading.dump_task(classification.TextClassification("text_classification"))
    config = config_pb2.MetricConfig(
        class_name="TaskMetric",
        module="pipeline.stages.tfma_metrics",
        config=json.dumps({"name": name, "task": task}),
    )
    spec = config_pb2.MetricsSpec(metrics=[config])
    computations = metric_specs.to_computations([spec], eval_config=config_pb2.EvalConfig())
    assert [key.name for one in computations for key in one.keys] == keys
