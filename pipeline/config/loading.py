"""Reads a config: YAML and overrides to sections, every problem at once, and back again."""

import itertools
import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pydantic
import yaml

from models import zoo
from models.finetuning import config as finetuning_config
from models.image.augmentation import config as image_augmentation
from models.tasks.table import Task
from models.training import schedule_config
from models.tuning.config import SearchRange
from pipeline.config import (
    dotted,
    model_files,
    problems,
    relative_paths,
    unsearchable,
    yaml_file,
    yaml_words,
)
from pipeline.config.json_schema import describe_inherited
from pipeline.config.sections import Augmentation, LearnerConfig, PipelineConfig

_ADAPTER = pydantic.TypeAdapter(PipelineConfig)


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
    data, written = _read(pathlib.Path(path))
    for override in overrides:
        _apply(override, data, written)
    config = from_mapping(data, source=str(path), written=written)
    return model_files.place(config, relative_paths.base(pathlib.Path(path)))


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
    try:
        config = _validate(data)
    except pydantic.ValidationError as error:
        lines = problems.describe(error, data, PipelineConfig, written)
        raise problems.ConfigError(source, lines) from error
    lines = _describe_impossible_trials(config)
    if config.tuning is not None:
        lines += unsearchable.describe(config, config.tuning.space)
    if lines:
        raise problems.ConfigError(source, lines)
    return config


def _validate(data: Mapping[str, Any]) -> PipelineConfig:
    # From JSON, because strict validation takes a list for a tuple only there.
    return _ADAPTER.validate_json(json.dumps(data, default=str), strict=True)


def _describe_impossible_trials(config: PipelineConfig) -> list[str]:
    """What is wrong with the fields and the ends of `tuning.space`, before hours are spent."""
    lines = []
    space = config.tuning.space if config.tuning else {}
    for path, searched in space.items():
        for value in searched.ends:
            for around in _choices_around(path, space):
                chosen = {**around, path: value}
                wrong = _problems_of(config, chosen)
                if wrong and not _is_possible_with_another(config, chosen, space):
                    note = "".join(f" (with {p}: {json.dumps(v)})" for p, v in around.items())
                    lines += [f"tuning.space: {line}{note}" for line in wrong]
    return list(dict.fromkeys(lines))


def _choices_around(path: str, space: Mapping[str, SearchRange]) -> Iterator[dict[str, Any]]:
    """The choices that are searched together with a field inside them, in every combination."""
    outer = [other for other in space if path.startswith(f"{other}.")]
    for values in itertools.product(*(space[other].values or () for other in outer)):
        yield dict(zip(outer, values, strict=True))


def _problems_of(config: PipelineConfig, values: Mapping[str, Any]) -> list[str]:
    """What is wrong with a config some of whose fields a search has chosen."""
    trial = to_mapping(config)
    try:
        dotted.put_all(trial, values, PipelineConfig)
        _validate(trial)
    except pydantic.ValidationError as error:
        return problems.describe(error, trial, PipelineConfig)
    except LookupError as error:
        return [str(error.args[0])]
    return []


def _is_possible_with_another(
    config: PipelineConfig, chosen: Mapping[str, Any], space: Mapping[str, SearchRange]
) -> bool:
    """Whether a value of another searched field makes the chosen ones possible."""
    return any(
        not _problems_of(config, {**chosen, other: value})
        for other in space.keys() - chosen.keys()
        for value in space[other].ends
    )


def to_mapping(config: PipelineConfig) -> dict[str, Any]:
    """The resolved config as plain data, defaults included."""
    return _ADAPTER.dump_python(config, mode="json")


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
    return describe_inherited(_ADAPTER.json_schema(), heirs)


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


def _read(path: pathlib.Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A file's YAML, and the same with every word as it is written."""
    text = yaml_file.read(path)
    try:
        data, written = yaml_words.parse(text)
    except ValueError as error:
        raise problems.ConfigError(str(path), [f"not YAML: {error}"]) from error
    if not isinstance(data, dict):
        kind = "nothing" if data is None else type(data).__name__
        line = f"expected a mapping with the keys name, task, data and model, found {kind}"
        raise problems.ConfigError(str(path), [line])
    try:
        json.dumps(data)
    except RecursionError as error:
        raise problems.ConfigError(str(path), ["not YAML: it is nested too deeply"]) from error
    except TypeError as error:  # A value with a tag, `!!set {a}`.
        line = "not a config: a value with a tag (`!!binary`, `!!set`) is no text, number or list"
        raise problems.ConfigError(str(path), [line]) from error
    return data, written


def _apply(override: str, data: dict[str, Any], written: dict[str, Any]) -> None:
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
        dotted.put(data, path, value, PipelineConfig)
        dotted.put(written, path, word, PipelineConfig)
    except LookupError as error:
        raise problems.ConfigError("--set", [str(error.args[0])]) from error
