"""A guess as a YAML that says why, line by line."""

from __future__ import annotations

import math
import os
import pathlib
import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from pipeline.guessing.guess import Guess
from pipeline.guessing.wording import Line, Remark

_WIDEST = 100
_PATHS = ("data.source.path", "data.source.images")


def text(guess: Guess, name: str, path: pathlib.Path, *, is_relative: bool) -> str:
    """The YAML.

    Args:
        guess: What it says.
        name: Of the pipeline.
        path: Where it will lie.
        is_relative: Whether paths of data start from its folder.
    """
    placed = [_placed(line, path, is_relative) for line in guess.lines]
    shown = shlex.quote(str(path))
    head = [
        *_comment(guess.purpose, ""),
        *_comment(f"Guessed by `maru init` from {guess.seen}; each line says why.", ""),
        f"# Run:     maru run {shown}",
        "# Expect:  more than the simple model that the run shows beside it; write down how much",
        f"name: {name}",
    ]
    return "\n".join([*head, *_sections(placed)]) + "\n"


def _placed(line: Line | Remark, path: pathlib.Path, is_relative: bool) -> Line | Remark:
    if not is_relative or isinstance(line, Remark) or line.key not in _PATHS:
        return line
    folder = path.resolve().parent
    return Line(line.key, os.path.relpath(line.value, folder), line.why, line.instead)


def _sections(lines: Sequence[Line | Remark]) -> Iterator[str]:
    """Lines of the YAML, those of a section together."""
    for section in dict.fromkeys(map(_section, lines)):
        own = [line for line in lines if _section(line) == section]
        fields = [line for line in own if isinstance(line, Line)]
        indent = ""
        if fields:
            indent = "  "
            yield f"{section}:"
            yield from _fields(fields, 1)
        for line in own:
            if isinstance(line, Remark):
                yield from _comment(line.text, indent)


def _section(line: Line | Remark) -> str:
    return line.section if isinstance(line, Remark) else line.key.split(".")[0]


def _fields(lines: Sequence[Line], depth: int) -> Iterator[str]:
    """Fields of a mapping, deeper ones below the name of theirs."""
    indent = "  " * depth
    opened = ""
    for line in lines:
        inner = line.key.split(".")[depth:]
        if len(inner) > 1:
            if inner[0] != opened:
                opened = inner[0]
                yield f"{indent}{opened}:"
                below = [one for one in lines if one.key.split(".")[depth : depth + 1] == [opened]]
                yield from _fields(below, depth + 1)
            continue
        field = f"{indent}{inner[0]}: {scalar(line.value)}"
        instead = f". Instead: {line.instead}" if line.instead else ""
        comment = f"# {line.why}{instead}"
        if len(field) + len(comment) + 2 <= _WIDEST:
            yield f"{field}  {comment}"
        else:
            yield from _comment(comment[2:], indent)
            yield field


def _comment(text: str, indent: str) -> list[str]:
    """Words as comment lines."""
    start = f"{indent}# "
    return textwrap.wrap(
        text,
        _WIDEST,
        initial_indent=start,
        subsequent_indent=start,
        break_long_words=False,
        break_on_hyphens=False,
    )


def scalar(value: Any) -> str:
    """A value on one line as YAML reads it."""
    if isinstance(value, str) and not value.isprintable():
        return _dumped(value, '"')
    if isinstance(value, float):
        # YAML 1.1 takes an exponent for a number only behind a point.
        return (
            f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e+") if value < 0.1 else f"{value}"
        )
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {scalar(inner)}" for key, inner in value.items()) + "}"
    return _dumped(value, None)


def _dumped(value: Any, style: str | None) -> str:
    dumped = yaml.safe_dump(
        value, default_style=style, default_flow_style=True, allow_unicode=True, width=math.inf
    )
    return dumped.removesuffix("\n").removesuffix("\n...")
