"""How often runs of tokens occur, counted in blocks: memory holds the runs, not the texts.

Only runs of one length, the order, are counted: shorter ones follow from them, see `levels.py`.
Each block gives sorted runs with their counts; those of blocks are merged when they are of like
size, as in O'Neil et al. (1996), https://doi.org/10.1007/s002360050048, so that each run is sorted
as many times as the number of blocks has digits to base 2. While `m` different runs are merged,
about `m (2 order w + 40)` bytes are used, `w` being the bytes of a token (2 below 65,536 tokens),
beside some 200 MB of the blocks that are counted at the time.
"""

from __future__ import annotations

import collections
import os
from collections.abc import Mapping
from concurrent import futures
from typing import NamedTuple

import numpy as np

_BLOCK = 2**21
"""Tokens that are counted at once."""
_LARGEST = 2**62
"""Numbers of runs stay below it."""
_WAITING, _BEFORE = "waiting", "before"
_RUNS, _COUNTS = "runs_", "counts_"


class Counts(NamedTuple):
    """Different runs of tokens in lexicographic order, and how often each occurs."""

    runs: np.ndarray
    """`(order, m)` unsigned: the first tokens of all, then the second ones, and so on."""
    counts: np.ndarray
    """`(m,)` int64."""


class Counter:
    """Counts runs of tokens in a stream of texts, in threads: NumPy's sorting leaves them alone.

    Args:
        vocabulary: Different tokens. The number itself stands between texts, and is what counts as
            before their first tokens.
        order: Tokens of a run, at least 1.
        begun: What `arrays` of an earlier one gave.
        block: Tokens that are counted at once.

    Raises:
        ValueError: If order or vocabulary are below 1.
    """

    def __init__(
        self,
        vocabulary: int,
        order: int,
        begun: Mapping[str, np.ndarray] | None = None,
        block: int = _BLOCK,
    ) -> None:
        if order < 1 or vocabulary < 1:
            raise ValueError(
                f"Expected an order and a vocabulary of at least 1. Received: order={order}, "
                f"vocabulary={vocabulary}"
            )
        self.vocabulary = vocabulary
        """As given."""
        self._order, self._block = order, block
        self._dtype = np.min_scalar_type(vocabulary)
        given = begun or {}
        self._waiting = [given.get(_WAITING, np.zeros(0, self._dtype))]
        self._number = len(self._waiting[0])
        self._before = given.get(_BEFORE, np.full(order - 1, vocabulary, self._dtype))
        parts = sum(name.startswith(_RUNS) for name in given)
        self._found = [
            Counts(given[f"{_RUNS}{part}"], given[f"{_COUNTS}{part}"]) for part in range(parts)
        ]
        self._workers = len(os.sched_getaffinity(0))
        self._pool = futures.ThreadPoolExecutor(self._workers)
        self._running: collections.deque[futures.Future[Counts]] = collections.deque()

    def add(self, tokens: np.ndarray) -> None:
        """Count what follows the tokens before.

        Args:
            tokens: `(n,)` in `[0, vocabulary]`; texts may go on with the next call.
        """
        self._waiting.append(tokens.astype(self._dtype))
        self._number += len(tokens)
        if self._number >= self._block:
            whole = np.concatenate(self._waiting)
            self._number %= self._block
            counted = len(whole) - self._number
            for first in range(0, counted, self._block):
                self._count(whole[first : first + self._block])
            self._waiting = [whole[counted:]]

    def arrays(self) -> dict[str, np.ndarray]:
        """All that was counted and what waits to be, to go on with later."""
        self._collect(0)
        found = {_WAITING: np.concatenate(self._waiting), _BEFORE: self._before}
        for part, (runs, counts) in enumerate(self._found):
            found |= {f"{_RUNS}{part}": runs, f"{_COUNTS}{part}": counts}
        return found

    def counts(self) -> Counts:
        """All that was counted.

        Raises:
            ValueError: If there was no token.
        """
        self._count(np.concatenate(self._waiting))
        self._waiting, self._number = [np.zeros(0, self._dtype)], 0
        self._collect(0)
        while len(self._found) > 1:
            self._merge_last()
        if not self._found or not self._found[0].counts.size:
            raise ValueError(
                f"There is no token to count: expected some of 0 to {self.vocabulary - 1} in the "
                "texts. Received: texts without any"
            )
        return self._found[0]

    def _count(self, tokens: np.ndarray) -> None:
        """Hand a block to a thread, and wait for one if all are busy."""
        self._collect(self._workers - 1)
        before = self._before
        self._before = np.concatenate([before, tokens])[len(tokens) :]
        task = self._pool.submit(_of_block, tokens, before, self.vocabulary)
        self._running.append(task)

    def _collect(self, left: int) -> None:
        while len(self._running) > left:
            self._found.append(self._running.popleft().result())
            while len(self._found) > 1 and _size(self._found[-2]) <= 2 * _size(self._found[-1]):
                self._merge_last()

    def _merge_last(self) -> None:
        two = self._found[-2:]
        del self._found[-2:]
        runs = np.concatenate([one.runs for one in two], axis=1)
        counts = np.concatenate([one.counts for one in two])
        two.clear()
        self._found.append(summed(runs, counts, self.vocabulary + 1))


