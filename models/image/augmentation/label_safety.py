"""Operations on images that the labels may not survive, as far as their names show it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from models.image.augmentation.operation import Operation

_SIDES = {
    *("left", "right", "east", "west", "clockwise", "counterclockwise"),
    *("왼쪽", "오른쪽", "좌측", "우측", "좌회전", "우회전"),
}
_COLORS = {
    *("red", "green", "blue", "yellow", "orange", "purple", "violet", "pink", "brown"),
    *("black", "white", "grey", "gray", "cyan", "magenta"),
    *("빨강", "빨간색", "초록", "녹색", "파랑", "파란색", "노랑", "노란색"),
    *("주황", "보라", "분홍", "갈색", "검정", "흰색", "회색"),
}
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_PREFIXES = {"digit", "number", "letter", "character", "char"}
_DIGITS = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}


def doubts(operations: Sequence[Any], labels: Collection[str]) -> list[str]:
    """What about these labels makes an operation doubtful, in words.

    Args:
        operations: The `augmentation` section; of those on texts names say nothing.
        labels: All labels.
    """
    found = []
    for index, operation in enumerate(operations):
        name = f"`augmentation[{index}]` ({operation.kind})"
        loses = operation.loses if isinstance(operation, Operation) else ()
        for trait in sorted(loses):
            said = _DOUBTS[trait](labels) if trait in _DOUBTS else None
            if said:
                found.append(f"{name} {said} It assumes: {operation.assumes}.")
    return found


def _mirrored(labels: Collection[str]) -> str | None:
    if _are_characters(labels):
        return f"mirrors images, but these labels look like characters ({_some(labels)})."
    sided = [label for label in labels if _words(label) & _SIDES]
    return f"mirrors images, but labels name a side ({_some(sided)})." if sided else None


def _turned(labels: Collection[str]) -> str:
    if _are_characters(labels):
        return (
            f"turns images upside down or by 90 degrees or more, but these labels look like "
            f"characters ({_some(labels)}): a 6 may become a 9."
        )
    return "turns images upside down or by 90 degrees or more; photographs have an upright side."


def _recoloured(labels: Collection[str]) -> str | None:
    coloured = [label for label in labels if _words(label) & _COLORS]
    return f"changes colours, but labels name colours ({_some(coloured)})." if coloured else None


_DOUBTS = {"mirroring": _mirrored, "direction": _turned, "colour": _recoloured}
"""What is lost, and what is said if these labels may depend on it."""


def _are_characters(labels: Collection[str]) -> bool:
    """Whether all labels name digits or letters: `7`, `07`, `seven`, `digit_7`, `A`."""
    return bool(labels) and all(_is_character(_words(label) - _PREFIXES) for label in labels)


def _is_character(words: set[str]) -> bool:
    if len(words) != 1:
        return False
    (word,) = words
    is_number = word.isdecimal() and int(word) <= 10
    return len(word) == 1 or is_number or word in _DIGITS


def _words(label: str) -> set[str]:
    """Words and numbers of a label, also of `LeftTurn` and `digit7`."""
    return {word.casefold() for word in _WORD.findall(_HUMP.sub(" ", label))}


def _some(labels: Collection[str], most: int = 5) -> str:
    shown = sorted(labels)[:most]
    return ", ".join(shown) + (", ..." if len(labels) > most else "")
