"""`TensorProto`s to arrays and back, as TensorFlow's C++ reads and writes them.

Source: TensorFlow, `core/framework/tensor.cc` (`FromProtoField`,
`AsProtoField`, `AsProtoTensorContent`). Floats move as one block of bytes,
because a packed protobuf field is exactly that; by Python's lists a large
tensor takes fifty times as long.
"""

import math

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

# Where a TensorProto keeps the values of a type.
_FIELDS = {
    **dict.fromkeys([tf.int32, tf.int16, tf.int8, tf.uint8, tf.uint16], "int_val"),
    tf.int64: "int64_val",
    tf.uint32: "uint32_val",
    tf.uint64: "uint64_val",
    tf.bool: "bool_val",
    tf.string: "string_val",
}
# These are stored in their own bytes, in units of the second type.
_BLOCKS = {
    tf.float32: ("float_val", "<f4"),
    tf.complex64: ("scomplex_val", "<f4"),
    tf.float64: ("double_val", "<f8"),
    tf.complex128: ("dcomplex_val", "<f8"),
}
_HALVES = (tf.float16, tf.bfloat16)
_LENGTH_DELIMITED = 2
# One value may stand for a whole tensor, but not for one that takes the machine's memory.
_LARGEST_EXPANSION = 2**28


def read(proto: tensor_pb2.TensorProto) -> np.ndarray:
    """Read a tensor; strings become an object array of bytes.

    Raises:
        ValueError: If shape and values do not fit.
        TypeError: If the type has no arrays.
    """
    dtype = tf.as_dtype(proto.dtype)
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if proto.tensor_shape.unknown_rank or any(size < 0 for size in shape):
        raise ValueError(f"A tensor's shape must be known. Received: {shape}")
    try:
        numpy_type = dtype.as_numpy_dtype
    except KeyError as error:
        raise TypeError(f"A tensor of type {dtype.name} cannot be sent.") from error
    size = math.prod(shape)
    if dtype == tf.string:
        values = _read_strings(proto, size)
    elif proto.tensor_content:
        values = np.frombuffer(proto.tensor_content, numpy_type)
        if len(values) != size:
            raise ValueError(f"A tensor of {size} elements has {len(values)} values.")
    elif dtype in _BLOCKS:
        values = _read_block(proto, dtype)
    elif dtype in _HALVES:
        values = np.fromiter(proto.half_val, np.int64).astype(np.uint16).view(numpy_type)
    elif dtype in _FIELDS:
        # Wide first, because what does not fit the type wraps around instead of failing.
        wide = np.uint64 if dtype == tf.uint64 else np.int64
        values = np.fromiter(getattr(proto, _FIELDS[dtype]), wide).astype(numpy_type)
    else:
        return tf.make_ndarray(proto)
    return _expand(values, size).reshape(shape)


def write_fields(array: np.ndarray, proto: tensor_pb2.TensorProto) -> None:
    """Write an array into the field of its type, as TensorFlow Serving does by default.

    Args:
        array: Strings as an object array of bytes.
        proto: Empty message.
    """
    dtype = _write_header(array, proto)
    if dtype in _BLOCKS:
        name, unit = _BLOCKS[dtype]
        content = np.ascontiguousarray(array).tobytes()
        proto.MergeFromString(_block_header(name, len(content)) + content)
    elif dtype in _HALVES:
        proto.half_val.extend(array.reshape(-1).view(np.uint16).tolist())
    elif dtype in _FIELDS:
        getattr(proto, _FIELDS[dtype]).extend(array.reshape(-1).tolist())
    else:
        proto.CopyFrom(tf.make_tensor_proto(array))


def write_content(array: np.ndarray, proto: tensor_pb2.TensorProto) -> None:
    """Write an array into `tensor_content`: smaller and faster to read, if the client can.

    Args:
        array: Strings as an object array of bytes.
        proto: Empty message.
    """
    dtype = _write_header(array, proto)
    if dtype == tf.string:
        values = array.reshape(-1).tolist()
        lengths = b"".join(_varint(len(value)) for value in values)
        proto.tensor_content = lengths + b"".join(values)
    else:
        proto.tensor_content = np.ascontiguousarray(array).tobytes()


def _read_strings(proto: tensor_pb2.TensorProto, size: int) -> np.ndarray:
    values = list(proto.string_val)
    if proto.tensor_content:
        values = _split_strings(proto.tensor_content, size)
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _split_strings(content: bytes, size: int) -> list[bytes]:
    """Undo `write_content`: all lengths, then all strings."""
    lengths, position = [], 0
    for _ in range(size):
        length, position = _read_varint(content, position)
        lengths.append(length)
    if position + sum(lengths) != len(content):
        raise ValueError("The lengths of the strings do not add up to the length of the content.")
    values = []
    for length in lengths:
        values.append(content[position : position + length])
        position += length
    return values


def _read_block(proto: tensor_pb2.TensorProto, dtype: tf.DType) -> np.ndarray:
    name, unit = _BLOCKS[dtype]
    field = getattr(proto, name)
    num_bytes = len(field) * np.dtype(unit).itemsize
    # Fields are written by number, so the values stand last unless the client filled in others.
    message = proto.SerializeToString()
    start = len(message) - num_bytes
    header = _block_header(name, num_bytes)
    if num_bytes and message[start - len(header) : start] == header:
        units = np.frombuffer(message, unit, offset=start)
    else:
        units = np.array(list(field), unit)
    return units.view(dtype.as_numpy_dtype)


def _block_header(name: str, num_bytes: int) -> bytes:
    number = tensor_pb2.TensorProto.DESCRIPTOR.fields_by_name[name].number
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(num_bytes)


def _expand(values: np.ndarray, size: int) -> np.ndarray:
    """Repeat the last value up to `size`; zeros (empty strings) if there is none."""
    if len(values) >= size:
        return values[:size]
    if size > _LARGEST_EXPANSION:
        raise ValueError(f"A tensor of {size} elements has {len(values)} values.")
    expanded = np.empty(size, values.dtype)
    expanded[: len(values)] = values
    nothing = b"" if values.dtype == object else 0
    expanded[len(values) :] = values[-1] if len(values) else nothing
    return expanded


def _write_header(array: np.ndarray, proto: tensor_pb2.TensorProto) -> tf.DType:
    # An empty object array says nothing about its items, so its kind has to.
    dtype = tf.string if array.dtype.kind == "O" else tf.as_dtype(array.dtype)
    proto.dtype = dtype.as_datatype_enum
    proto.tensor_shape.SetInParent()
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    return dtype


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first, as protobuf writes lengths."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def _read_varint(content: bytes, position: int) -> tuple[int, int]:
    number, shift = 0, 0
    while position < len(content):
        byte = content[position]
        position += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, position
    raise ValueError("The content ends within a length.")
