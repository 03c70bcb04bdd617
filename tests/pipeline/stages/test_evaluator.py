"""Tests of pipeline/stages/evaluator.py: thresholds in, refusals in words out."""

import json

import pytest
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2, metrics_for_slice_pb2, validation_result_pb2

from models.tasks import classification, regression
from pipeline.config import evaluation as evaluation_config
from pipeline.stages import evaluator

TASK = classification.TextClassification("text_classification")


def thresholds(**fields):
    built = evaluator.eval_config(evaluation_config.EvaluationConfig(**fields), TASK)
    (spec,) = built.metrics_specs
    found = {}
    for metric in spec.metrics:
        for bound in metric.per_slice_thresholds:
            # An empty spec is the whole split: a slice of three rows must not block a model.
            assert list(bound.slicing_specs) == [config_pb2.SlicingSpec()]
            found[json.loads(metric.config)["name"]] = bound.threshold
        assert not metric.HasField("threshold")
    return found


def test_without_thresholds_every_model_may_pass():
    (threshold,) = thresholds().values()
    assert threshold.value_threshold.lower_bound.value == 0.0
    assert not threshold.HasField("change_threshold")


def test_quality_has_lower_bounds_and_loss_an_upper_bound():
    found = thresholds(must_reach={"macro_f1": 0.7, "cross_entropy": 0.5, "accuracy": 0.8})
    assert found["accuracy"].value_threshold.lower_bound.value == 0.8
    assert found["macro_f1"].value_threshold.lower_bound.value == 0.7
    assert found["cross_entropy"].value_threshold.upper_bound.value == 0.5
    assert not found["cross_entropy"].value_threshold.HasField("lower_bound")


def test_a_model_may_lose_so_much_against_the_served_one():
    found = thresholds(may_lose={"accuracy": 0.01, "cross_entropy": 0.2})
    change = found["accuracy"].change_threshold
    assert change.direction == config_pb2.MetricDirection.HIGHER_IS_BETTER
    assert change.absolute.value == -0.01
    change = found["cross_entropy"].change_threshold
    assert change.direction == config_pb2.MetricDirection.LOWER_IS_BETTER
    assert change.absolute.value == 0.2
    assert not found["cross_entropy"].HasField("value_threshold")


def test_slices_are_measured_beside_the_whole_split():
    built = evaluator.eval_config(
        evaluation_config.EvaluationConfig(slices=("text_length", "source")), TASK
    )
    assert [list(spec.feature_keys) for spec in built.slicing_specs] == [
        [],
        ["text_length"],
        ["source"],
    ]


def test_candidate_and_served_model_are_asked_alike():
    candidate, served = evaluator.eval_config(
        evaluation_config.EvaluationConfig(), TASK
    ).model_specs
    assert (candidate.is_baseline, served.is_baseline) == (False, True)
    for spec in (candidate, served):
        assert spec.signature_name == "serve_examples"


def test_every_metric_a_user_may_name_is_measured():
    config = evaluator.eval_config(evaluation_config.EvaluationConfig(), TASK)
    (spec,) = config.metrics_specs
    names = [json.loads(metric.config)["name"] for metric in spec.metrics if metric.config]
    assert names == [metric.name for metric in TASK.metrics]


@pytest.mark.parametrize(
    ("metric", "value", "is_diff", "fields", "words"),
    [
        (
            "accuracy",
            0.51234,
            False,
            {"must_reach": {"accuracy": 0.8}},
            "accuracy is 0.5123, must reach 0.8",
        ),
        (
            "cross_entropy",
            1.25,
            False,
            {"must_reach": {"cross_entropy": 0.5}},
            "cross_entropy is 1.2500, may be at most 0.5",
        ),
        (
            "accuracy",
            -0.05,
            True,
            {"must_reach": {"accuracy": 0.1}, "may_lose": {"accuracy": 0.01}},
            "accuracy changed by -0.0500 against the served model; allowed -0.0100",
        ),
        (
            "cross_entropy",
            0.3,
            True,
            {"may_lose": {"cross_entropy": 0.2}},
            "cross_entropy changed by +0.3000 against the served model; allowed +0.2000",
        ),
    ],
)
def test_a_refusal_says_what_was_reached_and_what_was_asked(
    monkeypatch, tmp_path, metric, value, is_diff, fields, words
):
    result = validation_result_pb2.ValidationResult(validation_ok=False)
    failure = result.metric_validations_per_slice.add().failures.add()
    failure.metric_key.CopyFrom(metrics_for_slice_pb2.MetricKey(name=metric, is_diff=is_diff))
    failure.metric_value.double_value.value = value
    failure.metric_threshold.CopyFrom(thresholds(**fields)[metric])
    monkeypatch.setattr(tfma, "load_validation_result", lambda folder: result)
    assert evaluator.read_refusals(tmp_path) == [words]


def test_a_refusal_is_never_silent(monkeypatch, tmp_path):
    result = validation_result_pb2.ValidationResult(validation_ok=False)
    monkeypatch.setattr(tfma, "load_validation_result", lambda folder: result)
    assert evaluator.read_refusals(tmp_path) == ["the Evaluator gave no reason; see its files"]
    result.validation_ok = True
    assert evaluator.read_refusals(tmp_path) == []


def test_a_task_whose_headline_is_better_low_has_an_upper_bound():
    task = regression.TextRegression("text_regression")
    built = evaluator.eval_config(evaluation_config.EvaluationConfig(), task)
    (bound,) = [b for m in built.metrics_specs[0].metrics for b in m.per_slice_thresholds]
    assert bound.threshold.value_threshold.upper_bound.value == float("inf")
