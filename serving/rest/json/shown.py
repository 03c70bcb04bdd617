"""Parsed JSON as TensorFlow Serving shows it in error texts.

Source: TensorFlow Serving, `util/json_tensor.cc` (`JsonValueToDebugString`),
and RapidJSON, `prettywriter.h` and `internal/dtoa.h`. What is shown ends after
the piece, a key or a value, that reaches the limit; such a piece is whole.
"""

import decimal
import math
from collections.abc import Iterator
from typing import Any

from serving.rest.json import writer

_LIMIT_BYTES = 256
_INDENT = "    "
# RapidJSON writes doubles without an exponent if their point falls within these positions.
_FIRST_PLAIN_POINT, _LAST_PLAIN_POINT = -5, 21


def dump(value: Any) -> str:
    """Show the start of a JSON value, whatever its size and depth."""
    text, size = [], 0
    for part in _parts(value):
        text.append(part)
        size += len(part.encode("utf-8", "surrogateescape"))
        if size >= _LIMIT_BYTES:
            break
    return "".join(text)


def _parts(value: Any) -> Iterator[str]:
    """Pieces of the text; open containers are on a stack, as depth is the client's choice."""
    if not isinstance(value, dict | list):
        yield _show(value)
        return
    yield _opening(value)
    stack: list[tuple[Any, Iterator[Any]]] = [(value, iter(value))]
    separator = ""
    while stack:
        container, items = stack[-1]
        try:
            item = next(items)
        except StopIteration:
            stack.pop()
            yield _closing(container, len(stack))
            separator = ","
            continue
        if isinstance(container, dict):
            yield f"{separator}\n{_INDENT * len(stack)}{writer.quote(item)}"
            prefix, item = ": ", container[item]
        else:
            prefix = separator and ", "
        separator = ","
        if isinstance(item, dict | list):
            yield prefix + _opening(item)
            stack.append((item, iter(item)))
            separator = ""
        elif isinstance(item, float) and not math.isfinite(item):
            return  # RapidJSON gives up here.
        else:
            yield prefix + _show(item)


def _opening(container: dict[str, Any] | list[Any]) -> str:
    return "{" if isinstance(container, dict) else "["


def _closing(container: dict[str, Any] | list[Any], depth: int) -> str:
    if isinstance(container, list):
        return "]"
    return f"\n{_INDENT * depth}}}" if container else "}"


def _show(value: Any) -> str:
    if isinstance(value, str):
        return writer.quote(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    return _show_double(value) if math.isfinite(value) else ""


def _show_double(value: float) -> str:
    sign, digits, exponent = decimal.Decimal(repr(value)).normalize().as_tuple()
    exponent = int(exponent)  # It is a letter only where the number is not finite.
    text = "".join(map(str, digits))
    point = len(text) + exponent
    if value == 0:
        text = "0.0"
    elif exponent >= 0 and point <= _LAST_PLAIN_POINT:
        text = text + "0" * exponent + ".0"
    elif 0 < point <= _LAST_PLAIN_POINT:
        text = f"{text[:point]}.{text[point:]}"
    elif _FIRST_PLAIN_POINT <= point <= 0:
        text = "0." + "0" * -point + text
    else:
        text = text[0] + (f".{text[1:]}" if len(text) > 1 else "") + f"e{point - 1}"
    return "-" + text if sign else text
