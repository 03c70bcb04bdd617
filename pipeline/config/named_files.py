"""Files, folders and presets that a YAML names and that are not there."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from components.ingest import reading
from components.ingest.errors import DataError
from pipeline.config import augmentation_files, model_files, relative_paths
from pipeline.config.problems import Problem
from pipeline.config.salvage import Unknown


def missing(config: Any, base: pathlib.Path, served: pathlib.Path) -> Iterator[Problem]:
    """What a run would look for in vain, some of it after hours.

    Args:
        config: A `PipelineConfig`, or what `salvage` made of one.
        base: Folder that relative paths start from.
        served: Folder of the pushed models.
    """

    def operations(config: Any, base: pathlib.Path) -> Iterator[Problem]:
        placed = augmentation_files.by_name(config.augmentation, base, served)
        yield from augmentation_files.missing(placed, base)

    for find in (*_SECTIONS, operations):
        try:
            yield from find(config, base)
        except Unknown:
            continue  # The path is wrong by itself, which is told.


def _data(config: Any, base: pathlib.Path) -> Iterator[Problem]:
    yield from missing_of_source(config.data.source, "data", base)


def _batch_answers(config: Any, base: pathlib.Path) -> Iterator[Problem]:
    if config.batch_answers is not None:
        yield from missing_of_source(config.batch_answers.source, "batch_answers", base)


def missing_of_source(source: Any, section: str, base: pathlib.Path) -> Iterator[Problem]:
    """Paths of a source at which there is nothing to read.

    Args:
        source: One of `components.ingest.config.Source`.
        section: Of the YAML that it stands in.
        base: Folder that relative paths start from.
    """
    for field in reading.paths(source):
        try:
            reading.require(source, field, str(base))
        except DataError as error:
            text = str(error).removeprefix(f"`data.source.{field}`: ")
            yield Problem(f"{section}.source.{field}", text)


def _schema(config: Any, base: pathlib.Path) -> Iterator[Problem]:
    schema = config.runtime.schema
    if schema is not None and not pathlib.Path(relative_paths.place(schema, base)).is_file():
        yield Problem(
            "runtime.schema",
            f"there is no file {relative_paths.place(schema, base)}. Expected: a `schema.pbtxt`, "
            f"absolute or relative to the YAML. Received: {schema!r}. An earlier run's SchemaGen "
            "wrote one to start from.",
        )


_SECTIONS: tuple[Callable[[Any, pathlib.Path], Iterator[Problem]], ...] = (
    _data,
    _batch_answers,
    model_files.missing,
    _schema,
)
