"""The rows of a measurement: examples from the train split, questions from another."""

from __future__ import annotations

import dataclasses
import pathlib
import random
from collections.abc import Mapping
from typing import Any

from components.ingest import columns, preview, row
from components.ingest.errors import DataError
from pipeline.prompting.config import PromptingConfig

_TRAIN = "train"
_ASKED = ("test", "eval")
"""Splits that questions are of, the first that has rows."""
_SEED = 0
_NAME_ANOTHER = "Name the right one in `prompt` (or in `data.split.column`, `data.split.group`)."


@dataclasses.dataclass(frozen=True)
class Row:
    """A question with its answer."""

    question: str
    answer: str
    reason: str | None
    """Worked steps; None where the template has none."""
    where: str
    """`file:line` or `file:row`."""


@dataclasses.dataclass(frozen=True)
class Rows:
    """All that is read."""

    examples: tuple[Row, ...]
    """Of the train split."""
    questions: tuple[Row, ...]
    """Of the split that is asked."""
    split: str
    """Its name."""
    rejected: tuple[row.Rejected, ...]
    """What cannot be used."""

    @property
    def answers(self) -> tuple[str, ...]:
        """All different answers, in order."""
        return tuple(sorted({one.answer for one in (*self.examples, *self.questions)}))


def read(config: PromptingConfig, base: pathlib.Path, samples: pathlib.Path) -> Rows:
    """Read and divide the rows.

    Args:
        config: Of the measurement.
        base: Folder that relative paths start from.
        samples: Folder for sample data.

    Raises:
        ValueError: If columns are missing, too many rows cannot be used, or there are no questions
            or fewer examples than the most shots.
    """
    prompt = config.prompt
    try:
        placed, rejected = preview.placed_rows(
            config.data, prompt.features, str(base), str(samples)
        )
    except DataError as error:
        raise ValueError(str(error).replace(columns.NAME_ANOTHER, _NAME_ANOTHER)) from error
    _check_rejected(config, len(placed), rejected)
    split = next((name for name in _ASKED if any(one.split == name for one in placed)), _TRAIN)
    by_split = {
        name: tuple(
            _row(one, prompt.template.reason_column, config) for one in placed if one.split == name
        )
        for name in (_TRAIN, split)
    }
    examples, questions = by_split[_TRAIN], by_split[split]
    if split == _TRAIN:
        raise ValueError(
            f"There are no questions: all {len(placed):,} rows are of the train split. Divide them "
            "by `data.split`, or give files or rows of a test split."
        )
    if len(examples) < max(prompt.shots):
        raise ValueError(
            f"`prompt.shots`: {max(prompt.shots)} examples are asked for, and the train split has "
            f"{len(examples):,} rows. Lower it, or give the train split more by `data.split`."
        )
    most = prompt.most_questions
    if most is not None and most < len(questions):
        chosen = sorted(random.Random(_SEED).sample(range(len(questions)), most))
        questions = tuple(questions[place] for place in chosen)
    return Rows(examples, questions, split, tuple(rejected))


def _row(placed: preview.PlacedRow, reason: str | None, config: PromptingConfig) -> Row:
    def text(name: str) -> str:
        value: Mapping[str, Any] = placed.values
        return bytes(value[name]).decode()

    return Row(
        text(config.prompt.question),
        text(config.prompt.answer),
        None if reason is None else text(reason),
        placed.where,
    )


def _check_rejected(config: PromptingConfig, usable: int, rejected: list[row.Rejected]) -> None:
    total = usable + len(rejected)
    if not rejected or len(rejected) <= config.data.max_quarantined * total:
        return
    first = min(rejected, key=row.natural_order)
    raise ValueError(
        f"{len(rejected):,} of {total:,} rows cannot be used, more than `data.max_quarantined` "
        f"({config.data.max_quarantined:.1%}) allows, such as {first.where}: {first.reason}. Mend "
        "them, or raise it."
    )
