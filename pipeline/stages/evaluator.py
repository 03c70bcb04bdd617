"""What the Evaluator measures, and what it demands."""

import pathlib
from typing import Any

import tensorflow_model_analysis as tfma
from google.protobuf import wrappers_pb2

# TFMA itself names these messages only once TFX has been imported.
from tensorflow_model_analysis.proto import config_pb2

from pipeline.config import evaluation

CANDIDATE = "candidate"
BASELINE = "baseline"
LOWER_IS_BETTER = ("cross_entropy",)
_METRICS = {
    "accuracy": {"class_name": "SparseCategoricalAccuracy"},
    "macro_f1": {"class_name": "MacroF1", "module": "pipeline.stages.tfma_metrics"},
    "cross_entropy": {"class_name": "SparseCrossEntropy", "module": "pipeline.stages.tfma_metrics"},
}


def eval_config(config: evaluation.EvaluationConfig) -> config_pb2.EvalConfig:
    """TFMA's configuration for a classifier's `serve_examples` signature."""
    metrics = [config_pb2.MetricConfig(class_name="ExampleCount")]
    for name in evaluation.METRICS:
        metrics.append(
            config_pb2.MetricConfig(
                **_METRICS[name],
                config=f'{{"name": "{name}"}}',
                per_slice_thresholds=_thresholds(name, config),
            )
        )
    shared = {
        "model_type": tfma.TF_GENERIC,
        "signature_name": "serve_examples",
        "preprocessing_function_names": ["label_ids"],
        "label_key": "label_id",
        "prediction_key": "probabilities",
    }
    return config_pb2.EvalConfig(
        model_specs=[
            config_pb2.ModelSpec(name=CANDIDATE, **shared),
            config_pb2.ModelSpec(name=BASELINE, is_baseline=True, **shared),
        ],
        metrics_specs=[config_pb2.MetricsSpec(metrics=metrics)],
        slicing_specs=[
            config_pb2.SlicingSpec(),
            *(config_pb2.SlicingSpec(feature_keys=[column]) for column in config.slices),
        ],
    )


def _thresholds(
    metric: str, config: evaluation.EvaluationConfig
) -> list[config_pb2.PerSliceMetricThreshold]:
    """Bounds of one metric on the whole split; a plain `threshold` would bind every slice.

    Without any bound TFMA blesses nothing, so accuracy always has one.
    """
    threshold = config_pb2.MetricThreshold()
    lower_is_better = metric in LOWER_IS_BETTER
    if metric in config.must_reach or metric == "accuracy":
        bound = wrappers_pb2.DoubleValue(value=config.must_reach.get(metric, 0.0))
        field = threshold.value_threshold
        (field.upper_bound if lower_is_better else field.lower_bound).CopyFrom(bound)
    if metric in config.may_lose:
        change = threshold.change_threshold
        change.direction = (
            config_pb2.MetricDirection.LOWER_IS_BETTER
            if lower_is_better
            else config_pb2.MetricDirection.HIGHER_IS_BETTER
        )
        loss = config.may_lose[metric] if lower_is_better else -config.may_lose[metric]
        change.absolute.value = loss
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
    if bounds.HasField("lower_bound"):
        return f"{name} is {value:.4f}, must reach {bounds.lower_bound.value:g}"
    return f"{name} is {value:.4f}, may be at most {bounds.upper_bound.value:g}"


def _result(directory: pathlib.Path) -> Any:
    result = tfma.load_eval_result(str(directory), model_name=CANDIDATE)
    if result.slicing_metrics:
        return result
    # Without a baseline TFMA drops the only model's name.
    return tfma.load_eval_result(str(directory))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
