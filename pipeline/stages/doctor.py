"""The stages of `doctor:`: an examination and a gate before training, a verdict after it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from components.doctor import component as doctor
from models import zoo
from pipeline import artifact_files
from pipeline.config.sections import PipelineConfig
from pipeline.paths import Paths
from pipeline.runtime import fingerprint
from pipeline.stages import training
from pipeline.stages.data import Component, Data

_NAMES_OF_LABELS = (
    "components/spelling.py",
    "components/stand_ins.py",
    "components/typos.py",
)
"""What the doctor judges labels by, beside its own code."""


def examined(config: PipelineConfig, where: Paths, data: Data) -> list[Component]:
    """The examination, and the gate that stops the run by its report; none without `doctor`.

    Args:
        config: What is to be trained.
        where: Folders to write to.
        data: The stages before it.
    """
    if config.doctor is None:
        return []
    examination = examine(config, where, data, config.doctor.effort)
    return [examination, *_gate(examination, config.doctor.stop_on)]


def examine(config: PipelineConfig, where: Paths, data: Data, effort: str) -> Component:
    """The stage that examines data and model.

    Args:
        config: What is to be trained.
        where: Folders to write to.
        data: The stages before it.
        effort: `quick` or `thorough`.
    """
    learned = training.build_custom_config(config, where, with_tuning=False)
    return doctor.Doctor(
        examples=data.examples,
        learned=data.learned,
        transform_graph=data.transformed.outputs["transform_graph"],
        columns=_columns(config),
        model="pipeline.modules.examined_model.load",
        learner=learned["learner"],
        resumable=learned["resumable"],
        effort=effort,
        setting=json.dumps(_setting(config)),
        files=learned["files"],
        code=fingerprint.hash_code(
            "components/doctor", *_NAMES_OF_LABELS, "models", "pipeline/modules"
        ),
    )


def _columns(config: PipelineConfig) -> str:
    return json.dumps([dataclasses.asdict(column) for column in config.task.columns])


def _setting(config: PipelineConfig) -> dict[str, Any]:
    """Fields of `components.doctor.setting.Setting` that a config tells, but for the columns."""
    return {
        "source": config.data.source.kind,
        "split_column": config.data.split.column,
        "group_column": config.data.split.group,
        "is_stratified": config.data.split.stratify,
        "is_weighted": config.copies.balance or config.training.class_weights is not None,
        "must_reach": sorted(config.evaluation.must_reach),
        "sides": config.task.sides,
        "truncate": zoo.MODELS[config.model.kind].truncate(config.model),
    }


def _gate(examination: Any, stop_on: str) -> list[Any]:
    """The stage that stops the run by the report; none for `never`."""
    if stop_on == "never":
        return []
    return [doctor.Gate(report=examination.outputs["report"], stop_on=stop_on)]


def hold_back(stages: Sequence[Any], examined: Sequence[Any]) -> None:
    """Let stages run only after an examination, if there is one.

    Args:
        stages: What trains.
        examined: The examination and its gate; empty without `doctor`.
    """
    for last in examined[-1:]:
        for stage in stages:
            stage.add_upstream_node(last)


def verdict(config: PipelineConfig, examples: Any, trained: Any) -> list[Any]:
    """The stage that says what the curves mean; none without `doctor`, or where there are none.

    Args:
        config: What was trained.
        examples: Channel of the ingested examples.
        trained: The Trainer.
    """
    if config.doctor is None or zoo.MODELS[config.model.kind].estimator is not None:
        return []
    return [
        doctor.Verdict(
            examples=examples,
            model_run=trained.outputs["model_run"],
            history=artifact_files.HISTORY,
            summary=artifact_files.SUMMARY,
            columns=_columns(config),
            monitored=json.dumps(dict(config.task.monitored)),
            code=fingerprint.hash_code("components/doctor"),
        )
    ]
