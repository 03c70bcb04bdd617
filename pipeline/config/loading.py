"""Reads a config: YAML and overrides to sections, every problem at once, and back again."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import pydantic
import yaml

from models import zoo
from models.finetuning import config as finetuning_config
from models.image.augmentation import config as image_augmentation
from models.tasks.table import Task
from models.training import schedule_config
from pipeline import paths
from pipeline.config import (
    augmentation_files,
    dotted,
    inspection,
    model_files,
    named_files,
    problems,
    relative_paths,
    trials,
    yaml_file,
    yaml_words,
)
from pipeline.config.json_schema import describe_inherited
from pipeline.config.sections import Augmentation, LearnerConfig, PipelineConfig

_LEARNER = pydantic.TypeAdapter(LearnerConfig)
_TASK: pydantic.TypeAdapter[Task] = pydantic.TypeAdapter(Task)


_OPERATIONS = pydantic.TypeAdapter(tuple[Augmentation, ...])


def load(path: str | pathlib.Path, overrides: Sequence[str] = ()) -> PipelineConfig:
    """Read and validate a config file; paths in `model` become absolute.

    Args:
        path: YAML file.
        overrides: `dotted.key=value` settings that replace what the file says.

    Raises:
        ConfigError: Everything in it that is unknown, missing, of a wrong type or impossible,
            each with its dotted path.
    """
    data, written = read(path, overrides, PipelineConfig)
    config = from_mapping(data, source=str(path), written=written)
    return model_files.place(config, relative_paths.base(pathlib.Path(path)))


def load_to_run(
    path: str | pathlib.Path, overrides: Sequence[str], workspace: pathlib.Path
) -> PipelineConfig:
    """The same as `load`, of a config whose files are there, too.

    Args:
        path: YAML file.
        overrides: `dotted.key=value` settings that replace what the file says.
        workspace: Whose pushed models may be named.

    Raises:
        ConfigError: Everything that is wrong, and every file, folder and preset that it names and
            that is not there.
    """
    data, written = read(path, overrides, PipelineConfig)
    config, found = _inspect(data, written)
    base = relative_paths.base(pathlib.Path(path))
    served = paths.Paths(paths.workspace(workspace), "").served_models
    found += named_files.missing(config, base, served)
    if found:
        raise problems.ConfigError(str(path), problems.in_order(found, data))
    operations = augmentation_files.by_name(config.augmentation, base, served)
    return model_files.place(dataclasses.replace(config, augmentation=operations), base)


def from_mapping(
    data: Mapping[str, Any], *, source: str, written: Mapping[str, Any] | None = None
) -> PipelineConfig:
    """Validate already-parsed YAML.

    Args:
        data: The parsed YAML.
        source: Named in error messages.
        written: The same with every word as it is written, if it is known.

    Raises:
        ConfigError: Everything that is wrong.
    """
    config, found = _inspect(data, written)
    if found:
        raise problems.ConfigError(source, problems.in_order(found, data))
    return config


def _inspect(
    data: Mapping[str, Any], written: Mapping[str, Any] | None
) -> tuple[Any, list[problems.Problem]]:
    """The config as far as it is right, and all that is wrong with it and its trials."""
    config, found = inspection.inspect(data, written)
    return config, [*found, *trials.impossible(config, data, found)]


def to_mapping(config: PipelineConfig) -> dict[str, Any]:
    """The resolved config as plain data, defaults included."""
    return inspection.ADAPTER.dump_python(config, mode="json")


def to_yaml(config: PipelineConfig, *, in_ascii: bool = False) -> str:
    """The resolved config as YAML that `load` reads back.

    Args:
        config: What to write.
        in_ascii: Whether other characters are written as escapes.
    """
    return yaml.safe_dump(to_mapping(config), sort_keys=False, allow_unicode=not in_ascii)


def json_schema() -> dict[str, Any]:
    """JSON schema of the YAML, for completion in editors."""
    heirs = [entry.config for entry in zoo.MODELS.values()]
    heirs += schedule_config.SCHEDULES.values()
    heirs += finetuning_config.METHODS.values()
    heirs += image_augmentation.OPERATIONS.values()
    return describe_inherited(inspection.ADAPTER.json_schema(), heirs)


def dump_learner(learner: LearnerConfig) -> str:
    """The learner's config as JSON; `tuning.space` keeps its order, which a grid follows."""
    return json.dumps(_LEARNER.dump_python(learner, mode="json"))


