"""Rows in batches, read while the model answers."""

from __future__ import annotations

import concurrent.futures
import itertools
from collections.abc import Iterator
from typing import TypeVar

_AHEAD = 4
"""Batches that are read while the model answers."""
_Row = TypeVar("_Row")


def read_ahead(rows: Iterator[_Row], size: int) -> Iterator[list[_Row]]:
    """Lists of rows in their order, read ahead in a thread.

    Args:
        rows: Read once.
        size: Rows of a batch, at least 1; the last one may have fewer.
    """

    def following() -> list[_Row]:
        return list(itertools.islice(rows, size))

    with concurrent.futures.ThreadPoolExecutor(1) as reader:
        ahead = [reader.submit(following) for _ in range(_AHEAD)]
        while batch := ahead.pop(0).result():
            ahead.append(reader.submit(following))
            yield batch
