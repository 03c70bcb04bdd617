"""TFX face of `canary.py`."""

import logging
import pathlib

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components.canary import canary


@component
def Canary(
    model: InputArtifact[standard_artifacts.Model],
    model_run: InputArtifact[standard_artifacts.ModelRun],
    examples: InputArtifact[standard_artifacts.Examples],
    blessing: OutputArtifact[standard_artifacts.InfraBlessing],
    command: Parameter[str],
    reference: Parameter[str],
    originals: Parameter[str],
    code: Parameter[str],
) -> None:
    """Send real examples to the exported model in a fresh process; bless it if it answers well.

    Inputs:
        model: Candidate.
        model_run: Holds the trainer's own answers.
        examples: What Ingest wrote.

    Outputs:
        blessing: `canary.json` with differences, latencies and problems; blessed if there are
            no problems.

    Parameters:
        command: Program that probes, its words separated by newlines.
        reference: File of the model run with the trainer's answers.
        originals: File of the examples with image files as they were, if there are any.
        code: Fingerprint of the server; another server is asked again.
    """
    folder = pathlib.Path(blessing.uri)
    findings = canary.run(
        command.split("\n"),
        pathlib.Path(path_utils.serving_model_path(model.uri)),
        pathlib.Path(model_run.uri, reference),
        folder / canary.REPORT,
        pathlib.Path(examples.uri, originals),
    )
    (folder / ("INFRA_NOT_BLESSED" if findings.problems else "INFRA_BLESSED")).write_text("")
    blessing.set_int_custom_property("blessed", 0 if findings.problems else 1)
    outcome = logging.getLogger("maru.outcome")
    for remark in findings.remarks:
        outcome.info("%s", remark)
    for problem in findings.problems:
        outcome.warning("refused: %s", problem)
