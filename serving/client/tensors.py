"""Values of a caller as arrays of the types that a signature wants, and mistakes among them.

Strings are object arrays of bytes inside, as everywhere in `serving`. What a
caller gets back are object arrays of `str`, because labels are for people;
outputs whose name ends in `_bytes` stay bytes, by the rule with which
TensorFlow Serving writes base64. Bytes that are not UTF-8 become lone surrogates:
`value.encode("utf-8", "surrogateescape")` gives them back.

bfloat16, which NumPy does not have, is float32 on both sides.
"""

import math
import numbers
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from serving.client.signature import Signature, describe, unknown
from serving.model import TensorSpec

NUMPY = {
    "float": np.float32, "double": np.float64, "half": np.float16, "bfloat16": np.float32,
    "int8": np.int8, "int16": np.int16, "int32": np.int32, "int64": np.int64,
    "uint8": np.uint8, "uint16": np.uint16, "uint32": np.uint32, "uint64": np.uint64,
    "bool": np.bool_, "complex64": np.complex64, "complex128": np.complex128,
}  # fmt: skip
"""NumPy's types of TensorFlow's, strings left out."""

# Kinds of NumPy's types that can become the kind on the left without losing what they mean.
_ACCEPTED = {"b": "b", "i": "iu", "u": "iu", "f": "iuf", "c": "iufc"}


def encode_inputs(
    inputs: Mapping[str, Any], signature: Signature, where: str
) -> dict[str, np.ndarray]:
    """Give each input the type of its signature.

    Args:
        inputs: By name: numbers, strings, bytes, (nested) lists of them, or arrays.
        signature: What is expected.
        where: Which signature, for errors: `'embed' of 'm'`.

    Returns:
        Arrays by name; strings as object arrays of bytes.

    Raises:
        ValueError: If an input is unknown, missing, ragged or of another type.
    """
    if not isinstance(inputs, Mapping):
        raise ValueError(
            "Inputs must be a mapping of names to values. "
            f"Signature {where} expects {signature.expects()}. "
            f"Received: {type(inputs).__name__}"
        )
    for name in inputs:
        if name not in signature.inputs:
            raise ValueError(unknown(f"Signature {where} has no input", name, signature.inputs))
    missing = sorted(signature.inputs.keys() - inputs.keys() - signature.optional)
    if missing:
        raise ValueError(
            f"Signature {where} expects {signature.expects()}. "
            f"Missing: {', '.join(missing)}. Received: {', '.join(inputs) or 'nothing'}"
        )
    return {
        name: _to_array(f"Input {name!r} of signature {where}", value, signature.inputs[name])
        for name, value in inputs.items()
    }


def object_array(items: Iterable[Any], shape: tuple[int, ...]) -> np.ndarray:
    """An array of Python objects, which NumPy does not look into.

    Args:
        items: In C order.
        shape: As many as there are items.
    """
    array = np.empty(math.prod(shape), object)
    for index, item in enumerate(items):
        array[index] = item
    return array.reshape(shape)


def fits(shape: tuple[int, ...], wanted: tuple[int, ...] | None) -> bool:
    """Whether a shape is one of those that a signature names; -1 there is any size."""
    if wanted is None:
        return True
    pairs = zip(shape, wanted, strict=False)
    return len(shape) == len(wanted) and all(want in (-1, size) for size, want in pairs)


def readable(name: str, array: np.ndarray) -> np.ndarray:
    """What a caller gets for an output: bytes as `str`, unless the name ends in `_bytes`."""
    if array.dtype != object or name.endswith("_bytes"):
        return array
    texts = (item.decode("utf-8", "surrogateescape") for item in array.ravel())
    return object_array(texts, array.shape)


