"""What is asked of a language model, whichever it is.

The probability of an answer is that of the pieces that have a byte of it, each after all before
it. Where the pieces of the prompt alone begin those of prompt and answer, that is the difference
of both logarithms; where a piece reaches over the boundary, it counts whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

_Asked = TypeVar("_Asked")
_Told = TypeVar("_Told")


class LanguageModel(Protocol):
    """A model that tells how probable texts are and how they go on."""

    @property
    def which(self) -> str:
        """Which model this is, in words that no other has."""
        ...

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        """Logarithm of the probability of each second text after the first, in nats.

        Args:
            pairs: Prompts and what may follow them, neither empty.

        Returns:
            None for those that the model does not read at once.
        """
        ...

    def write(self, prompts: Sequence[str], longest: int) -> list[str | None]:
        """How each prompt goes on, always by the likeliest piece.

        Args:
            prompts: None empty.
            longest: Pieces that are written at most.

        Returns:
            None for those that the model does not read at once.
        """
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


def answer_of(sizes: Sequence[int], answer: int) -> int:
    """How many pieces at the end of a text have a byte of its last ones.

    Args:
        sizes: Bytes of each piece.
        answer: How many bytes are the last ones.
    """
    reached = 0
    for number, size in enumerate(reversed(sizes), 1):
        reached += size
        if reached >= answer:
            return number
    return len(sizes)


def size_of_pair(pair: tuple[str, str]) -> int:
    """Characters of a prompt and what may follow it."""
    return len(pair[0]) + len(pair[1])


def in_batches(
    asked: Sequence[_Asked],
    size: Callable[[_Asked], int],
    most: int,
    ask: Callable[[list[_Asked]], list[_Told]],
) -> list[_Told]:
    """Answers in order, asked about together with others of like sizes.

    Args:
        asked: What is asked about.
        size: How long one is.
        most: How many are asked about at once.
        ask: Gives as many answers as it is asked about.
    """
    order = sorted(range(len(asked)), key=lambda place: size(asked[place]))
    found: dict[int, _Told] = {}
    for begin in range(0, len(order), most):
        places = order[begin : begin + most]
        told = ask([asked[place] for place in places])
        found.update(zip(places, told, strict=True))
    return [found[place] for place in range(len(asked))]
