"""Arrays as `TensorProto` messages, without TensorFlow."""

import math
import sys
from typing import Any

import numpy as np

from serving.client import messages
from serving.client.errors import ClientError
from serving.client.signature import DTYPES
from serving.client.tensors import NUMPY, object_array

_NUMBERS = {name: number for number, name in DTYPES.items()}
# Where `core/framework/tensor.proto` has the values of a type, if not in `tensor_content`.
_FIELDS = {
    "float": "float_val", "double": "double_val", "half": "half_val", "bfloat16": "half_val",
    "int8": "int_val", "int16": "int_val", "int32": "int_val", "int64": "int64_val",
    "uint8": "int_val", "uint16": "int_val", "uint32": "uint32_val", "uint64": "uint64_val",
    "bool": "bool_val", "complex64": "scomplex_val", "complex128": "dcomplex_val",
}  # fmt: skip
# In these fields a value is in its own bytes, so that all of them are one block.
_BLOCKS = {"float_val", "double_val", "scomplex_val", "dcomplex_val"}
# What the elements of a field are, if not the type itself.
_UNITS = {"half_val": np.uint16, "scomplex_val": np.float32, "dcomplex_val": np.float64}
_LENGTH_DELIMITED = 2


def encode(array: np.ndarray, dtype: str) -> Any:
    """Write an array; numbers go as one block of bytes, which is what is fastest on both sides.

    Args:
        array: Of the type that `serving.client.tensors` makes for `dtype`.
        dtype: TensorFlow's name of the type.
    """
    message = messages.TensorProto(dtype=_NUMBERS[dtype])
    for size in array.shape:
        message.tensor_shape.dim.add(size=size)
    if dtype == "string":
        message.string_val.extend(array.ravel().tolist())
        return message
    if dtype == "bfloat16":
        array = _round_to_bfloat16(array)
    message.tensor_content = _little_endian(array).tobytes()
    return message


def decode(message: Any) -> np.ndarray:
    """Read an array; strings as an object array of bytes.

    Raises:
        ClientError: If it is of a type that has no array, or holds too little or too much.
    """
    dtype = DTYPES.get(message.dtype)
    shape = tuple(dim.size for dim in message.tensor_shape.dim)
    if dtype is None:
        raise ClientError(f"The answer has a tensor of TensorFlow's type {message.dtype}.")
    try:
        if min(shape, default=0) < 0:
            raise ValueError(f"its shape must be known. Received: {list(shape)}")
        if dtype == "string":
            return _strings(message, shape)
        flat = _numbers(message, dtype)
        return _fill(flat, shape).reshape(shape)
    except (ValueError, OverflowError) as error:
        raise ClientError(f"The answer has a broken tensor of {dtype} {shape}: {error}") from error


def _numbers(message: Any, dtype: str) -> np.ndarray:
    wire = np.dtype(np.uint16 if dtype == "bfloat16" else NUMPY[dtype])
    field = _FIELDS[dtype]
    if message.tensor_content:
        flat = np.frombuffer(message.tensor_content, wire.newbyteorder("<")).astype(wire)
    else:
        values = getattr(message, field)
        unit = np.dtype(_UNITS.get(field, wire))
        block = _block(message, field, len(values) * unit.itemsize) if field in _BLOCKS else None
        if block is not None:
            flat = np.frombuffer(block, wire.newbyteorder("<")).astype(wire)
        else:
            flat = np.fromiter(values, unit, len(values)).view(wire)
    return (flat.astype(np.uint32) << 16).view(np.float32) if dtype == "bfloat16" else flat


def _block(message: Any, field: str, size: int) -> memoryview | None:
    """The bytes of a packed field; value by value, a large tensor would take ten times as long.

    Args:
        message: A `TensorProto`.
        field: One of `_BLOCKS`.
        size: Bytes of its values.

    Returns:
        None if the field is not the last one in the message, behind its tag and its length.
    """
    content = message.SerializeToString()
    number = messages.TensorProto.DESCRIPTOR.fields_by_name[field].number
    header = [number << 3 | _LENGTH_DELIMITED]
    rest = size
    while rest >= 0x80:  # A varint: seven bits a byte, and a mark on all but the last.
        header.append(rest & 0x7F | 0x80)
        rest >>= 7
    start = len(content) - size
    is_last = content[:start].endswith(bytes([*header, rest]))
    return memoryview(content)[start:] if is_last else None


def _strings(message: Any, shape: tuple[int, ...]) -> np.ndarray:
    size = math.prod(shape)
    if message.tensor_content:
        items = _split_strings(message.tensor_content, size)
    else:
        items = list(message.string_val)
        items += (items[-1:] or [b""]) * (size - len(items))
    if len(items) != size:
        raise ValueError(f"expected {size} strings. Received: {len(items)}")
    return object_array(items, shape)


def _split_strings(content: bytes, count: int) -> list[bytes]:
    """Strings in `tensor_content`: all lengths as varints, then all bytes.

    Source: TensorFlow, `core/platform/tstring_coding` (`EncodeStringList`), which a server with
    `--enable_serialization_as_tensor_content` writes.
    """
    lengths: list[int] = []
    position = 0
    for _ in range(count):
        length, shift = 0, 0
        while True:
            if position >= len(content):
                raise ValueError(
                    f"expected the lengths of {count} strings. Received: {len(lengths)} in "
                    f"{len(content)} bytes"
                )
            byte = content[position]
            position += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        lengths.append(length)
    if position + sum(lengths) != len(content):
        raise ValueError(
            f"expected {position + sum(lengths)} bytes, by its lengths. Received: {len(content)}"
        )
    items = []
    for length in lengths:
        items.append(content[position : position + length])
        position += length
    return items


def _fill(flat: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Repeat the last value where a message leaves out the rest, as TensorFlow reads it."""
    missing = math.prod(shape) - flat.size
    if missing <= 0:
        return flat
    last = flat[-1:] if flat.size else np.zeros(1, flat.dtype)
    return np.concatenate([flat, np.repeat(last, missing)])


def _round_to_bfloat16(array: np.ndarray) -> np.ndarray:
    """The upper half of each float32's bits, rounded to even; what is not a number stays so."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(array), 0x7FC0, rounded).astype(np.uint16)


def _little_endian(array: np.ndarray) -> np.ndarray:
    return array.byteswap() if sys.byteorder == "big" else array
