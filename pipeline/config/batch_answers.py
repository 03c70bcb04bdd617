"""Rows that every new model answers: everything under `batch_answers:` in the YAML."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import pydantic

from components.ingest import config as ingest

Questions = Annotated[
    ingest.CsvSource
    | ingest.TsvSource
    | ingest.JsonlSource
    | ingest.ParquetSource
    | ingest.TfrecordSource
    | ingest.ImageFolderSource
    | ingest.ImageTableSource,
    pydantic.Field(discriminator="kind"),
]
"""Rows without a target, of the same columns as the training data."""
_OUTPUT = r"\.(csv|jsonl|parquet)$"
_OUTPUT_WANTED = "tells the format by its ending, which must be .csv, .jsonl or .parquet"


@dataclasses.dataclass(frozen=True)
class BatchAnswersConfig:
    """Rows that the model answers when it is pushed, as `maru predict --input` does."""

    source: Questions
    """Files and their format, as in `data.source`; they need no target. Of an `image_folder` every
    image below the folder is asked about."""
    output: Annotated[str, pydantic.StringConstraints(pattern=_OUTPUT), _OUTPUT_WANTED]
    """File for the rows with their answers, `.csv`, `.jsonl` or `.parquet`; relative to the YAML.
    It is replaced when model or rows have changed."""
