"""Tests of pipeline/stages/tfma_metrics.py against scikit-learn."""

import collections
import math

import numpy as np
import pandas
import pytest
import sklearn.metrics
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from pipeline.stages import tfma_metrics

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
    assert tfma_metrics.macro_f1(confusion(actual, predicted)) == pytest.approx(expected, abs=1e-12)


def test_weights_count():
    weighted = {Entry(0, 0): 0.5, Entry(0, 1): 1.5, Entry(1, 1): 3.0}
    expected = sklearn.metrics.f1_score(
        [0, 0, 1], [0, 1, 1], average="macro", sample_weight=[0.5, 1.5, 3.0]
    )
    assert tfma_metrics.macro_f1(weighted) == pytest.approx(expected, abs=1e-12)


def test_an_empty_slice_has_no_macro_f1():
    assert math.isnan(tfma_metrics.macro_f1({}))


def measured(metric, actual, predicted, probability=0.75):
    """What TFMA makes of a metric, with the rest of the probability spread over six labels."""
    rest = (1 - probability) / 5
    probabilities = np.full((len(actual), 6), rest, np.float32)
    probabilities[np.arange(len(actual)), predicted] = probability
    frame = pandas.DataFrame({"label": actual, "prediction": list(probabilities)})
    config = config_pb2.EvalConfig(
        model_specs=[config_pb2.ModelSpec(label_key="label", prediction_key="prediction")],
        metrics_specs=[
            config_pb2.MetricsSpec(
                metrics=[
                    config_pb2.MetricConfig(
                        class_name=metric,
                        module="pipeline.stages.tfma_metrics",
                        config='{"name": "found"}',
                    )
                ]
            )
        ],
        slicing_specs=[config_pb2.SlicingSpec()],
    )
    result = tfma.analyze_raw_data(frame, config)
    return result.get_metrics_for_all_slices()[()]["found"]["doubleValue"]


def test_tfma_finds_the_metric_by_its_name_and_computes_the_same():
    expected = sklearn.metrics.f1_score(ACTUAL, PREDICTED, average="macro")
    assert measured("MacroF1", ACTUAL, PREDICTED) == pytest.approx(expected, abs=1e-6)


def test_labels_that_a_model_does_not_know_are_wrong_answers_of_it_one_by_one():
    actual, predicted = [0, 0, 1, -7, -7, -2_000_000_000], [0, 1, 1, 0, 1, 1]
    expected = sklearn.metrics.f1_score(actual, predicted, average="macro")
    assert measured("MacroF1", actual, predicted) == pytest.approx(expected, abs=1e-6)


def test_cross_entropy_is_the_mean_surprise():
    hits = np.equal(ACTUAL, PREDICTED)
    expected = -np.where(hits, np.log(0.75), np.log(0.05)).mean()
    assert measured("SparseCrossEntropy", ACTUAL, PREDICTED) == pytest.approx(expected, abs=1e-5)


def test_a_label_that_a_model_does_not_know_has_no_probability():
    found = measured("SparseCrossEntropy", [0, -1, -(2**31), 3], [0, 1, 2, 3])
    assert found == pytest.approx((-2 * np.log(0.75) - 2 * np.log(1e-7)) / 4, abs=1e-4)
    assert measured("SparseCrossEntropy", [0, 1], [0, 0], 1.0) == pytest.approx(
        -np.log(1e-7) / 2, abs=1e-4
    )
