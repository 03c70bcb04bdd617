"""Decode JSON values, with reasons in words where they are none."""

import json
from typing import Any

from components.ingest import row

# What an incomplete value may end in and be wrong about: `-Infinity`, `\\ud83d`, `false`.
_LONGEST_TOKEN = 12
_REASONS = {
    "Expecting value": "a value is expected",
    "Expecting property name enclosed in double quotes": "a key in double quotes is expected",
    "Expecting ',' delimiter": "a comma or the end is expected",
    "Expecting ':' delimiter": "a colon is expected after the key",
    "Unterminated string starting at": "a text begins that does not end",
    "Invalid \\escape": "a backslash that stands for nothing; a plain one is written \\\\",
    "Invalid \\uXXXX escape": "\\u without four hexadecimal digits",
}
_HINTS = (
    ("'", "JSON has double quotes, not single ones; Python's json.dumps writes them"),
    (("None", "True", "False"), "JSON writes null, true and false; Python's json.dumps does too"),
    ((",}", ",]", "}", "]"), "is there a comma too many before it?"),
)


class _Repeated(dict[str, Any]):
    """An object that gives a key two values."""

    key = ""


class Incomplete(row.BadRow):
    """The text ends within a value."""


def decode(text: str, start: int = 0) -> tuple[Any, int]:
    """One JSON value.

    Args:
        text: What holds it.
        start: Where it starts; no white space.

    Returns:
        The value, and where it ends.

    Raises:
        BadRow: If it is no JSON.
        Incomplete: If more text could make it JSON.
    """
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        is_open = error.msg.startswith("Unterminated") or error.pos > len(text) - _LONGEST_TOKEN
        kind = Incomplete if is_open else row.BadRow
        raise kind(_reason(error, text, start)) from error
    except RecursionError as error:
        raise row.BadRow("not JSON that can be read: it is nested too deeply") from error
    except ValueError as error:  # Python's limit on the digits of a whole number.
        raise row.BadRow("not JSON that can be read: a number with too many digits") from error
    return value, end


def columns(value: Any) -> dict[str, Any]:
    """The columns of a row.

    Raises:
        BadRow: If it is no object, or one that gives a key two values.
    """
    if not isinstance(value, dict):
        raise row.BadRow(f"expected a JSON object, received {name(value)}")
    if isinstance(value, _Repeated):
        raise row.BadRow(f"the key {value.key!r} is given twice with different values")
    return value


def name(value: Any) -> str:
    """What JSON calls a value, with its article."""
    if isinstance(value, bool):
        return "true or false"
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a text", type(None): "null"}
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), "a number")


def _reason(error: json.JSONDecodeError, text: str, start: int) -> str:
    rest = text[error.pos : error.pos + _LONGEST_TOKEN].lstrip()
    shown = f", not {row.excerpt(rest)!r}" if rest else ", where it ends"
    found = _REASONS.get(error.msg, "something else is expected")
    hint = next((hint for begin, hint in _HINTS if rest.startswith(begin)), "")
    return (
        f"not JSON: at character {error.pos - start + 1} {found}"
        f"{shown if 'expected' in found else ''}{f' ({hint})' if hint else ''}"
    )


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        for key, value in pairs:
            if found[key] != value:
                found = _Repeated(found)
                found.key = key
                break
    return found


# Not strict: a tab or line break inside a text is not JSON, but clear.
_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, strict=False)
