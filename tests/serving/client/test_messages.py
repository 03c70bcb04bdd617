"""Tests of serving/client/messages.py and tensor_protos.py against TensorFlow's own messages."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow.python.framework import tensor_util

from serving import errors
from serving.client import ClientError, messages, tensor_protos
from serving.client.errors import CODES
from serving.client.signature import DTYPES


def test_types_and_codes_have_tensorflows_numbers():
    for number, name in DTYPES.items():
        assert types_pb2.DataType.Name(number) == f"DT_{name.upper()}"
    assert [getattr(tf.errors, code, None) for code in CODES[1:]] == list(range(1, 17))
    assert tuple(errors.HTTP_STATUS) == CODES


TENSORS = [
    ("float", np.array([[1.5, -2, np.nan]], np.float32)),
    ("double", np.array(3.25)),
    ("half", np.array([0.1, np.inf], np.float16)),
    ("int8", np.array([-128, 127], np.int8)),
    ("uint8", np.array([[255]], np.uint8)),
    ("int16", np.array([-5], np.int16)),
    ("uint16", np.array([65535], np.uint16)),
    ("int32", np.zeros((0, 4), np.int32)),
    ("int64", np.array([-(2**63)], np.int64)),
    ("uint32", np.array([2**32 - 1], np.uint32)),
    ("uint64", np.array([2**64 - 1], np.uint64)),
    ("bool", np.array([True, False])),
    ("complex64", np.array([1 - 2j], np.complex64)),
    ("complex128", np.array([[1 - 2j, 3]])),
    ("string", np.array([[b"", b"\xff\0"], [b"a" * 300, "ü".encode()]], object)),
]


@pytest.mark.parametrize(("dtype", "array"), TENSORS, ids=[dtype for dtype, _ in TENSORS])
def test_tensors_are_what_tensorflow_reads_and_writes(dtype, array):
    ours = tensor_protos.encode(array, dtype).SerializeToString()
    np.testing.assert_array_equal(tf.io.parse_tensor(ours, tf.as_dtype(dtype)).numpy(), array)
    in_fields = tensor_pb2.TensorProto(dtype=tf.as_dtype(dtype).as_datatype_enum)
    in_fields.tensor_shape.CopyFrom(tf.TensorShape(array.shape).as_proto())
    tensor_util.GetNumpyAppendFn(array.dtype)(in_fields, array.ravel())
    as_content = tf.io.serialize_tensor(tf.constant(array, tf.as_dtype(dtype))).numpy()
    for theirs in (in_fields.SerializeToString(), as_content):
        received = tensor_protos.decode(messages.TensorProto.FromString(theirs))
        np.testing.assert_array_equal(received, array)
        assert (received.dtype, received.shape) == (array.dtype, array.shape)


def test_bfloat16_is_rounded_as_tensorflow_does():
    values = np.array([1 / 3, -3.0e38, 3.39e38, 1.00390625, 1.01171875, -0.0, np.inf, np.nan], "f")
    message = tensor_protos.encode(values, "bfloat16")
    expected = tf.cast(tf.constant(values), tf.bfloat16)
    theirs = tf.io.parse_tensor(message.SerializeToString(), tf.bfloat16)
    as_float = tf.cast(expected, tf.float32).numpy()
    np.testing.assert_array_equal(tf.cast(theirs, tf.float32).numpy(), as_float)
    np.testing.assert_array_equal(tensor_protos.decode(message), as_float)
    in_field = messages.TensorProto(dtype=14, half_val=[0x3FC0])
    assert tensor_protos.decode(in_field) == np.float32(1.5)


def test_values_that_are_left_out_repeat_the_last_one():
    shape = {"dim": [{"size": 2}, {"size": 2}]}
    message = messages.TensorProto(dtype=1, tensor_shape=shape, float_val=[1, 2])
    assert tensor_protos.decode(message).tolist() == [[1, 2], [2, 2]]
    message = messages.TensorProto(dtype=1, float_val=[5], half_val=[1])
    assert tensor_protos.decode(message).tolist() == 5
    message = messages.TensorProto(dtype=9, tensor_shape=shape)
    assert tensor_protos.decode(message).tolist() == [[0, 0], [0, 0]]
    message = messages.TensorProto(dtype=7, tensor_shape=shape, string_val=[b"a"])
    assert tensor_protos.decode(message).tolist() == [[b"a", b"a"], [b"a", b"a"]]


@pytest.mark.parametrize(
    "broken",
    [
        {"dtype": 1, "float_val": [1, 2]},
        {"dtype": 1, "tensor_content": b"123"},
        {"dtype": 1, "tensor_shape": {"dim": [{"size": -1}]}, "float_val": [1]},
        {"dtype": 7, "string_val": [b"a", b"b"]},
        {"dtype": 7, "tensor_content": b"\xff"},
        {"dtype": 7, "tensor_content": b"\x05abc"},
        {"dtype": 20},
    ],
)
def test_broken_tensors_are_refused(broken):
    with pytest.raises(ClientError, match=r"The answer has a (broken )?tensor of"):
        tensor_protos.decode(messages.TensorProto(**broken))
