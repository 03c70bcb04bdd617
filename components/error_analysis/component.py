"""TFX face of a function that looks at single answers."""

import pathlib

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import path_utils

from components import artifacts, dotted_path, records


@component
def ErrorAnalysis(
    examples: InputArtifact[standard_artifacts.Examples],
    model: InputArtifact[standard_artifacts.Model],
    analysis: OutputArtifact[artifacts.ErrorAnalysis],
    analyse: Parameter[str],
    task: Parameter[str],
    code: Parameter[str],
) -> None:
    """Ask the exported model about the split that the Evaluator uses, and look at its mistakes.

    Inputs:
        examples: tf.Examples.
        model: Candidate.

    Outputs:
        analysis: `analysis.json`.

    Parameters:
        analyse: Dotted path of a function of `task`, the URI of the examples, the evaluated split,
            the export and the folder to write to.
        task: Given to `analyse`.
        code: Fingerprint of the code of `analyse`.
    """
    split = records.evaluated_split(artifact_utils.decode_split_names(examples.split_names))
    export = pathlib.Path(path_utils.serving_model_path(model.uri))
    dotted_path.load(analyse)(task, examples.uri, split, export, pathlib.Path(analysis.uri))
