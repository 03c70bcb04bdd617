"""Arrays to JSON, byte for byte as TensorFlow Serving writes them.

Source: TensorFlow Serving, `util/json_tensor.cc` (`WriteDecimal`,
`MakeRowFormatJsonFromTensors`, `MakeColumnarFormatJsonFromTensors`), which
writes through RapidJSON's `PrettyWriter`. Its odd newline before the `]` of
`predictions` is copied, too.
"""

import base64
import json
import math
from collections.abc import Mapping, Sequence

import numpy as np

from serving import errors

_INDENT = "    "
_ROUND_TRIP_DIGITS = {4: 9, 8: 17}
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_WRITABLE_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint32", "uint64")
# TensorFlow's names where they differ from NumPy's.
_TYPE_NAMES = {"float16": "half"}


def write_error(text: str) -> bytes:
    """The JSON body of a failed request."""
    return _encode(f'{{\n{_INDENT}"error": {quote(text)}\n}}')


def write_rows(outputs: Mapping[str, np.ndarray]) -> bytes:
    """Outputs as one JSON value per example, for requests with `instances`.

    Args:
        outputs: Arrays of the same first size, by alias.

    Raises:
        ServingError: If an output is a scalar, or sizes or types do not allow it.
    """
    batch = _batch_size(outputs)
    if len(outputs) == 1:
        [(name, array)] = outputs.items()
        rows = _row_values(name, array, depth=2)
        return _encode(f'{{\n{_INDENT}"predictions": [{", ".join(rows)}{_close(batch)}\n}}')
    columns = [(quote(name), _row_values(name, array, 3)) for name, array in outputs.items()]
    margin = _INDENT * 3
    objects = []
    for index in range(batch):
        members = f",\n{margin}".join(f"{name}: {values[index]}" for name, values in columns)
        objects.append(f"{_INDENT * 2}{{\n{margin}{members}\n{_INDENT * 2}}}")
    body = ("\n" + ",\n".join(objects)) if objects else ""
    return _encode(f'{{\n{_INDENT}"predictions": [{body}{_close(batch)}\n}}')


def write_columns(outputs: Mapping[str, np.ndarray]) -> bytes:
    """Outputs as one JSON value per alias, for requests with `inputs`.

    Raises:
        ServingError: If JSON has no form for an output's type.
    """
    if len(outputs) == 1:
        [(name, array)] = outputs.items()
        return _encode(f'{{\n{_INDENT}"outputs": {_column_value(name, array, 1)}\n}}')
    margin = _INDENT * 2
    members = [
        f"{margin}{quote(name)}: {_column_value(name, array, 2)}" for name, array in outputs.items()
    ]
    joined = ",\n".join(members)
    return _encode(f'{{\n{_INDENT}"outputs": {{\n{joined}\n{_INDENT}}}\n}}')


def format_floats(array: np.ndarray) -> list[str]:
    """Shortest of six digits, or as many as it takes to read the same number back.

    Args:
        array: Flat array of float32 or float64.
    """
    texts = [format(value, "g") for value in array.tolist()]
    read_back = np.array([float(text) for text in texts], array.dtype)
    precise = f".{_ROUND_TRIP_DIGITS[array.dtype.itemsize]}g"
    for index in np.flatnonzero(read_back != array):
        texts[index] = format(float(array[index]), precise)
    texts = [text if "." in text or "e" in text else text + ".0" for text in texts]
    for index in np.flatnonzero(~np.isfinite(array)):
        texts[index] = _NOT_FINITE[format(float(array[index]), "g")]
    return texts


def quote(text: str) -> str:
    """A JSON string: only quotes, backslashes and control characters are escaped."""
    return json.dumps(text, ensure_ascii=False)


def _encode(text: str) -> bytes:
    # Bytes that are not UTF-8 travel through `str` as surrogates and come out unchanged.
    return text.encode("utf-8", "surrogateescape")


def _close(batch: int) -> str:
    return f"\n{_INDENT}]" if batch else "]"


def _batch_size(outputs: Mapping[str, np.ndarray]) -> int:
    if not outputs:
        raise errors.invalid_argument("Cannot convert empty tensor map to JSON")
    batch: int | None = None
    for name, array in outputs.items():
        if array.ndim == 0:
            raise errors.invalid_argument(f"Tensor name: {name} has no shape information ")
        if batch is not None and array.shape[0] != batch:
            raise errors.invalid_argument(
                f"Tensor name: {name} has inconsistent batch size: {array.shape[0]} "
                f"expecting: {batch}"
            )
        batch = array.shape[0]
    return batch


def _row_values(name: str, array: np.ndarray, depth: int) -> list[str]:
    """One text per example, arrays on one line; `depth` counts the open brackets around it."""
    items = _leaves(name, array, depth + array.ndim - 1)
    for level in reversed(range(1, array.ndim)):
        groups = _split(items, array.shape[level], math.prod(array.shape[:level]))
        items = ["[" + ", ".join(group) + "]" for group in groups]
    return items


def _column_value(name: str, array: np.ndarray, depth: int) -> str:
    items = _leaves(name, array, depth + array.ndim)
    for level in reversed(range(array.ndim)):
        margin = "\n" + _INDENT * (depth + level + 1)
        end = "\n" + _INDENT * (depth + level) + "]"
        groups = _split(items, array.shape[level], math.prod(array.shape[:level]))
        items = [
            "[" + margin + ("," + margin).join(group) + end if group else "[]" for group in groups
        ]
    return items[0]


def _leaves(name: str, array: np.ndarray, depth: int) -> list[str]:
    flat = array.reshape(-1)
    if array.dtype.kind in "OS":
        if name.endswith("_bytes"):
            margin, end = _INDENT * (depth + 1), _INDENT * depth
            encoded = (base64.b64encode(item).decode() for item in flat.tolist())
            return [f'{{\n{margin}"b64": "{text}"\n{end}}}' for text in encoded]
        return [quote(item.decode("utf-8", "surrogateescape")) for item in flat.tolist()]
    if array.dtype.kind == "b":
        return ["true" if item else "false" for item in flat.tolist()]
    if array.dtype.name in ("float32", "float64"):
        return format_floats(flat)
    if array.dtype.name in _WRITABLE_INTEGERS:
        return [str(item) for item in flat.tolist()]
    type_name = _TYPE_NAMES.get(array.dtype.name, array.dtype.name)
    raise errors.invalid_argument(f"Failed to write JSON value for tensor type: {type_name}")


def _split(items: Sequence[str], size: int, count: int) -> list[Sequence[str]]:
    return [items[index * size : (index + 1) * size] for index in range(count)]
