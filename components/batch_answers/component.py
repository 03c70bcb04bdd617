"""TFX face of a function that answers rows in bulk."""

import logging
import pathlib

from tfx.components.util import model_utils
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components import artifacts, dotted_path


@component
def BatchAnswers(
    model: InputArtifact[standard_artifacts.Model],
    model_blessing: InputArtifact[standard_artifacts.ModelBlessing],
    infra_blessing: InputArtifact[standard_artifacts.InfraBlessing],
    answers: OutputArtifact[artifacts.BatchAnswers],
    answer: Parameter[str],
    questions: Parameter[str],
    fingerprint: Parameter[str],
    code: Parameter[str],
) -> None:
    """Ask a blessed model about all rows of a source of its own.

    Inputs:
        model: Candidate.
        model_blessing: The Evaluator's.
        infra_blessing: The Canary's.

    Outputs:
        answers: The table of answers; empty if the model was refused.

    Parameters:
        answer: Dotted path of a function of `questions`, the export and the folder to write to
            that returns what it did, in words.
        questions: JSON of what is asked, given to `answer`.
        fingerprint: Of the rows; equal ones let TFX reuse an earlier run.
        code: Fingerprint of the code of `answer`.
    """
    outcome = logging.getLogger("maru.outcome")
    if not all(model_utils.is_model_blessed(one) for one in (model_blessing, infra_blessing)):
        outcome.warning("not asked: the model was refused")
        return
    export = pathlib.Path(path_utils.serving_model_path(model.uri))
    outcome.info("%s", dotted_path.load(answer)(questions, export, pathlib.Path(answers.uri)))
