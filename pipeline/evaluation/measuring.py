"""Ask a model about new rows and add up how well it answers."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from components import records
from components.ingest import row
from models.tasks import answers, intervals
from models.tasks import task as tasks
from models.tasks.task import Task
from pipeline.error_analysis import examined
from pipeline.error_analysis.examined import Values
from pipeline.evaluation.new_rows import NewRow
from pipeline.scoring import asking

MOST_KEPT = 2_000
"""Rows that are kept to be looked at one by one; more are thinned out evenly."""
ALL = "all"
"""The slice of all rows."""
COUNT = "example_count"


@dataclasses.dataclass(frozen=True)
class Measured:
    """How well a model answers."""

    metrics: dict[str, dict[str, float]]
    """Figures and `example_count` by slice, as the Evaluator names them; `all` is all rows."""
    interval: tuple[float, float]
    """95 % interval of the headline on all rows."""
    strata: Counter[str]
    """Rows by label; the empty one where they have none, or not exactly one."""
    known: tuple[str, ...]
    """Labels that the model can answer; none of a number."""
    unknown: Counter[str]
    """Labels that it cannot answer, and how many rows have each."""
    num_unknown: int
    """Rows with any of them."""
    rows: list[Values]
    """Some rows, evenly from all."""
    answers: list[dict[str, np.ndarray]]
    """To these."""


class Tally:
    """Adds up the answers to rows as they come.

    Args:
        task: Whose metrics are computed; it names the columns of the new rows.
        slices: Columns whose values are measured apart.
        model: The one to ask.
        known: Labels that it can answer; none of a number.
    """

    def __init__(
        self, task: Task, slices: Sequence[str], model: asking.Model, known: Sequence[str]
    ):
        self._task, self._slices, self._model = task, slices, model
        self._known = tuple(known)
        self._statistics: dict[str, list[np.ndarray]] = defaultdict(list)
        self._places: dict[str, list[int]] = defaultdict(list)
        self._strata: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self._num_unknown = self._num_rows = 0
        self._kept: list[tuple[Values, dict[str, np.ndarray]]] = []
        self._every = 1

    def add(self, batch: Sequence[NewRow]) -> list[row.Rejected]:
        """Ask about rows; what the model refuses is given back."""
        names = dict.fromkeys([*(column.name for column in self._task.columns), *self._slices])
        rows = [records.values_of(one.example, list(names)) for one in batch]
        asked = [
            {one.served_as: values[one.name][0] for one in tasks.inputs(self._task)}
            for values in rows
        ]
        refused = []
        for one, values, answer in zip(batch, rows, self._model.answer(asked), strict=True):
            if isinstance(answer, asking.Refused):
                refused.append(row.Rejected(one.where, f"the model refuses it: {answer}"))
            else:
                self._count(values, answers.plain(answer))
        return refused

    def _count(self, values: Values, answer: dict[str, np.ndarray]) -> None:
        targets = records.targets(self._task.columns, values)
        for metric in self._task.metrics:
            self._statistics[metric.name].append(metric.statistics(targets, answer))
        for name in self._slices:
            for value in values[name]:
                self._places[f"{name}: {_text(value)}"].append(self._num_rows)
        target = next(iter(targets.values()), None)
        self._strata[target if isinstance(target, str) else ""] += 1
        unknown = examined.unknown(target, self._known)
        self._unknown.update(unknown)
        self._num_unknown += bool(unknown)
        self._keep(values, answer)
        self._num_rows += 1

    def _keep(self, values: Values, answer: dict[str, np.ndarray]) -> None:
        """Keep every row whose number a power of two divides, the next one when there are many."""
        if self._num_rows % self._every:
            return
        self._kept.append((values, answer))
        if len(self._kept) > MOST_KEPT:
            self._kept = self._kept[::2]
            self._every *= 2

    def measured(self) -> Measured:
        """What was added up, of at least one row."""
        headline = self._task.metrics[0]
        slices = {name: self._figures(places) for name, places in self._places.items()}
        whole = self._figures(range(self._num_rows))
        return Measured(
            {ALL: whole, **dict(sorted(slices.items()))},
            intervals.interval(headline, headline.stack(self._statistics[headline.name])),
            self._strata,
            self._known,
            self._unknown,
            self._num_unknown,
            [values for values, _ in self._kept],
            [answer for _, answer in self._kept],
        )

    @property
    def num_rows(self) -> int:
        """Rows that were answered."""
        return self._num_rows

    def _figures(self, places: Sequence[int]) -> dict[str, float]:
        figures = {}
        for metric in self._task.metrics:
            found = self._statistics[metric.name]
            stacked = metric.stack([found[place] for place in places])
            figures[metric.name] = float(metric.figure(stacked))
        return {COUNT: float(len(places)), **figures}


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
