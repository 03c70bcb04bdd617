"""Tests of serving/rest/json/numbers.py: the fast way against C's own formatting."""

import json

import numpy as np
import pytest

from serving.rest.json import numbers

RNG = np.random.default_rng(7)
SIZE = 5_000


def by_definition(value):
    """TensorFlow Serving's rule, number by number."""
    number = float(value)
    text = format(number, "g")
    if text in ("nan", "inf", "-inf"):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[text]
    if type(value)(text) != value:
        text = format(number, ".9g" if isinstance(value, np.float32) else ".17g")
    return text if "." in text or "e" in text else text + ".0"


def decimals(digits, dtype):
    mantissas = RNG.integers(0, 10**digits, SIZE)
    texts = [f"{m}e{e}" for m, e in zip(mantissas, RNG.integers(-25, 14, SIZE), strict=True)]
    return np.array([float(text) for text in texts]).astype(dtype)


POWERS = np.array([float(f"1e{k}") for k in range(-45, 38)])
ARRAYS = {
    "any float": RNG.integers(0, 2**32, SIZE, np.uint32).view("float32"),
    "any double": RNG.integers(0, 2**64, SIZE, np.uint64).view("float64"),
    "between 0 and 1": RNG.random(SIZE, "float32"),
    "doubles between 0 and 1": RNG.random(SIZE),
    "pixels": (RNG.integers(0, 256, SIZE) / 255).astype("float32"),
    "whole": RNG.integers(-(10**7), 10**7, SIZE).astype("float32"),
    "whole doubles": RNG.integers(-(10**17), 10**17, SIZE).astype("float64"),
    "probabilities": np.exp(RNG.normal(0, 12, SIZE)).astype("float32"),
    "binary fractions": (RNG.integers(0, 2**24, SIZE) / 2.0 ** RNG.integers(-20, 40, SIZE)).astype(
        "float32"
    ),
    "six digits": decimals(6, "float32"),
    "six digits, doubles": decimals(6, "float64"),
    "ten digits": decimals(10, "float32"),
    "powers of ten": POWERS.astype("float32"),
    "powers of ten, doubles": POWERS,
    "just below powers of ten": np.nextafter(POWERS.astype("float32"), np.float32(0)),
    "just above powers of ten": np.nextafter(POWERS.astype("float32"), np.float32(1)),
    "limits": np.array(
        [0.0, -0.0, np.nan, np.inf, -np.inf, 1e-14, 1e15, 999999.5, 9999995.0, 1.001953125]
    ).astype("float32"),
    "tiny": np.array([5e-324, 2.2250738585072014e-308, -1e-320]),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_floats_are_written_as_by_definition(name):
    array = np.concatenate([ARRAYS[name], -ARRAYS[name][:100]])
    with np.errstate(over="ignore"):
        expected = [by_definition(value) for value in array]
    assert numbers.texts(array) == expected


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array([[[1.0, 2.5]], [[0.1, 3e-5]]], "float32"), "[[[1.0,2.5]],[[0.1,3e-05]]]"),
        (np.array([[np.nan], [np.inf]]), "[[NaN],[Infinity]]"),
        (np.array(1 / 3), "0.33333333333333331"),
        (np.array(-3.0), "-3.0"),
        (np.array([[True, False]]), "[[true,false]]"),
        (np.array([-(2**63), 2**63 - 1]), "[-9223372036854775808,9223372036854775807]"),
        (np.array(2**64 - 1, "uint64"), "18446744073709551615"),
        (np.array([[-128]], "int8"), "[[-128]]"),
        (np.zeros((2, 0), "float32"), "[[],[]]"),
        (np.zeros((0, 3)), "[]"),
        (np.arange(6, dtype="float32").reshape(2, 3).T, "[[0.0,3.0],[1.0,4.0],[2.0,5.0]]"),
    ],
)
def test_nested_lists_have_the_shape_of_the_array(array, text):
    assert numbers.write(array) == text
    assert np.size(json.loads(text)) == array.size
