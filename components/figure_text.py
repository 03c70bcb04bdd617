"""Words of the user's in a figure: in any script there is a font for, and never as a formula."""

import contextlib
import functools
from collections.abc import Set

from matplotlib import font_manager, rc_context

# Matplotlib's own font comes first; it has no Hangul, kana or Han.
_FAMILIES = (
    "DejaVu Sans", "Noto Sans CJK KR", "Noto Sans CJK JP", "Noto Sans KR", "NanumGothic",
    "Malgun Gothic", "Apple SD Gothic Neo", "UnDotum", "Droid Sans Fallback",
)  # fmt: skip


def fonts() -> contextlib.AbstractContextManager[None]:
    """Where a figure is made and saved, so that it has every character that a font here has."""
    return rc_context({"font.family": list(_installed())})


def drawable(words: str) -> str:
    """Words with characters that no font here has as escapes, rather than as empty boxes.

    Args:
        words: Any text.
    """
    return "".join(_drawable(character, _covered()) for character in words)


def literal(words: str) -> str:
    """Words as matplotlib shows them without taking what is between dollars for a formula.

    Args:
        words: Any text, already cut or wrapped.
    """
    return words.replace("$", r"\$")


def _drawable(character: str, covered: Set[int]) -> str:
    if character == "\n" or ord(character) in covered:
        return character
    return " " if character.isspace() else character.encode("ascii", "backslashreplace").decode()


@functools.cache
def _installed() -> dict[str, str]:
    """File by family, in the order in which characters are looked for."""
    _list_new()
    files = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    return {family: files[family] for family in _FAMILIES if family in files}


def _list_new() -> None:
    """Register fonts that were installed after matplotlib listed those that there are."""
    listed = {entry.fname for entry in font_manager.fontManager.ttflist}
    for file in set(font_manager.findSystemFonts()) - listed:
        # Matplotlib, too, passes over what it cannot read, such as fonts of pictures.
        with contextlib.suppress(Exception):
            font_manager.fontManager.addfont(file)


@functools.cache  # A font with Hangul has tens of thousands.
def _covered() -> Set[int]:
    characters = [font_manager.get_font(file).get_charmap() for file in _installed().values()]
    return frozenset().union(*characters)
