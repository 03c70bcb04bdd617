"""Artifact types of our own components."""

from tfx.types import artifact

NAMED_SPLITS = "named_splits"
"""Custom property of ingested Examples: splits that the data itself names, with spaces between."""


class Quarantine(artifact.Artifact):
    """Rows that could not be used, and counts of those that could.

    `quarantine.jsonl` has `where`, `reason` and `excerpt` of each unusable row;
    `counts.json` has rows by split and label.
    """

    TYPE_NAME = "Quarantine"


class BaselineReport(artifact.Artifact):
    """Accuracies of simple models, in `baseline.json`."""

    TYPE_NAME = "BaselineReport"


class AugmentationReport(artifact.Artifact):
    """What the Augment stage did to the train split.

    `counts.json` has rows by label before and after and copies by operation; `policy.json` the
    operations; `preview.html` or `preview.png` shows rows beside their copies.
    """

    TYPE_NAME = "AugmentationReport"


class DoctorReport(artifact.Artifact):
    """Findings of the doctor: `findings.json`, and `doctor.png` with what can be drawn of them."""

    TYPE_NAME = "DoctorReport"


class ErrorAnalysis(artifact.Artifact):
    """Slices, calibration, mistakes and rows as they look, in `analysis.json`."""

    TYPE_NAME = "ErrorAnalysis"


class BatchAnswers(artifact.Artifact):
    """Answers to the rows of `batch_answers`: `answers` with the ending of its table."""

    TYPE_NAME = "BatchAnswers"
