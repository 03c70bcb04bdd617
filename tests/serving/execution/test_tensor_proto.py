"""Tests of serving/execution/tensor_proto.py against TensorFlow's own reader and writer."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from serving.execution import tensor_proto

BFLOAT16 = tf.bfloat16.as_numpy_dtype
ARRAYS = [
    np.array([[1.5, -2, np.nan], [3, 0, np.inf]], "float32"),
    np.array([1 / 3, 1e-300]),
    np.array([[1 + 2j], [3 - 1j]], "complex64"),
    np.array([1j], "complex128"),
    np.array([[-1, 2], [3, -128]], "int8"),
    np.array([255], "uint8"),
    np.array([-(2**15)], "int16"),
    np.array([65535], "uint16"),
    np.array([-(2**31)], "int32"),
    np.array([2**32 - 1], "uint32"),
    np.array([-(2**63)], "int64"),
    np.array([2**64 - 1], "uint64"),
    np.array([True, False, True]),
    np.array([1.5, 6e4], "float16"),
    np.array([1.5, 3e38], BFLOAT16),
    np.array([[b"a", b""], [b"\xff\x00", b"long" * 50]], object),
    np.zeros((2, 0, 3), "float32"),
    np.zeros((0,), object),
    np.array(7.5, "float32"),
    np.ones((3, 4), "float32").T[::2],
]


def written(array, write):
    proto = tensor_pb2.TensorProto()
    write(array, proto)
    return proto


@pytest.mark.parametrize("write", [tensor_proto.write_fields, tensor_proto.write_content])
@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype.name}{list(a.shape)}")
def test_what_is_written_reads_back(array, write):
    back = tensor_proto.read(written(array, write))
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype.name}{list(a.shape)}")
def test_tensorflow_reads_what_is_written_into_fields(array):
    proto = written(array, tensor_proto.write_fields)
    assert not proto.tensor_content
    back = tf.make_ndarray(tensor_pb2.TensorProto.FromString(proto.SerializeToString()))
    assert back.dtype == array.dtype and back.shape == array.shape
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype.name}{list(a.shape)}")
def test_what_tensorflow_writes_is_read(array):
    np.testing.assert_array_equal(tensor_proto.read(tf.make_tensor_proto(array)), array)


def test_missing_values_repeat_the_last_one_and_extra_ones_are_dropped():
    proto = tensor_pb2.TensorProto(dtype=tf.float32.as_datatype_enum, float_val=[1, 2])
    proto.tensor_shape.dim.add(size=5)
    assert tensor_proto.read(proto).tolist() == [1, 2, 2, 2, 2]
    proto.float_val.extend([3] * 6)
    assert tensor_proto.read(proto).tolist() == [1, 2, 3, 3, 3]
    proto.ClearField("float_val")
    assert tensor_proto.read(proto).tolist() == [0] * 5
    strings = tensor_pb2.TensorProto(dtype=tf.string.as_datatype_enum)
    strings.tensor_shape.dim.add(size=2)
    assert tensor_proto.read(strings).tolist() == [b"", b""]


def test_values_are_found_beside_fields_of_other_types():
    proto = tensor_pb2.TensorProto(
        dtype=tf.float32.as_datatype_enum, float_val=[1, 2], int_val=[7], bool_val=[True]
    )
    proto.tensor_shape.dim.add(size=2)
    assert tensor_proto.read(proto).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("values", "sizes"),
    [
        ({"float_val": [1]}, [-1]),
        ({"float_val": [1]}, [10**6, 10**6]),
        ({"int_val": [1], "dtype": tf.int32.as_datatype_enum}, [10**6, 10**6]),
        ({"tensor_content": b"abc"}, [1]),
        ({"tensor_content": b"\x09a", "dtype": tf.string.as_datatype_enum}, [1]),
        ({"tensor_content": b"\xff\xff", "dtype": tf.string.as_datatype_enum}, [1]),
        ({"dtype": 0}, [1]),
        ({"dtype": 9999}, [1]),
        ({"dtype": tf.resource.as_datatype_enum}, [1]),
    ],
)
def test_a_broken_tensor_is_refused(values, sizes):
    proto = tensor_pb2.TensorProto(**({"dtype": tf.float32.as_datatype_enum} | values))
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    with pytest.raises((TypeError, ValueError)):
        tensor_proto.read(proto)
