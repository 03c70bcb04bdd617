"""TFX faces of `stage.py` and `verdict.py`.

`Doctor` examines data and model before training and never fails a run by what it finds, so that
its report is kept; `Gate` reads the report and stops the run; `Verdict` reads the curves after it.
"""

import json
import logging
import pathlib
import shutil
from typing import Any

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from components import artifacts
from components.doctor import columns as doctor_columns
from components.doctor import stage, verdict
from components.doctor.finding import Examination
from components.doctor.setting import Setting


@component
def Doctor(
    examples: InputArtifact[standard_artifacts.Examples],
    learned: InputArtifact[standard_artifacts.Examples],
    transform_graph: InputArtifact[standard_artifacts.TransformGraph],
    report: OutputArtifact[artifacts.DoctorReport],
    columns: Parameter[str],
    model: Parameter[str],
    learner: Parameter[str],
    resumable: Parameter[str],
    effort: Parameter[str],
    setting: Parameter[str],
    files: Parameter[str],
    code: Parameter[str],
) -> None:
    """Examine data and model before anything is trained.

    Inputs:
        examples: tf.Examples with the task's columns, as ingested.
        learned: What is trained on: the same, or with augmented copies.
        transform_graph: From raw columns to what the model reads.

    Outputs:
        report: `findings.json` and `doctor.png`.

    Parameters:
        columns: JSON list of the task's columns: `name`, `holds`, `role` and `field`.
        model: Dotted path of a function that makes a `contract.ExaminedModel`.
        learner: JSON of what is trained and how.
        resumable: Folder of what an unfinished run left.
        effort: `quick` or `thorough`.
        setting: JSON of a `setting.Setting`, but for the splits that the data names.
        files: Fingerprint of the files that the model is made from.
        code: Fingerprint of the code that examines.
    """
    parameters = stage.DoctorParameters(
        columns=doctor_columns.from_json(columns),
        model_fn=model,
        learner=learner,
        resumable=resumable,
        effort=effort,
        setting=_setting(setting, examples),
    )
    stage.examine(examples.uri, learned.uri, transform_graph.uri, report.uri, parameters)
    _remark(report)


@component
def Gate(
    report: InputArtifact[artifacts.DoctorReport],
    passed: OutputArtifact[artifacts.DoctorReport],
    stop_on: Parameter[str],
) -> None:
    """Stop the run if the doctor found what should not be trained.

    Inputs:
        report: What the Doctor wrote.

    Outputs:
        passed: The same findings.

    Parameters:
        stop_on: `fail`, or `warn` to stop at warnings, too.

    Raises:
        ValueError: With evidence, meaning and fix of each finding that bad.
    """
    folder = pathlib.Path(report.uri)
    stage.refuse(stage.read(folder).findings, stop_on, folder)
    shutil.copy(folder / stage.FINDINGS, passed.uri)


@component
def Verdict(
    examples: InputArtifact[standard_artifacts.Examples],
    model_run: InputArtifact[standard_artifacts.ModelRun],
    report: OutputArtifact[artifacts.DoctorReport],
    history: Parameter[str],
    summary: Parameter[str],
    columns: Parameter[str],
    monitored: Parameter[str],
    code: Parameter[str],
) -> None:
    """Say in plain words what the curves of a training mean.

    Inputs:
        examples: tf.Examples with the target column.
        model_run: What the training says of itself.

    Outputs:
        report: `findings.json` and `doctor.png`.

    Parameters:
        history: File of the model run with each metric by epoch.
        summary: File of the model run with what was trained and how.
        columns: JSON list of the task's columns: `name`, `holds`, `role` and `field`.
        monitored: JSON object of what is watched on the eval split, `max` or `min` by name.
        code: Fingerprint of the code that judges.
    """
    run = pathlib.Path(model_run.uri)
    target = doctor_columns.target(doctor_columns.from_json(columns))
    findings = verdict.judge(
        examples.uri, run / history, run / summary, target, json.loads(monitored)
    )
    stage.write(pathlib.Path(report.uri), Examination(findings, []))
    _remark(report)


def _remark(report: artifacts.DoctorReport) -> None:
    findings = stage.read(pathlib.Path(report.uri)).findings
    logging.getLogger("maru.outcome").info("%s", stage.remark(findings))


def _setting(told: str, examples: standard_artifacts.Examples) -> Setting:
    values: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(told).items()
    }
    named = examples.get_string_custom_property(artifacts.NAMED_SPLITS)
    return Setting(**values, named_splits=tuple(named.split()))
