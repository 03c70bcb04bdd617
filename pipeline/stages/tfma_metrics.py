"""The task's metrics as TFMA computes them; it finds them through this module's name."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from components import records
from models.tasks import answers, intervals
from models.tasks import task as tasks
from models.tasks.task import Column, Metric
from pipeline.config import loading

LOW, HIGH = "_low", "_high"
"""Behind the headline's name: the ends of its 95 % interval."""


class TaskMetric(metric_types.Metric):
    """A metric of a task, from the examples' targets and what `serve_examples` answers.

    Args:
        name: Of the metric.
        task: The `task` of the config, JSON.
    """

    def __init__(self, name: str, task: str):
        super().__init__(_computations, name=name, task=task)


def _computations(
    name: str, task: str, model_names: Sequence[str] = ("",), **_: Any
) -> metric_types.MetricComputations:
    return [_computation(name, task, model) for model in model_names]


def _computation(name: str, task: str, model: str) -> metric_types.MetricComputation:
    # Resampling takes a while, so the headline alone has an interval.
    is_headline = name == loading.load_task(task).metrics[0].name
    ends = ("", LOW, HIGH) if is_headline else ("",)
    keys = [metric_types.MetricKey(name=name + end, model_name=model) for end in ends]
    columns = [column.name for column in _targets(task)]
    return metric_types.MetricComputation(
        keys=keys,
        preprocessors=[
            metric_types.FeaturePreprocessor(
                feature_keys=columns,
                # A model alone has no name.
                model_names=[model] if model else None,
            )
        ],
        combiner=_Combiner(name, task, keys, model),
    )


class _Combiner(beam.CombineFn):
    """Stacks the statistics of the examples, and computes the figure at the end."""

    def __init__(self, name: str, task: str, keys: Sequence[Any], model: str):
        # No functions, which could not be sent to another machine.
        self._name, self._task = name, task
        self._keys, self._model = keys, model

    def create_accumulator(self) -> list[np.ndarray]:
        return []

    def add_input(self, accumulator: list[np.ndarray], element: Any) -> list[np.ndarray]:
        target = {
            column.name: records.target(column.holds, _values(element["features"].get(column.name)))
            for column in _targets(self._task)
        }
        metric = _metric(self._name, self._task)
        outputs = element.get_predictions(self._model)
        if not isinstance(outputs, Mapping):  # TFMA takes the only output out of its mapping.
            outputs = {metric.reads[0]: outputs}
        answer = answers.plain({name: outputs[name] for name in metric.reads})
        accumulator.append(metric.statistics(target, answer))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[list[np.ndarray]]) -> list[np.ndarray]:
        return [row for part in accumulators for row in part]

    def extract_output(self, accumulator: list[np.ndarray]) -> Mapping[Any, float]:
        if not accumulator:
            return dict.fromkeys(self._keys, float("nan"))
        metric = _metric(self._name, self._task)
        rows = metric.stack(accumulator)
        figures = [metric.figure(rows)]
        if len(self._keys) > 1:
            figures += intervals.interval(metric, rows)
        return dict(zip(self._keys, figures, strict=True))


@functools.lru_cache
def _metric(name: str, task: str) -> Metric:
    return next(one for one in loading.load_task(task).metrics if one.name == name)


@functools.lru_cache
def _targets(task: str) -> tuple[Column, ...]:
    return tasks.targets(loading.load_task(task))


def _values(feature: Any) -> Sequence[Any]:
    """The values of a feature as TFMA hands it over: an array, a sparse value or nothing."""
    if feature is None:
        return ()
    return np.asarray(getattr(feature, "values", feature)).reshape(-1).tolist()
