"""Tests of pipeline/metrics.py against scikit-learn."""

import collections
import math

import numpy as np
import pandas
import pytest
import sklearn.metrics
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from pipeline import metrics

Entry = collections.namedtuple("Entry", "actual_class_id predicted_class_id")

ACTUAL = [0] * 6 + [1] * 3 + [2] * 2 + [4]
PREDICTED = [0, 0, 0, 0, 1, 5, 1, 1, 0, 0, 1, 4]  # 2 is never predicted, 5 never right, 3 absent.


def confusion(actual, predicted):
    return collections.Counter(map(Entry, actual, predicted))


@pytest.mark.parametrize(
    ("actual", "predicted"),
    [
        (ACTUAL, PREDICTED),
        (PREDICTED, ACTUAL),
        ([0, 1, 1], [0, 1, 1]),
        ([0, 0], [1, 1]),
        ([7], [7]),
        ([-1, 0, 0], [0, 0, 1]),
    ],
    ids=["unequal", "swapped", "perfect", "all wrong", "one class", "unseen label"],
)
def test_macro_f1_is_that_of_scikit_learn(actual, predicted):
    expected = sklearn.metrics.f1_score(actual, predicted, average="macro")
    assert metrics.macro_f1(confusion(actual, predicted)) == pytest.approx(expected, abs=1e-12)


def test_weights_count():
    weighted = {Entry(0, 0): 0.5, Entry(0, 1): 1.5, Entry(1, 1): 3.0}
    expected = sklearn.metrics.f1_score(
        [0, 0, 1], [0, 1, 1], average="macro", sample_weight=[0.5, 1.5, 3.0]
    )
    assert metrics.macro_f1(weighted) == pytest.approx(expected, abs=1e-12)


def test_an_empty_slice_has_no_macro_f1():
    assert math.isnan(metrics.macro_f1({}))


def test_tfma_finds_the_metric_by_its_name_and_computes_the_same(monkeypatch):
    probabilities = np.full((len(ACTUAL), 6), 0.05)
    probabilities[np.arange(len(ACTUAL)), PREDICTED] = 0.75
    frame = pandas.DataFrame({"label": ACTUAL, "prediction": list(probabilities)})
    config = config_pb2.EvalConfig(
        model_specs=[config_pb2.ModelSpec(label_key="label", prediction_key="prediction")],
        metrics_specs=[
            config_pb2.MetricsSpec(
                metrics=[config_pb2.MetricConfig(class_name="MacroF1", module="pipeline.metrics")]
            )
        ],
        slicing_specs=[config_pb2.SlicingSpec()],
    )
    result = tfma.analyze_raw_data(frame, config)
    found = result.get_metrics_for_all_slices()[()]["macro_f1"]["doubleValue"]
    expected = sklearn.metrics.f1_score(ACTUAL, PREDICTED, average="macro")
    assert found == pytest.approx(expected, abs=1e-6)
