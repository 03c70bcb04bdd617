"""Everything that is wrong with parsed YAML, field by field and fields together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pydantic

from pipeline.config import problems, rules, salvage
from pipeline.config.problems import Problem
from pipeline.config.sections import PipelineConfig

ADAPTER = pydantic.TypeAdapter(PipelineConfig)
"""Reads and writes whole configs."""


def inspect(
    data: Mapping[str, Any], written: Mapping[str, Any] | None = None
) -> tuple[Any, list[Problem]]:
    """Read a config as far as it is right.

    Args:
        data: The parsed YAML.
        written: The same with every word as it is written, if it is known.

    Returns:
        A `PipelineConfig`, with `salvage.UNKNOWN` for what is wrong, and all that is wrong.
    """
    found: list[Problem] = []
    try:
        # From JSON, because strict validation takes a list for a tuple only there.
        config: Any = ADAPTER.validate_json(json.dumps(data, default=str), strict=True)
    except pydantic.ValidationError as error:
        found += problems.describe(error, data, PipelineConfig, written)
        config, more = salvage.salvage(PipelineConfig, data, found)
        found += more
    return config, [*found, *rules.broken(config)]
