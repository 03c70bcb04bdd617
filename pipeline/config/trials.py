"""What is wrong with the fields and the ends of `tuning.space`, before hours are spent."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from models.tuning.config import SearchRange
from pipeline.config import dotted, inspection, unsearchable
from pipeline.config.problems import Problem
from pipeline.config.salvage import Unknown
from pipeline.config.sections import PipelineConfig


def impossible(
    config: Any, data: Mapping[str, Any], known: Collection[Problem]
) -> Iterator[Problem]:
    """What is wrong with trials that is not wrong with the config itself.

    Args:
        config: A `PipelineConfig`, or what `salvage` made of one.
        data: The YAML that it is from.
        known: What is wrong with the config itself.
    """
    space: dict[str, SearchRange] = {}
    with contextlib.suppress(Unknown):
        for path, searched in ({} if config.tuning is None else config.tuning.space).items():
            if not any(problem.is_at_or_below(f"tuning.space.{path}") for problem in known):
                space[path] = searched
    trials = _Trials(data, known)
    for path in space:
        yield from _of_field(path, space, trials)
    with contextlib.suppress(Unknown):
        yield from unsearchable.describe(config, space)


class _Trials:
    """Configs some of whose fields a search has chosen.

    Args:
        data: The YAML.
        known: What is wrong with it already.
    """

    def __init__(self, data: Mapping[str, Any], known: Collection[Problem]):
        self._json = json.dumps(data, default=str)
        self._known = known

    def problems(self, path: str, values: Mapping[str, Any]) -> list[Problem]:
        """What the chosen values make wrong.

        Args:
            path: The field of `tuning.space` to tell it of.
            values: What each field becomes.
        """
        trial = json.loads(self._json)
        try:
            dotted.put_all(trial, values, PipelineConfig)
        except LookupError as error:
            return [Problem(f"tuning.space.{path}", str(error.args[0]))]
        return [
            Problem(f"tuning.space.{path}", _told_of(path, problem))
            for problem in inspection.inspect(trial)[1]
            if problem not in self._known
        ]


def _told_of(path: str, problem: Problem) -> str:
    """The problem in a line that begins with a field; its own path only if it is another one."""
    is_same = re.sub(r"\[(\d+)\]", r".\1", problem.path) == path
    return problem.text if is_same else str(problem)


def _of_field(path: str, space: Mapping[str, SearchRange], trials: _Trials) -> Iterator[Problem]:
    for value in space[path].ends:
        for around in _choices_around(path, space):
            chosen = {**around, path: value}
            wrong = trials.problems(path, chosen)
            if wrong and not _is_possible_with_another(trials, path, chosen, space):
                note = "".join(f" (with {p}: {json.dumps(v)})" for p, v in around.items())
                yield from (Problem(one.path, f"{one.text}{note}") for one in wrong)


def _choices_around(path: str, space: Mapping[str, SearchRange]) -> Iterator[dict[str, Any]]:
    """The choices that are searched together with a field inside them, in every combination."""
    outer = [other for other in space if path.startswith(f"{other}.")]
    for values in itertools.product(*(space[other].values or () for other in outer)):
        yield dict(zip(outer, values, strict=True))


def _is_possible_with_another(
    trials: _Trials, path: str, chosen: Mapping[str, Any], space: Mapping[str, SearchRange]
) -> bool:
    """Whether a value of another searched field makes the chosen ones possible."""
    return any(
        not trials.problems(path, {**chosen, other: value})
        for other in space.keys() - chosen.keys()
        for value in space[other].ends
    )
