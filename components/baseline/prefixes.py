"""Several tasks in one table, told apart by what stands before a text: each by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

Rows = Sequence[tuple[bytes, ...]]
Answering = Callable[[Rows, Sequence[Any], Rows], list[Any]]
"""Inputs and targets of the train split and inputs of other rows to the answers to these."""


def apart(answering: Answering) -> Answering:
    """A simple model for each prefix, learned from the rows that have it.

    Args:
        answering: A simple model of one task.

    Returns:
        The same of rows whose cells behind the first are a prefix. One that training never saw is
        answered by what all rows taught; so is all without prefixes.
    """

    def by_prefix(rows: Rows, targets: Sequence[Any], queries: Rows) -> list[Any]:
        learned: dict[tuple[bytes, ...], list[int]] = defaultdict(list)
        asked: dict[tuple[bytes, ...], list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            learned[row[1:]].append(place)
        for place, row in enumerate(queries):
            asked[row[1:]].append(place)
        found: dict[int, Any] = {}
        for prefix, places in asked.items():
            own = learned.get(prefix) or range(len(rows))
            answers = answering(
                [rows[one] for one in own],
                [targets[one] for one in own],
                [queries[one] for one in places],
            )
            found |= dict(zip(places, answers, strict=True))
        return [found[place] for place in range(len(queries))]

    return by_prefix
