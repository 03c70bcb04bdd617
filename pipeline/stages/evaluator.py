"""What the Evaluator measures, and what it demands."""

import json
import pathlib
from typing import Any

import tensorflow_model_analysis as tfma
from google.protobuf import wrappers_pb2

# TFMA itself names these messages only once TFX has been imported.
from tensorflow_model_analysis.proto import config_pb2

from models.tasks.table import Task
from models.tasks.task import Metric
from pipeline.config import evaluation as evaluation_config
from pipeline.config import loading
from pipeline.config.evaluation import EvaluationConfig

CANDIDATE = "candidate"
BASELINE = "baseline"


def eval_config(evaluation: EvaluationConfig, task: Task) -> config_pb2.EvalConfig:
    """TFMA's configuration for the `serve_examples` signature.

    Args:
        evaluation: Thresholds and slices.
        task: Whose metrics are computed.
    """
    described = loading.dump_task(task)
    metrics = [config_pb2.MetricConfig(class_name="ExampleCount")]
    for metric in task.metrics:
        metrics.append(
            config_pb2.MetricConfig(
                class_name="TaskMetric",
                module="pipeline.stages.tfma_metrics",
                config=json.dumps({"name": metric.name, "task": described}),
                per_slice_thresholds=_thresholds(metric, evaluation, task),
            )
        )
    shared = {"model_type": tfma.TF_GENERIC, "signature_name": "serve_examples"}
    return config_pb2.EvalConfig(
        model_specs=[
            config_pb2.ModelSpec(name=CANDIDATE, **shared),
            config_pb2.ModelSpec(name=BASELINE, is_baseline=True, **shared),
        ],
        metrics_specs=[config_pb2.MetricsSpec(metrics=metrics)],
        slicing_specs=[
            config_pb2.SlicingSpec(),
            *(config_pb2.SlicingSpec(feature_keys=[column]) for column in evaluation.slices),
        ],
    )


def _thresholds(
    metric: Metric, evaluation: EvaluationConfig, task: Task
) -> list[config_pb2.PerSliceMetricThreshold]:
    """Bounds of one metric on the whole split; a plain `threshold` would bind every slice.

    Without any bound TFMA blesses nothing, so the headline always has one.
    """
    threshold = config_pb2.MetricThreshold()
    is_headline = metric.name == task.metrics[0].name
    if metric.name in evaluation.must_reach or is_headline:
        worst = metric.bounds[0] if metric.is_better_high else metric.bounds[1]
        bound = wrappers_pb2.DoubleValue(value=evaluation.must_reach.get(metric.name, worst))
        field = threshold.value_threshold
        (field.lower_bound if metric.is_better_high else field.upper_bound).CopyFrom(bound)
    if metric.name in evaluation.may_lose:
        change = threshold.change_threshold
        change.direction = (
            config_pb2.MetricDirection.HIGHER_IS_BETTER
            if metric.is_better_high
            else config_pb2.MetricDirection.LOWER_IS_BETTER
        )
        loss = evaluation.may_lose[metric.name]
        change.absolute.value = -loss if metric.is_better_high else loss
    if not threshold.ByteSize():
        return []
    whole = [config_pb2.SlicingSpec()]
    return [config_pb2.PerSliceMetricThreshold(slicing_specs=whole, threshold=threshold)]


def read(directory: pathlib.Path) -> dict[str, dict[str, float]]:
    """Metrics of the candidate by slice; the whole split is the slice `all`."""
    slices = {}
    for key, values in _result(directory).slicing_metrics:
        name = ", ".join(f"{column}: {_text(value)}" for column, value in key) or "all"
        slices[name] = {
            metric: value["doubleValue"]
            for metric, value in values[""][""].items()
            if "doubleValue" in value
        }
    return slices


def read_served(directory: pathlib.Path) -> dict[str, float] | None:
    """Metrics of the model that the candidate was compared with, on the whole split, if any."""
    found = tfma.load_eval_result(str(directory), model_name=BASELINE).slicing_metrics
    whole = [values for key, values in found if not key]
    if not whole:
        return None
    return {
        metric: value["doubleValue"]
        for metric, value in whole[0][""][""].items()
        if "doubleValue" in value
    }


def read_refusals(directory: pathlib.Path) -> list[str]:
    """Why the Evaluator refused the model, in words; nothing if it did not."""
    validation = tfma.load_validation_result(str(directory))
    if validation.validation_ok:
        return []
    lines = []
    for per_slice in validation.metric_validations_per_slice:
        for failure in per_slice.failures:
            lines.append(_refusal(failure))
    return lines or ["the Evaluator gave no reason; see its files"]


def _refusal(failure: Any) -> str:
    value, threshold = failure.metric_value.double_value.value, failure.metric_threshold
    name = failure.metric_key.name
    if failure.metric_key.is_diff:
        allowed = threshold.change_threshold.absolute.value
        return f"{name} changed by {value:+.4f} against the served model; allowed {allowed:+.4f}"
    bounds = threshold.value_threshold
    is_better_high = bounds.HasField("lower_bound")
    bound = bounds.lower_bound if is_better_high else bounds.upper_bound
    return evaluation_config.worded(name, value, bound.value, is_better_high=is_better_high)


def _result(directory: pathlib.Path) -> Any:
    result = tfma.load_eval_result(str(directory), model_name=CANDIDATE)
    if result.slicing_metrics:
        return result
    # Without a baseline TFMA drops the only model's name.
    return tfma.load_eval_result(str(directory))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
