"""One JSON value to one array, with TensorFlow Serving's type rules and texts.

Source: TensorFlow Serving, `util/json_tensor.cc` (`AddValueToTensor`,
`FillTensorProto`). The common case, a regular list of well-typed values, is
converted by whole levels; only a refusal walks value by value to name the culprit.
"""

import base64
import binascii
import itertools
import struct
from typing import Any

import numpy as np

from serving import errors
from serving.rest.json.shown import dump

# Inclusive limits of the JSON integer; 8 and 16 bits wrap around, as they do in TensorFlow Serving.
_INT32 = (-(2**31), 2**31 - 1)
_INTEGERS = {
    "int8": (_INT32, np.int8),
    "uint8": (_INT32, np.uint8),
    "int16": (_INT32, np.int16),
    "int32": (_INT32, np.int32),
    "int64": ((-(2**63), 2**63 - 1), np.int64),
    "uint32": ((0, 2**32 - 1), np.uint32),
    "uint64": ((0, 2**64 - 1), np.uint64),
}
_FLOATS = {"float": np.float32, "double": np.float64}
# NumPy's limit; a graph with more axes than that does not exist.
_MAX_RANK = 64


def to_array(value: Any, dtype: str) -> np.ndarray:
    """Convert a scalar, a list of any depth or a `{"b64": ...}` object.

    Args:
        value: Parsed JSON.
        dtype: TensorFlow's name of the type.

    Raises:
        ServingError: INVALID_ARGUMENT if ragged or of another type, UNIMPLEMENTED if JSON has
            no form for `dtype`.
    """
    array = to_array_if_valid(value, dtype)
    if array is None:
        _explain(value, _shape(value), 0, dtype)
        raise _no_conversion(value, dtype)  # Only an empty list has no value to blame.
    return array


def to_array_if_valid(value: Any, dtype: str) -> np.ndarray | None:
    """Like `to_array`, but None where that raises; says nothing about why."""
    shape: list[int] = []
    level: list[Any] = [value]
    while level and type(level[0]) is list:
        if set(map(type, level)) != {list}:
            return None
        sizes = set(map(len, level))
        if len(sizes) > 1 or len(shape) == _MAX_RANK:
            return None
        shape.append(sizes.pop())
        level = list(itertools.chain.from_iterable(level))
    flat = _convert(level, dtype)
    return None if flat is None else flat.reshape(shape)


def is_base64(value: Any) -> bool:
    """True for `{"b64": "<text>"}` and nothing beside it."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def _convert(leaves: list[Any], dtype: str) -> np.ndarray | None:
    types = set(map(type, leaves))
    if dtype in _FLOATS and types <= {int, float}:
        with np.errstate(over="ignore"):  # What does not fit becomes infinite.
            return _pack(leaves, "d").astype(_FLOATS[dtype])
    if dtype in _INTEGERS and types <= {int}:
        (low, high), numpy_type = _INTEGERS[dtype]
        if leaves and (min(leaves) < low or max(leaves) > high):
            return None
        return _pack(leaves, "Q" if dtype == "uint64" else "q").astype(numpy_type)
    if dtype == "bool" and types <= {bool}:
        return np.array(leaves, np.bool_)
    if dtype == "string" and types <= {str, dict}:
        return _convert_strings(leaves)
    return None


def _pack(values: list[Any], code: str) -> np.ndarray:
    """Twice as fast as `np.array`, which looks for sequences among the values."""
    return np.frombuffer(struct.pack(f"{len(values)}{code}", *values), code)


def _convert_strings(leaves: list[Any]) -> np.ndarray | None:
    array = np.empty(len(leaves), object)
    for index, leaf in enumerate(leaves):
        array[index] = (
            leaf.encode("utf-8", "surrogateescape") if isinstance(leaf, str) else _unbase64(leaf)
        )
        if array[index] is None:
            return None
    return array


def _unbase64(value: dict[str, Any]) -> bytes | None:
    if not is_base64(value):
        return None
    # Padding is optional and white space is skipped, as in absl::Base64Unescape.
    text = "".join(value["b64"].split()).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _shape(value: Any) -> list[int]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return shape


def _explain(value: Any, shape: list[int], level: int, dtype: str) -> None:
    """Raise the error of the first value that TensorFlow Serving would stumble over."""
    rank = len(shape)
    if rank > _MAX_RANK:
        raise errors.invalid_argument(f"Lists are nested {rank} deep, more than {_MAX_RANK}")
    if not isinstance(value, list):
        if level != rank:
            raise errors.invalid_argument(
                f"JSON Value: {dump(value)} found at incorrect level: {level + 1} "
                f"in the JSON DOM. Expected at level: {rank}"
            )
        _explain_leaf(value, dtype)
        return
    if level >= rank:
        raise errors.invalid_argument(
            f"Encountered list at unexpected level: {level} expected < {rank}"
        )
    if len(value) != shape[level]:
        raise errors.invalid_argument(
            f"Encountered list at unexpected size: {len(value)} at level: {level} "
            f"expected size: {shape[level]}"
        )
    for item in value:
        _explain(item, shape, level + 1, dtype)


def _explain_leaf(value: Any, dtype: str) -> None:
    if dtype == "string" and isinstance(value, dict):
        if not is_base64(value):
            raise errors.invalid_argument(
                f"JSON Value: {dump(value)} not formatted correctly for base64 data"
            )
        if _unbase64(value) is None:
            raise errors.invalid_argument("Unable to base64 decode")
    elif dtype in {"string", "bool", *_FLOATS, *_INTEGERS} or isinstance(value, dict):
        if _convert([value], dtype) is None:
            raise errors.invalid_argument(
                f"JSON Value: {dump(value)} Type: {type_name(value)} "
                f"is not of expected type: {dtype}"
            )
    else:
        raise _no_conversion(value, dtype)


def _no_conversion(value: Any, dtype: str) -> errors.ServingError:
    return errors.ServingError(
        "UNIMPLEMENTED", f"Conversion of JSON Value: {dump(value)} to type: {dtype}"
    )


def type_name(value: Any) -> str:
    """RapidJSON's name of a value's type."""
    if value is None or isinstance(value, bool):
        return {None: "Null", True: "True", False: "False"}[value]
    names: dict[type, str] = {dict: "Object", list: "Array", str: "String"}
    return names.get(type(value), "Number")