def dump_operations(operations: Sequence[Any]) -> str:
    """Operations of `augmentation` as JSON, keys in a fixed order."""
    return json.dumps(_OPERATIONS.dump_python(tuple(operations), mode="json"), sort_keys=True)


def dump_task(task: Task) -> str:
    """A `task` as JSON."""
    return json.dumps(_TASK.dump_python(task, mode="json"), sort_keys=True)


def load_task(text: str) -> Task:
    """Read what `dump_task` wrote."""
    return _TASK.validate_json(text, strict=True)


def load_operations(text: str) -> tuple[Any, ...]:
    """Read what `dump_operations` wrote."""
    return _OPERATIONS.validate_json(text, strict=True)


def load_learner(text: str, values: Mapping[str, Any] | None = None) -> LearnerConfig:
    """Read what `dump_learner` wrote.

    Args:
        text: JSON.
        values: Dotted fields to change first, as a search chose them.

    Raises:
        ConfigError: If a chosen value is not possible.
    """
    data = json.loads(text)
    dotted.put_all(data, values or {}, LearnerConfig)
    try:
        return _LEARNER.validate_json(json.dumps(data), strict=True)
    except pydantic.ValidationError as error:
        lines = problems.describe(error, data, LearnerConfig)
        raise problems.ConfigError(f"a trial with {values}", lines) from error


def read(
    path: str | pathlib.Path, overrides: Sequence[str], root: type
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A file's YAML with some fields set, and the same with every word as it is written.

    Args:
        path: YAML file.
        overrides: `dotted.key=value` settings that replace what the file says.
        root: The dataclass that it describes.

    Raises:
        ConfigError: If it is not YAML, no mapping, or a setting cannot be made.
    """
    data, written = _read(pathlib.Path(path), root)
    wrong: list[str] = []
    for override in overrides:
        try:
            _apply(override, data, written, root)
        except problems.ConfigError as error:
            wrong += error.problems
    if wrong:
        raise problems.ConfigError("--set", wrong)
    return data, written


def _read(path: pathlib.Path, root: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """A file's YAML, and the same with every word as it is written."""
    text = yaml_file.read(path)
    try:
        data, written = yaml_words.parse(text)
    except ValueError as error:
        raise problems.ConfigError(str(path), [f"not YAML: {error}"]) from error
    if not isinstance(data, dict):
        kind = "nothing" if data is None else type(data).__name__
        *keys, last = (field.name for field in dataclasses.fields(root) if _is_required(field))
        line = f"expected a mapping with the keys {', '.join(keys)} and {last}, found {kind}"
        raise problems.ConfigError(str(path), [line])
    try:
        json.dumps(data)
    except RecursionError as error:
        raise problems.ConfigError(str(path), ["not YAML: it is nested too deeply"]) from error
    except TypeError as error:  # A value with a tag, `!!set {a}`.
        line = "not a config: a value with a tag (`!!binary`, `!!set`) is no text, number or list"
        raise problems.ConfigError(str(path), [line]) from error
    return data, written


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


def _apply(override: str, data: dict[str, Any], written: dict[str, Any], root: type) -> None:
    """Set a field, in the YAML and in its words."""
    path, found, text = override.partition("=")
    if not found or not path:
        line = f"{override!r} is not of the form dotted.key=value, as in training.epochs=1"
        raise problems.ConfigError("--set", [line])
    try:
        value, word = yaml_words.parse(text)
    except ValueError as error:
        line = f"{path}: the value is not YAML: {error}"
        raise problems.ConfigError("--set", [line]) from error
    try:
        dotted.put(data, path, value, root)
        dotted.put(written, path, word, root)
    except LookupError as error:
        raise problems.ConfigError("--set", [str(error.args[0])]) from error
