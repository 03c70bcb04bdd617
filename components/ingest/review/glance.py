"""What is noticed of the values of rows on the way past them."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from components import stand_ins
from components.ingest import config, row

_NUMBER = re.compile(r"[^\w]*\d[\d\W_]*")
_ROWS = 1_000
"""Rows whose other columns are looked at."""
_FEWEST_ROWS = 10
_PER_VALUE = 4
"""Rows of a value, on average, from which a column may hold labels."""
_MOST_VALUES = 50
_LONGEST = 60  # characters of a value that may be a label


class Glance:
    """Collects, row by row."""

    def __init__(self, features: Sequence[config.Feature], others: Collection[str | None]):
        self.words: Counter[str] = Counter()
        """Texts that are a word for a missing value, and their rows."""
        self.numbers = 0
        """Texts of digits and signs alone: numbers, dates, numbers of rows."""
        self.headers = 0
        """Rows that hold the names of their columns."""
        self._columns = [
            feature.name for feature in features if feature.holds in ("text", "category", "choice")
        ]
        self._texts = [feature.name for feature in features if feature.holds == "text"]
        self._known = {*others, *(f.name for f in features if f.holds in ("category", "choice"))}
        self._rows = 0
        self._values: dict[str, set[str]] = defaultdict(set)
        self._counts: Counter[str] = Counter()

    def at(self, entry: row.Row) -> None:
        """Look at a usable row."""
        for name in self._texts:
            text = _text(entry.values.get(name))
            if stand_ins.says_nothing(text):
                self.words[text.strip()] += 1
            self.numbers += bool(_NUMBER.fullmatch(text[:_LONGEST]))
        self.headers += bool(self._columns) and all(
            entry.values.get(name) == name for name in self._columns
        )
        if self._rows == _ROWS:
            return
        self._rows += 1
        for name, value in entry.values.items():
            if name not in self._known and isinstance(value, str | int) and value != "":
                self._values[name].add(str(value)[: _LONGEST + 1])
                self._counts[name] += 1

    def like_labels(self) -> list[tuple[str, int]]:
        """Columns that could hold labels, and their numbers of different values, fewest first."""
        found = [
            (name, len(values))
            for name, values in self._values.items()
            if _could_be_labels(values, self._counts[name], self._rows)
        ]
        return sorted(found, key=lambda column: (column[1], column[0]))


def _could_be_labels(values: set[str], filled: int, rows: int) -> bool:
    return (
        filled == rows >= _FEWEST_ROWS
        and 1 < len(values) <= min(_MOST_VALUES, rows / _PER_VALUE)
        and all(len(value) <= _LONGEST for value in values)
    )


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
