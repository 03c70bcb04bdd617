"""TFX face of `baseline.py`."""

import pathlib

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils, standard_artifacts

from components import artifacts, records
from components.baseline import baseline


@component
def Baseline(
    examples: InputArtifact[standard_artifacts.Examples],
    report: OutputArtifact[artifacts.BaselineReport],
    kind: Parameter[str],
    input_column: Parameter[str],
    label_column: Parameter[str],
) -> None:
    """Train a simple model on `train` and measure it on the split the Evaluator uses.

    Inputs:
        examples: tf.Examples with the input and the label column.

    Outputs:
        report: `baseline.json`, accuracies 0 to 1.

    Parameters:
        kind: `text` or `image`.
        input_column: Feature with the text or the encoded image.
        label_column: Feature with the label.
    """

    def read(name: str) -> tuple[list[bytes], list[str]]:
        rows = list(records.columns(examples.uri, name, (input_column, label_column)))
        return [row[0] for row in rows], [row[1].decode() for row in rows]

    split = records.evaluated_split(artifact_utils.decode_split_names(examples.split_names))
    result = baseline.measure(kind, read("train"), read(split))
    baseline.write(result, pathlib.Path(report.uri))
