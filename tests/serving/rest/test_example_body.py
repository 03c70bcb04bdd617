"""Tests of serving/rest/example_body.py, read back with TensorFlow's own messages."""

import json

import numpy as np
import pytest
from tensorflow.core.example import example_pb2

from serving import errors
from serving.rest import example_body, predict_body


def examples(body):
    parsed = predict_body.parse(body if isinstance(body, bytes) else json.dumps(body).encode())
    messages = example_body.decode(parsed)
    return [example_pb2.Example.FromString(message) for message in messages]


def features(example):
    named = example.features.feature.items()
    kinds = {name: (feature.WhichOneof("kind"), feature) for name, feature in named}
    return {
        name: (kind, list(getattr(feature, kind).value) if kind else [])
        for name, (kind, feature) in kinds.items()
    }


def refusal(body):
    with pytest.raises(errors.ServingError) as caught:
        examples(body)
    assert caught.value.code == "INVALID_ARGUMENT"
    return caught.value.text


def test_values_have_the_kind_of_their_json():
    row = {
        "bool": [True, False],
        "int": -7,
        "ints": [1, 2**63 - 1, -(2**63), True],
        "float": 2.5,
        "floats": [1.0, -3.25] * 100,
        "text": "가",
        "bytes": ["a", {"b64": "/wA="}],
        "none": [],
    }
    [example, other] = examples({"examples": [row, {}]})
    assert features(example) == {
        "bool": ("int64_list", [1, 0]),
        "int": ("int64_list", [-7]),
        "ints": ("int64_list", [1, 2**63 - 1, -(2**63), 1]),
        "float": ("float_list", [2.5]),
        "floats": ("float_list", [1.0, -3.25] * 100),
        "text": ("bytes_list", ["가".encode()]),
        "bytes": ("bytes_list", [b"a", b"\xff\x00"]),
        "none": (None, []),
    }
    assert features(other) == {}


def test_numbers_beyond_float_become_infinite():
    [example] = examples({"examples": [{"x": 1e300}]})
    assert features(example) == {"x": ("float_list", [np.inf])}


def test_the_context_is_part_of_every_example_and_the_example_wins():
    read = examples({"context": {"a": 1, "b": "x"}, "examples": [{"a": 2}, {"c": 0.5}]})
    assert features(read[0]) == {"a": ("int64_list", [2]), "b": ("bytes_list", [b"x"])}
    assert features(read[1]).keys() == {"a", "b", "c"}


def test_bytes_that_are_not_utf8_pass_through():
    [example] = examples(b'{"examples": [{"x": "\xff"}]}')
    assert features(example) == {"x": ("bytes_list", [b"\xff"])}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "JSON Parse error: The document is empty"),
        (b"[]", "JSON Value: [] Is not object"),
        (
            {},
            "JSON Value: {} When method is classify, key 'examples' is expected and was not found",
        ),
        (
            {"examples": {}},
            "JSON Value: {\n    \"examples\": {}\n} Expecting 'examples' value to be an list/array",
        ),
        (
            {"examples": []},
            "JSON Value: {\n    \"examples\": []\n} 'examples' value is an empty array",
        ),
        ({"examples": [[1]]}, "Example must be JSON object but got JSON Array"),
        ({"examples": [{}, None]}, "Example must be JSON object but got JSON Null"),
        ({"context": 1, "examples": []}, "Example must be JSON object but got JSON Number"),
        (
            {"examples": [{"f": None}]},
            "Feature: f has element with unexpected JSON type: Null",
        ),
        (
            {"examples": [{"f": [1, [2]]}]},
            "Feature: f has element with unexpected JSON type: Array",
        ),
        (
            {"examples": [{"f": {"a": 1}}]},
            "Feature: f has element with unexpected JSON type: Object",
        ),
        (
            {"examples": [{"f": [10, 10.0]}]},
            "Unexpected element type in feature: f expecting type: int64",
        ),
        (
            {"examples": [{"f": [1.5, 1]}]},
            "Unexpected element type in feature: f expecting type: float",
        ),
        (
            {"examples": [{"f": ["a", 1]}]},
            "Unexpected element type in feature: f expecting type: bytes",
        ),
        (
            {"examples": [{"f": 2**63}]},
            "Feature: f has uint64_t element. Only int64_t is supported.",
        ),
        ({"examples": [{"f": {"b64": "a"}}]}, "Unable to base64 decode"),
    ],
)
def test_refusals_have_the_words_of_tensorflow_serving(body, text):
    assert refusal(body) == text
