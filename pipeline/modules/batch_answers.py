"""Answer the rows of `batch_answers` with an export; a stage calls it by name."""

from __future__ import annotations

import hashlib
import json
import pathlib
import shutil
from collections.abc import Sequence
from typing import Any

from components.ingest import fingerprint as ingest_fingerprint
from components.ingest.config import DataConfig, Feature, ImageFolderSource
from pipeline import pushed_models
from pipeline.config import relative_paths
from pipeline.config.batch_answers import BatchAnswersConfig
from pipeline.scoring import answering, asking, batches, journal, rows

_STEM = "answers"
_BATCH = 64


def questions(config: BatchAnswersConfig, base: str) -> str:
    """What the stage is told, JSON.

    Args:
        config: The section.
        base: Folder that relative paths start from.
    """
    source = {name: value for name, value in vars(config.source).items() if value is not None}
    path = relative_paths.place(source.pop("path"), base)
    kind = source.pop("kind")
    if "images" in source:
        source["images"] = relative_paths.place(source["images"], base)
    is_folder = isinstance(config.source, ImageFolderSource)
    return json.dumps(
        {
            "path": path,
            # A folder of images has none; a class is what is asked for.
            "format": None if is_folder else kind,
            "settings": sorted(source.items()),
            "suffix": pathlib.PurePath(config.output).suffix,
        }
    )


def fingerprint(config: BatchAnswersConfig, features: Sequence[Feature], base: str) -> str:
    """Hash of names, sizes and times of the files that are read.

    Args:
        config: The section.
        features: Columns of the task's inputs.
        base: Folder that relative paths start from.
    """
    if not isinstance(config.source, ImageFolderSource):
        return ingest_fingerprint.fingerprint(DataConfig(config.source), features, base)
    # Without folders of classes, which Ingest would look for.
    folder = pathlib.Path(relative_paths.place(config.source.path, base))
    told = json.dumps(rows.Rows(folder, ()).fingerprint())
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def write(asked: str, export: pathlib.Path, folder: pathlib.Path) -> str:
    """Answer every row, in the order of the files.

    Args:
        asked: From `questions`.
        export: Folder of the SavedModel.
        folder: To write to: a table, and one of rows that are left out, if there are any.

    Returns:
        How many rows were answered, in words.

    Raises:
        ValueError: If there is nothing to read, columns are missing, or no row can be asked about.
    """
    told: dict[str, Any] = json.loads(asked)
    model = asking.from_disk(pushed_models.PushedModel("the new model", 0, export))
    settings = tuple((name, value) for name, value in told["settings"])
    table = rows.Rows(pathlib.Path(told["path"]), model.inputs, told["format"], settings)
    output = folder / f"{_STEM}{told['suffix']}"
    try:
        with journal.Journal(folder / ".unfinished", {}) as kept:
            for batch, found in answering.ask(model, batches.read_ahead(table.read(), _BATCH)):
                kept.add(answering.entries(batch, found))
    except ValueError as error:
        raise ValueError(_worded(str(error))) from error
    answered, left_out = answering.write(kept, output)
    if not answered:
        first = next(kept.read(), None)
        why = f": {first['where']}: {first['reason']}" if first else ""
        raise ValueError(
            f"`batch_answers.source`: none of its {left_out:,} rows can be asked about{why}"
        )
    kept.remove()
    return f"{answered:,} rows answered" + (f", {left_out:,} left out" if left_out else "")


def deliver(folder: pathlib.Path, config: BatchAnswersConfig, base: str) -> pathlib.Path | None:
    """Put the answers where the YAML wants them, each file at once or not at all.

    Args:
        folder: That `write` wrote to.
        config: The section.
        base: Folder that relative paths start from.

    Returns:
        Where they are; None if the model was refused.
    """
    output = pathlib.Path(relative_paths.place(config.output, base))
    written = folder / f"{_STEM}{output.suffix}"
    if not written.is_file():
        return None
    output.parent.mkdir(parents=True, exist_ok=True)
    _copy(written, output)
    beside, left_out = answering.left_out_file(output), answering.left_out_file(written)
    if left_out.is_file():
        _copy(left_out, beside)
    else:
        beside.unlink(missing_ok=True)
    return output


def _copy(file: pathlib.Path, place: pathlib.Path) -> None:
    incoming = place.with_name(f".{place.name}.incoming")
    shutil.copyfile(file, incoming)
    incoming.replace(place)


def _worded(reason: str) -> str:
    """In terms of the YAML, where `rows` speaks of the command's options."""
    reason = reason.replace(" Name the right one with --column INPUT=COLUMN.", "")
    reason = reason.replace("--input", "`batch_answers.source.path`")
    return reason.replace("--read ", "batch_answers.source.")
