"""The stages of `doctor:`: an examination and a gate before training, a verdict after it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from components.doctor import component as doctor
from pipeline import config as pipeline_config
from pipeline import fingerprint


def examination(
    config: pipeline_config.PipelineConfig,
    told: Mapping[str, str],
    data: tuple[Any, Any, Any],
    effort: str,
) -> Any:
    """The stage that examines data and model.

    Args:
        config: What is to be trained.
        told: What the Trainer is told, see `dag.py`.
        data: Channels of the ingested examples, of those that are learned, of the transform graph.
        effort: `quick` or `thorough`.
    """
    examples, learned, graph = data
    return doctor.Doctor(
        examples=examples,
        learned=learned,
        transform_graph=graph,
        kind=config.task.input_kind,
        input_column=config.task.input_column,
        label_column=config.task.label,
        patient="pipeline.modules.doctor.patient",
        learner=told["learner"],
        resumable=told["resumable"],
        effort=effort,
        setting=json.dumps(_setting(config)),
        files=told["files"],
        code=fingerprint.of_code(
            "components/doctor", *_NAMES_OF_LABELS, "models", "pipeline/modules"
        ),
    )


_NAMES_OF_LABELS = (
    "components/spelling.py",
    "components/stand_ins.py",
    "components/typos.py",
)
"""What the doctor judges labels by, beside its own code."""


def _setting(config: pipeline_config.PipelineConfig) -> dict[str, Any]:
    """Fields of `components.doctor.setting.Setting` that a config tells."""
    return {
        "source": config.data.source.kind,
        "label": config.task.label,
        "split_column": config.data.split.column,
        "is_stratified": config.data.split.stratify,
        "is_weighted": config.copies.balance or config.training.class_weights is not None,
        "must_reach": sorted(config.evaluation.must_reach),
        "truncate": getattr(config.model, "truncate", ""),
    }


def gate(examined: Any, stop_on: str) -> list[Any]:
    """The stage that stops the run by the report; none for `never`.

    Args:
        examined: The examination.
        stop_on: Verdict that stops the run.
    """
    if stop_on == "never":
        return []
    return [doctor.Gate(report=examined.outputs["report"], stop_on=stop_on)]


def hold_back(stages: Sequence[Any], examined: Sequence[Any]) -> None:
    """Let stages run only after an examination, if there is one.

    Args:
        stages: What trains.
        examined: The examination and its gate; empty without `doctor`.
    """
    for last in examined[-1:]:
        for stage in stages:
            stage.add_upstream_node(last)


def verdict(config: pipeline_config.PipelineConfig, examples: Any, trained: Any) -> list[Any]:
    """The stage that says what the curves mean; none without `doctor`.

    Args:
        config: What was trained.
        examples: Channel of the ingested examples.
        trained: The Trainer.
    """
    if config.doctor is None:
        return []
    return [
        doctor.Verdict(
            examples=examples,
            model_run=trained.outputs["model_run"],
            label_column=config.task.label,
            code=fingerprint.of_code("components/doctor"),
        )
    ]
