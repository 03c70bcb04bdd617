"""Tests of serving/rest/json/shown.py."""

import json

import pytest

from serving.rest.json import shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ('a\x1f"', '"a\\u001F\\""'),
        ([], "[]"),
        ({}, "{}"),
        ([1, [2.5, []], "x"], '[1, [2.5, []], "x"]'),
        ({"a": 1, "b": {"c": []}}, '{\n    "a": 1,\n    "b": {\n        "c": []\n    }\n}'),
        ([{"a": 1}, {}], '[{\n        "a": 1\n    }, {}]'),
        ([1, float("nan"), 2], "[1"),
        (float("inf"), ""),
    ],
)
def test_values_look_as_in_tensorflow_serving(value, text):
    assert shown.dump(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (-2.5, "-2.5"),
        (0.1, "0.1"),
        (1e20, "100000000000000000000.0"),
        (1e21, "1e21"),
        (1.5e22, "1.5e22"),
        (1.5e300, "1.5e300"),
        (0.000001, "0.000001"),
        (1.25e-7, "1.25e-7"),
        (123456.789, "123456.789"),
    ],
)
def test_doubles_look_as_rapidjson_writes_them(value, text):
    assert shown.dump(value) == text
    assert float(text) == value


def test_the_piece_that_reaches_256_bytes_is_the_last():
    assert shown.dump(["가" * 100, 1]) == json.dumps(["가" * 100, 1], ensure_ascii=False)[:-4]
    numbers = shown.dump(list(range(1000)))
    assert 256 <= len(numbers) < 262 and json.dumps(list(range(1000))).startswith(numbers)


def test_depth_is_no_obstacle():
    value = []
    for _ in range(100_000):
        value = [value]
    assert shown.dump(value) == "[" * 256
