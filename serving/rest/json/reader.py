"""A forgiving JSON reader, for the bodies TensorFlow Serving takes and strict readers refuse.

It accepts `NaN`, `Inf` and `Infinity`, ignores what follows the first value,
keeps the first of two equal keys, nests without limit and passes bytes that
are not UTF-8 through (as surrogates). Error texts and offsets (in bytes) are
those of RapidJSON 1.1.0's iterative parser, which TensorFlow Serving uses:
https://github.com/Tencent/rapidjson, `reader.h`. It is ten times slower than
orjson, so `predict_body.py` asks orjson first.
"""

import os
import re
from typing import Any, AnyStr, Protocol, cast

import orjson


class _Total(Protocol[AnyStr]):
    """A pattern that matches everywhere, if only nothing."""

    def match(self, text: AnyStr, position: int = 0, /) -> re.Match[AnyStr]: ...


_BLANKS = (" ", "\t", "\r", "\n")
_SPACE = cast(_Total[str], re.compile(r"[ \t\r\n]*"))
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?P<fraction>\.\d+)?(?P<exponent>[eE][+-]?\d+)?", re.ASCII)
_LITERAL = re.compile(r"null|true|false|-?Infinity|-?Inf(?!i)|-?NaN")
_WORDS = ("null", "true", "false", "Infinity", "-Infinity", "NaN", "-NaN")
_BYTE_ORDER_MARK = cast(_Total[bytes], re.compile(rb"\xef?\xbb?\xbf?"))
_NOT_FINITE = re.compile(r"-?(?:Infinity|Inf(?!i)|NaN)")
_LITERALS = {
    "null": None,
    "true": True,
    "false": False,
    **{sign + word: float(sign + word) for sign in ("", "-") for word in ("Inf", "Infinity")},
    "NaN": float("nan"),
    "-NaN": float("nan"),
}
_PLAIN_CHARACTERS = cast(_Total[str], re.compile(r'[^"\\\x00-\x1f]*'))
_ESCAPES = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_PLAIN_KEY = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\r\n]*:[ \t\r\n]*')
_NUMBERS = re.compile(r"(\[[-+0-9.eE, \t\r\nINafinty]*\])")
# Where these are tried, at least one bracket stands.
_OPENINGS = cast(_Total[str], re.compile(r"\[+"))
_CLOSINGS: dict[type, _Total[str]] = {
    list: cast(_Total[str], re.compile(r"\]+")),
    dict: cast(_Total[str], re.compile(r"\}+")),
}


class JSONError(ValueError):
    """The text is not JSON.

    Args:
        reason: RapidJSON's words.
        position: Where, in characters.
    """

    def __init__(self, reason: str, position: int):
        super().__init__(reason)
        self.reason = reason
        self.position = position


def read(body: bytes) -> Any:
    """Read the first JSON value of `body`.

    Raises:
        ValueError: `<reason> at offset: <bytes>`, RapidJSON's words.
    """
    start = _BYTE_ORDER_MARK.match(body).end()
    text = body[start:].decode("utf-8", "surrogateescape")
    try:
        return _read_document(text)
    except JSONError as error:
        offset = start + len(text[: error.position].encode("utf-8", "surrogateescape"))
        raise ValueError(f"{error.reason} at offset: {offset}") from error


def _read_document(text: str) -> Any:
    position = _skip(text, 0)
    if text[position : position + 1] in ("", "\0", "]", "}", ",", ":"):
        raise JSONError("The document is empty.", position)
    # Open containers instead of recursion: depth is the client's choice.
    stack: list[Any] = []
    value, position = _read_value(text, position, stack)
    is_first = True
    while stack:
        character = text[position : position + 1]
        if character in _BLANKS:
            position = _skip(text, position)
            character = text[position : position + 1]
        container = stack[-1]
        is_object = type(container) is dict
        if character == ("}" if is_object else "]"):
            position = _close(text, position, stack)
            is_first = False
            continue
        if not is_first:
            position = _expect_comma(text, position, is_object)
        depth = len(stack)
        if is_object:
            key, position = _read_key(text, position)
            item, position = _read_value(text, position, stack)
            container.setdefault(key, item)
        else:
            item, position = _read_value(text, position, stack)
            container.append(item)
        is_first = len(stack) > depth
    return value


def _skip(text: str, position: int) -> int:
    return _SPACE.match(text, position).end()


def _close(text: str, position: int, stack: list[Any]) -> int:
    """Close the innermost container, and the ones of its kind whose brackets follow at once."""
    kind = type(stack[-1])
    end = _CLOSINGS[kind].match(text, position).end()
    while position < end and stack and type(stack[-1]) is kind:
        stack.pop()
        position += 1
    return position


def _expect_comma(text: str, position: int, is_object: bool) -> int:
    if text[position : position + 1] != ",":
        what = "'}' after an object member" if is_object else "']' after an array element"
        raise JSONError(f"Missing a comma or {what}.", position)
    return _skip(text, position + 1)