def _to_array(what: str, value: Any, spec: TensorSpec) -> np.ndarray:
    if spec.dtype == "string":
        return _to_strings(what, value, spec)
    if spec.dtype not in NUMPY:
        raise ValueError(f"{what} is {describe(spec)}, which this client cannot send.")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise _shape_error(what, value, spec) from error
    wanted = np.dtype(NUMPY[spec.dtype])
    if array.size == 0:
        return np.empty(array.shape, wanted)
    if array.dtype.kind in "Of" and not isinstance(value, np.ndarray):
        # NumPy makes floats of [1, 2**64 - 1]; and objects of [1, 2**70].
        array = _python_numbers(what, np.array(value, object), spec, wanted, otherwise=array)
    if array.dtype != object and array.dtype.kind not in _ACCEPTED[wanted.kind]:
        raise _type_error(what, spec, _received(array))
    if wanted.kind in "iu":
        _check_range(what, array, spec, wanted)
    with np.errstate(over="ignore"):  # Too large for float32 is infinity, as over REST.
        return array.astype(wanted)


def _python_numbers(
    what: str, items: np.ndarray, spec: TensorSpec, wanted: np.dtype, otherwise: np.ndarray
) -> np.ndarray:
    """Python's own numbers as they are where `wanted` needs that, else `otherwise`."""
    if otherwise.dtype.kind == "f" and wanted.kind not in "iu":
        return otherwise
    for item in items.ravel():
        if isinstance(item, bool) or not isinstance(item, numbers.Number):
            raise _type_error(what, spec, f"{type(item).__name__} {_short(item)}")
        if wanted.kind in "iu" and not isinstance(item, numbers.Integral):
            raise _type_error(what, spec, f"{type(item).__name__} {_short(item)}")
    return items


def _check_range(what: str, array: np.ndarray, spec: TensorSpec, wanted: np.dtype) -> None:
    limits = np.iinfo(wanted)
    lowest, highest = array.min(), array.max()
    if lowest < limits.min or highest > limits.max:
        wrong = lowest if lowest < limits.min else highest
        raise ValueError(
            f"{what} must be {describe(spec)}, from {limits.min} to {limits.max}. Received: {wrong}"
        )


def _to_strings(what: str, value: Any, spec: TensorSpec) -> np.ndarray:
    try:
        array = np.array(value, object)
    except ValueError as error:
        raise _shape_error(what, value, spec) from error
    items = []
    for item in array.ravel():
        if isinstance(item, str):
            items.append(_encode(what, item))
        elif isinstance(item, bytes):
            items.append(bytes(item))
        elif isinstance(item, list | tuple | np.ndarray):
            raise _shape_error(what, value, spec)
        else:
            raise _type_error(what, spec, f"{type(item).__name__} {_short(item)}")
    return object_array(items, array.shape)


def _encode(what: str, text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise ValueError(f"{what} is not text: it has half of a character, {error}.") from error


def _shape_error(what: str, value: Any, spec: TensorSpec) -> ValueError:
    place, sizes = _find_ragged(value, "")
    return ValueError(
        f"{what} must be {describe(spec)}, and its lists equally long at every level. "
        f"Received: {sizes} elements side by side{place and f' at {place}'}"
    )


def _find_ragged(value: Any, place: str) -> tuple[str, str]:
    """Where lists of different sizes stand side by side, as an index, and which sizes."""
    shapes = [np.shape(item) if isinstance(item, np.ndarray) else _size(item) for item in value]
    if len(set(shapes)) > 1:
        first = next(shape for shape in shapes if shape != shapes[0])
        return place, f"{_count(shapes[0])} and {_count(first)}"
    for index, item in enumerate(value):
        if isinstance(item, list | tuple):
            found = _find_ragged(item, f"{place}[{index}]")
            if found[1]:
                return found
    # Each list is even, and the lists differ below: [[[1]], [[1, 2]]].
    inner = [item for outer in value if isinstance(outer, list | tuple) for item in outer]
    return _find_ragged(inner, place) if inner else (place, "")


def _size(item: Any) -> tuple[int, ...]:
    return (len(item),) if isinstance(item, list | tuple) else ()


def _count(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape) or "single"


def _received(array: np.ndarray) -> str:
    kinds = {"U": "strings", "S": "bytes", "b": "booleans", "O": "objects"}
    kind = kinds.get(array.dtype.kind, f"{array.dtype} values")
    return f"{kind} such as {_short(array.ravel()[0].item())}"


def _type_error(what: str, spec: TensorSpec, received: str) -> ValueError:
    return ValueError(f"{what} must be {describe(spec)}. Received: {received}")


def _short(item: object) -> str:
    text = repr(item)
    return text if len(text) <= 40 else f"{text[:37]}..."
