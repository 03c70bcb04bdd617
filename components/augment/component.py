"""TFX faces of `stage.py`: one stage, called "Augment", in two forms.

`AugmentedExamples` writes a train split with copies in it; `Policy` writes no examples, only what
is to be done to them anew each epoch.
"""

import logging
from typing import Any

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from components import artifacts
from components.augment import balance, copying, stage


@component
def AugmentedExamples(
    examples: InputArtifact[standard_artifacts.Examples],
    augmented: OutputArtifact[standard_artifacts.Examples],
    report: OutputArtifact[artifacts.AugmentationReport],
    kind: Parameter[str],
    columns: Parameter[str],
    augmenter: Parameter[str],
    augmentation: Parameter[str],
    resources: Parameter[str],
    balanced: Parameter[bool],
    seed: Parameter[int],
    fingerprint: Parameter[str],
    code: Parameter[str],
) -> None:
    """Write examples whose train split holds augmented copies; other splits are the same bytes.

    Inputs:
        examples: tf.Examples with the columns.

    Outputs:
        augmented: The same splits.
        report: `counts.json`, `policy.json`, and `preview.html` or `preview.png`.

    Parameters:
        kind: `text` or `image`.
        columns: JSON list of the task's columns: `name`, `holds` and `role`.
        augmenter: Dotted path of a function that makes an `Augmenter`.
        augmentation: JSON list of the operations.
        resources: JSON object of what else that function needs.
        balanced: Whether rare labels get more copies.
        seed: Of the copies.
        fingerprint: Of the files that operations read.
        code: Fingerprint of the code that augments.
    """
    parameters = stage.AugmentParameters(
        kind=kind,
        columns=copying.read_columns(columns),
        augmenter_fn=augmenter,
        operations=augmentation,
        resources=resources,
        copies=balance.CopiesConfig(balance=balanced, seed=seed),
    )
    found = stage.augment(examples.uri, augmented.uri, report.uri, parameters)
    augmented.split_names = examples.split_names
    for name in ("file_format", "payload_format"):
        augmented.set_string_custom_property(name, examples.get_string_custom_property(name))
    _remark(found)


@component
def Policy(
    examples: InputArtifact[standard_artifacts.Examples],
    report: OutputArtifact[artifacts.AugmentationReport],
    kind: Parameter[str],
    columns: Parameter[str],
    augmenter: Parameter[str],
    augmentation: Parameter[str],
    resources: Parameter[str],
    seed: Parameter[int],
    fingerprint: Parameter[str],
    code: Parameter[str],
) -> None:
    """Write down what is done to the train split anew each epoch, and what it looks like.

    Inputs:
        examples: tf.Examples with the columns.

    Outputs:
        report: `counts.json`, `policy.json`, and `preview.html` or `preview.png`.

    Parameters:
        kind: `text` or `image`.
        columns: JSON list of the task's columns: `name`, `holds` and `role`.
        augmenter: Dotted path of a function that makes an `Augmenter`.
        augmentation: JSON list of the operations.
        resources: JSON object of what else that function needs.
        seed: Of the preview.
        fingerprint: Of the files that operations read.
        code: Fingerprint of the code that augments.
    """
    parameters = stage.AugmentParameters(
        kind=kind,
        columns=copying.read_columns(columns),
        augmenter_fn=augmenter,
        operations=augmentation,
        resources=resources,
        copies=balance.CopiesConfig(seed=seed),
    )
    _remark(stage.augment(examples.uri, None, report.uri, parameters))


def _remark(counts: dict[str, Any]) -> None:
    outcome = logging.getLogger("maru.outcome")
    for line in stage.remarks(counts):
        outcome.info("%s", line)
    for line in counts["warnings"]:
        outcome.warning("%s", line)