def _read_key(text: str, position: int) -> tuple[str, int]:
    plain = _PLAIN_KEY.match(text, position)
    if plain:
        return plain[1], plain.end()
    if text[position : position + 1] != '"':
        raise JSONError("Missing a name for object member.", position)
    key, position = _read_string(text, position)
    position = _skip(text, position)
    if text[position : position + 1] != ":":
        raise JSONError("Missing a colon after a name of object member.", position)
    return key, _skip(text, position + 1)


def _read_value(text: str, position: int, stack: list[Any]) -> tuple[Any, int]:
    """Read a scalar or a flat list of numbers, or open a container and put it on the stack."""
    character = text[position : position + 1]
    if character == "{":
        stack.append({})
        return stack[-1], position + 1
    if character == "[":
        return _read_numbers(text, position) or _open_lists(text, position, stack)
    if character == '"':
        return _read_string(text, position)
    literal = _LITERAL.match(text, position)
    if literal:
        return _LITERALS[literal.group()], literal.end()
    return _read_number(text, position)


def _read_numbers(text: str, position: int) -> tuple[list[Any], int] | None:
    """Read a whole list at once if it holds nothing but numbers, and no mistake."""
    match = _NUMBERS.match(text, position)
    if not match:
        return None
    numbers_text, literals = match[1], []
    if "N" in numbers_text or "I" in numbers_text:
        # What strict readers refuse is read as null, of which the list has no other.
        literals = _NOT_FINITE.findall(numbers_text)
        numbers_text = _NOT_FINITE.sub("null", numbers_text)
    try:
        numbers = orjson.loads(numbers_text)
    except orjson.JSONDecodeError:
        return None  # Number by number, the mistake will be found and named.
    index = -1
    for literal in literals:
        index = numbers.index(None, index + 1)
        numbers[index] = _LITERALS[literal]
    return numbers, match.end()


def _open_lists(text: str, position: int, stack: list[Any]) -> tuple[list[Any], int]:
    """Open a list, and those whose brackets follow at once, each within the one before."""
    outermost: list[Any] = []
    stack.append(outermost)
    end = _OPENINGS.match(text, position).end()
    for _ in range(end - position - 1):
        inner: list[Any] = []
        stack[-1].append(inner)
        stack.append(inner)
    return outermost, end


def _read_number(text: str, position: int) -> tuple[float | int, int]:
    match = _NUMBER.match(text, position)
    if not match:
        raise JSONError("Invalid value.", _end_of_resemblance(text, position))
    end = match.end()
    if match["exponent"] is None:
        following = text[end : end + 2]
        if following[:1] == "." and match["fraction"] is None:
            raise JSONError("Miss fraction part in number.", end + 1)
        if following[:1] in ("e", "E"):
            raise JSONError("Miss exponent in number.", end + 1 + (following[1:] in ("+", "-")))
    if match["fraction"] is None and match["exponent"] is None:
        # More than 19 digits never fit 64 bits, and Python refuses to parse thousands of them.
        integer = int(match.group()) if end - position <= 20 else None
        if integer is not None and -(2**63) <= integer < 2**64:
            return integer, end
    number = float(match.group())
    if number in (float("inf"), float("-inf")):
        raise JSONError("Number too big to be stored in double.", position)
    return number, end


def _end_of_resemblance(text: str, position: int) -> int:
    """Behind the characters with which a word of JSON begins."""
    text = text[position : position + max(map(len, _WORDS))]
    return position + max(len(os.path.commonprefix((text, word))) for word in _WORDS)


def _read_string(text: str, position: int) -> tuple[str, int]:
    parts = []
    position += 1
    while True:
        plain = _PLAIN_CHARACTERS.match(text, position)
        parts.append(plain.group())
        position = plain.end()
        character = text[position : position + 1]
        if character == '"':
            return "".join(parts), position + 1
        if character == "\\":
            escaped, position = _read_escape(text, position)
            parts.append(escaped)
        elif character in ("", "\0"):
            raise JSONError("Missing a closing quotation mark in string.", position)
        else:
            raise JSONError("Invalid escape character in string.", position)


def _read_escape(text: str, position: int) -> tuple[str, int]:
    letter = text[position + 1 : position + 2]
    if letter in _ESCAPES:
        return _ESCAPES[letter], position + 2
    if letter != "u":
        raise JSONError("Invalid escape character in string.", position)
    code = _read_hex(text, position + 2, position)
    end = position + 6
    if 0xDC00 <= code <= 0xDFFF:
        # The second half of a pair on its own passes, in bytes that are not UTF-8.
        return chr(code).encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape"), end
    if 0xD800 <= code <= 0xDBFF:
        low = _read_hex(text, end + 2, position) if text[end : end + 2] == "\\u" else 0
        if not 0xDC00 <= low <= 0xDFFF:
            raise JSONError("The surrogate pair in string is invalid.", position)
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
        end += 6
    return chr(code), end


def _read_hex(text: str, position: int, start: int) -> int:
    match = _HEX.match(text, position)
    if not match:
        raise JSONError("Incorrect hex digit after \\u escape in string.", start)
    return int(match.group(), 16)