def summed(runs: np.ndarray, counts: np.ndarray, base: int) -> Counts:
    """The same runs once each, with the sums of their counts.

    Args:
        runs: `(length, n)` in any order.
        counts: `(n,)`.
        base: Tokens are below it.
    """
    order, starts = kinds(runs, base)
    totals = np.add.reduceat(counts[order], starts) if len(starts) else counts[:0]
    return Counts(runs[:, order[starts]], totals)


def kinds(runs: np.ndarray, base: int) -> tuple[np.ndarray, np.ndarray]:
    """Sort runs.

    Args:
        runs: `(length, n)`, of which parts may be sorted.
        base: Tokens are below it.

    Returns:
        Places of all in lexicographic order, `(n,)`, and where in it another run begins, `(m,)`.
    """
    numbers, bound = runs[0].astype(np.int64), base
    for tokens in runs[1:]:
        if bound * base > _LARGEST:
            order, starts = _sorted(numbers)
            numbers[order] = np.repeat(np.arange(len(starts)), _lengths(starts, len(order)))
            bound = len(starts)
        numbers *= base
        numbers += tokens
        bound *= base
    return _sorted(numbers)


def _sorted(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # Timsort merges parts that are sorted in one pass.
    order = np.argsort(numbers, kind="stable")
    return order, np.flatnonzero(_is_first(numbers[order]))


def _is_first(ordered: np.ndarray) -> np.ndarray:
    """Which of sorted numbers differ from those before them."""
    found = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=found[1:])
    return found


def _of_block(tokens: np.ndarray, before: np.ndarray, vocabulary: int) -> Counts:
    """Runs that end in a block; what is before a text's first token is `vocabulary`."""
    room = len(before)
    whole = np.concatenate([before, tokens])
    runs = np.empty((room + 1, len(tokens)), tokens.dtype)
    runs[room] = tokens
    has_begun = np.zeros(len(tokens), bool)
    for back in range(1, room + 1):
        earlier = whole[room - back : len(whole) - back]
        has_begun |= earlier == vocabulary
        runs[room - back] = np.where(has_begun, tokens.dtype.type(vocabulary), earlier)
    runs, base = runs[:, tokens != vocabulary], vocabulary + 1
    if base ** (room + 1) > _LARGEST:
        return summed(runs, np.ones(runs.shape[1], np.int64), base)
    # Ten times as fast as to sort places.
    numbers = np.sort(_numbered(runs, base))
    starts = np.flatnonzero(_is_first(numbers))
    return Counts(
        _unpacked(numbers[starts], base, room + 1, tokens.dtype), _lengths(starts, len(numbers))
    )


def _numbered(runs: np.ndarray, base: int) -> np.ndarray:
    """Numbers of runs that have room below `_LARGEST`, in lexicographic order."""
    numbers = runs[0].astype(np.int64)
    for tokens in runs[1:]:
        numbers *= base
        numbers += tokens
    return numbers


def _unpacked(numbers: np.ndarray, base: int, length: int, dtype: np.dtype) -> np.ndarray:
    runs = np.empty((length, len(numbers)), dtype)
    for place in range(length - 1, -1, -1):
        numbers, runs[place] = np.divmod(numbers, base)
    return runs


def _lengths(starts: np.ndarray, end: int) -> np.ndarray:
    return np.diff(starts, append=end)


def _size(found: Counts) -> int:
    return len(found.counts)
