"""Tests of serving/client/tensors.py and features.py: what a caller may give, and mistakes."""

import numpy as np
import pytest

from serving.client import features, tensors
from serving.client.signature import Signature
from serving.model import TensorSpec


def encode(value, dtype="float", shape=(-1,)):
    signature = Signature({"x": TensorSpec(dtype, shape)}, {})
    return tensors.encode_inputs({"x": value}, signature, "'s' of 'm'")["x"]


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        ([1, 2], "float", np.float32),
        (np.array([1, 2], np.int8), "half", np.float16),
        ([1, 2**64 - 1], "uint64", np.uint64),
        (np.array([3, 4], np.uint64), "int32", np.int32),
        ([np.int64(1), 2], "int64", np.int64),
        ((True, np.False_), "bool", np.bool_),
        ([1, 2.5], "complex64", np.complex64),
        ([], "int64", np.int64),
        ([1, 2**70], "double", np.float64),
        (np.array([1, 2.5], object), "float", np.float32),
    ],
)
def test_values_get_the_type_of_the_signature(value, dtype, expected):
    array = encode(value, dtype)
    assert array.dtype == expected
    assert array.tolist() == pytest.approx(list(value))


@pytest.mark.parametrize(
    "value", [["a", b"\xc3\xbc"], np.array(["a", "ü"]), np.array([b"a", "ü".encode()])]
)
def test_strings_become_bytes(value):
    assert encode(value, "string").tolist() == [b"a", "ü".encode()]


def test_strings_keep_their_shape():
    assert encode("a", "string").shape == ()
    assert encode([["a"], ["b"]], "string").shape == (2, 1)
    assert encode([["a", "b"], ("c", "d\0")], "string").tolist() == [[b"a", b"b"], [b"c", b"d\0"]]


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [
        (["1"], "float", r"^Input 'x' of signature 's' of 'm' must be float \(\?,\)\. .*: strings"),
        ([None], "float", "Received: NoneType None"),
        ([True], "float", "Received: booleans such as True"),
        ([1.0], "int64", "Received: float 1.0"),
        (np.array([1.5]), "int32", "Received: float64 values such as 1.5"),
        ([1], "bool", "Received: int64 values such as 1"),
        ([1j], "double", "Received: complex128 values"),
        ([300], "uint8", "from 0 to 255. Received: 300"),
        ([-1], "uint64", "from 0 to 18446744073709551615. Received: -1"),
        ([2**63, 1], "int64", "Received: 9223372036854775808"),
        ([1], "string", "Received: int 1"),
        (["a", None], "string", "Received: NoneType None"),
        (["\ud800"], "string", "it has half of a character"),
        ([1], "resource", "which this client cannot send"),
    ],
)
def test_values_of_another_type_are_named(value, dtype, message):
    with pytest.raises(ValueError, match=message):
        encode(value, dtype)


@pytest.mark.parametrize(
    ("value", "dtype", "received"),
    [
        ([[1, 2], [3]], "float", "2 and 1 elements side by side$"),
        ([[[1], [2]], [[3], [4, 5]]], "float", r"1 and 2 elements side by side at \[1\]$"),
        ([1, [2]], "float", "single and 1 elements side by side$"),
        ([[[1, 2]], [[3]]], "int32", "2 and 1 elements side by side$"),
        ([["a", "b"], ["c"]], "string", "2 and 1 elements side by side$"),
        ([np.zeros(2), np.zeros(3)], "float", "2 and 3 elements side by side$"),
    ],
)
def test_ragged_lists_are_told_with_their_place(value, dtype, received):
    with pytest.raises(ValueError, match=f"equally long at every level. Received: {received}"):
        encode(value, dtype)


def test_names_that_are_not_known_are_told_with_those_that_are():
    signature = Signature(
        {"text": TensorSpec("string", (-1,)), "size": TensorSpec("int32", ())}, {}
    )
    with pytest.raises(ValueError, match="has no input 'txt'. Did you mean 'text'. .*: size, text"):
        tensors.encode_inputs({"txt": ["a"]}, signature, "'s' of 'm'")
    with pytest.raises(ValueError, match=r"'s' of 'm' expects size: int32 \(\), text: .*: size\. "):
        tensors.encode_inputs({"text": ["a"]}, signature, "'s' of 'm'")
    with pytest.raises(ValueError, match="mapping of names to values. .* Received: list"):
        tensors.encode_inputs(["a"], signature, "'s' of 'm'")


def test_inputs_with_a_default_may_be_left_out():
    specs = {"x": TensorSpec("float"), "k": TensorSpec("int32", ())}
    signature = Signature(specs, {}, optional=frozenset({"k"}))
    assert list(tensors.encode_inputs({"x": 1}, signature, "")) == ["x"]


def test_bytes_are_for_machines_and_texts_for_people():
    array = tensors.object_array([b"\xc3\xa9", b"\xff"], (2, 1))
    assert tensors.readable("label", array).tolist() == [["é"], ["\udcff"]]
    assert tensors.readable("image_bytes", array).tolist() == array.tolist()


def test_features_are_lists_of_one_type():
    example = {"a": 1, "b": [1, 2.5], "c": "é", "d": np.array([True, False]), "e": [], "f": (b"x",)}
    assert features.encode_examples([example]) == [
        {"a": [1], "b": [1.0, 2.5], "c": ["é".encode()], "d": [1, 0], "e": [], "f": [b"x"]}
    ]


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([], r"list of at least one mapping .* Received: \[\]"),
        ({"x": 1}, "Examples must be a list"),
        ([{"x": 1}, 2], "example 1 must map features to values. Received: 2"),
        ([{"x": [[1]]}], r"Feature 'x' of example 0 must be numbers, .* Received: \[\[1\]\]"),
        ([{"x": [1, "a"]}], "in a flat list"),
        ([{"x": None}], "Received: None"),
    ],
)
def test_what_is_no_example_is_named(examples, message):
    with pytest.raises(ValueError, match=message):
        features.encode_examples(examples)
