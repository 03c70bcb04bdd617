"""Tests of serving/rest/{predict_body,json/tensor,json/writer}.py: bodies and arrays."""

import json
import re

import ml_dtypes
import numpy as np
import pytest

from serving import errors
from serving.model import Signature, TensorSpec
from serving.rest import predict_body
from serving.rest.json import numbers, writer

OUTPUT = {"y": TensorSpec("float")}


def signature(**inputs: str) -> Signature:
    return Signature({name: TensorSpec(dtype) for name, dtype in inputs.items()}, OUTPUT)


def decode(body: str | bytes, of: Signature) -> dict[str, np.ndarray]:
    parsed = predict_body.parse(body if isinstance(body, bytes) else body.encode())
    return predict_body.decode(parsed, predict_body.find_signature(parsed, {"serving_default": of}))


def refusal(body: str | bytes, of: Signature) -> tuple[str, str]:
    with pytest.raises(errors.ServingError) as caught:
        decode(body, of)
    return caught.value.code, caught.value.text


@pytest.mark.parametrize(
    ("body", "dtype", "expected"),
    [
        ('{"instances": [1.5, 2, 3e2]}', "float", np.array([1.5, 2, 300], "float32")),
        ('{"instances": [[1, 2, 3], [4, 5, 6]]}', "double", np.array([[1.0, 2, 3], [4, 5, 6]])),
        ('{"instances": [{"x": [1, 2]}]}', "int32", np.array([[1, 2]], "int32")),
        ('{"instances": [-1, 300]}', "uint8", np.array([255, 44], "uint8")),
        ('{"instances": [18446744073709551615]}', "uint64", np.array([2**64 - 1], "uint64")),
        ('{"instances": [true, false]}', "bool", np.array([True, False])),
        ('{"instances": [1e400, 1e39]}', "float", None),
        ('{"inputs": 7}', "int64", np.array(7)),
        ('{"inputs": {"x": [[1], [2]], "extra": 9}}', "int64", np.array([[1], [2]])),
        ('{"instances": [[], []]}', "float", np.zeros((2, 0), "float32")),
        ('{"signature_name": "", "instances": [1], "unknown": null}', "int64", np.array([1])),
    ],
)
def test_bodies_become_arrays(body, dtype, expected):
    if expected is None:
        assert "too big" in refusal(body, signature(x=dtype))[1]
        return
    array = decode(body, signature(x=dtype))["x"]
    assert array.dtype == expected.dtype
    np.testing.assert_array_equal(array, expected)


def test_strings_become_bytes_and_base64_is_decoded():
    body = '{"instances": ["가나", {"b64": "/wA="}, ""]}'
    assert decode(body, signature(x="string"))["x"].tolist() == ["가나".encode(), b"\xff\x00", b""]


def test_a_base64_object_is_a_value_in_both_formats():
    for body in ('{"instances": [{"b64": "YQ"}]}', '{"inputs": {"b64": "Y Q\\n=="}}'):
        assert decode(body, signature(x="string"))["x"].ravel().tolist() == [b"a"]


def test_several_inputs_travel_in_both_formats():
    two = signature(a="float", b="string")
    rows = decode('{"instances": [{"a": 1, "b": "x"}, {"b": "y", "a": 2}]}', two)
    columns = decode('{"inputs": {"a": [1, 2], "b": ["x", "y"]}}', two)
    for name in ("a", "b"):
        np.testing.assert_array_equal(rows[name], columns[name])


def test_not_a_number_and_infinities_are_numbers():
    array = decode('{"instances": [NaN, Inf, -Infinity, 1]} trailing', signature(x="float"))["x"]
    np.testing.assert_array_equal(array, np.array([np.nan, np.inf, -np.inf, 1], "float32"))


def test_bytes_that_are_not_utf8_pass_through():
    assert decode(b'{"instances": ["\xff\xfe"]}', signature(x="string"))["x"].tolist() == [
        b"\xff\xfe"
    ]


@pytest.mark.parametrize(
    "body",
    [
        '{"inputs": 1, "inputs": 2}',
        '{"inputs": {"x": 1, "x": 2}}',
        '{"inputs": {"x": 1, "y": ":", "x": 2}}',
        '{"a:b": "::", "inputs": {"x": 1, "x": ":"}}',
        '{"inputs": 1, "a": [[{"b": 0, "b": 0}]]}',
        '{"inputs": 1, "a": "\\u003a", "inputs": 2}',
        '{"inputs": 1, "a:": ["\\u003A:", {}]}',
    ],
)
def test_of_two_equal_keys_the_first_counts(body):
    assert decode(body, signature(x="float"))["x"] == 1


def test_a_body_with_equal_keys_is_read_whatever_else_it_holds():
    row = ", ".join(["1.5", "-2", "3e2"] * 1000)
    body = f'{{"inputs": [[{row}], [{row}]], "inputs": 0}}'
    assert decode(body, signature(x="float"))["x"].shape == (2, 3000)


@pytest.mark.parametrize(
    ("opening", "closing", "text"),
    [
        ('{"instances": ' + "[" * 500_000, "]" * 500_000 + "}", "nested 499999 deep"),
        ('{"inputs": ' + '{"a": ' * 500_000 + "1", "}" * 500_000 + "}", "Missing named input: x"),
        ('{"signature_name": ' + "[" * 500_000, "]" * 500_000 + "}", "must be a string value"),
        ("[" * 500_000, "]" * 500_000, "Is not object"),
        ('{"inputs": ' + "[" * 500_000, "", "Invalid value. at offset: 500011"),
    ],
)
def test_depth_ends_in_an_error_wherever_it_is(opening, closing, text):
    assert text in refusal(opening + closing, signature(x="float"))[1]


def test_depth_is_no_obstacle_where_nobody_looks():
    body = '{"unknown": ' + "[" * 500_000 + "]" * 500_000 + ', "inputs": 1}'
    assert decode(body, signature(x="float"))["x"] == 1


ONE = signature(x="float")
TWO = signature(a="float", b="float")
ELEMENT = "Failed to process element: "


@pytest.mark.parametrize(
    ("body", "of", "text"),
    [
        ("", ONE, "JSON Parse error: The document is empty"),
        ("{", ONE, "JSON Parse error: Missing a name for object member. at offset: 1"),
        ('{"가": nul}', ONE, "JSON Parse error: Invalid value. at offset: 11"),
        ("[1]", ONE, "JSON Value: [1] Is not object"),
        (
            '{"signature_name": 1}',
            ONE,
            'JSON Value: {\n    "signature_name": 1\n} not formatted correctly. '
            "'signature_name' key must be a string value.",
        ),
        (
            '{"signature_name": "s"}',
            ONE,
            'Serving signature name: "s" not found in signature def',
        ),
        ("{}", signature(), "Failed to get input map for signature: DEFAULT"),
        ("{}", ONE, "Missing 'inputs' or 'instances' key"),
        (
            '{"instances": 1, "inputs": 2}',
            ONE,
            'JSON Value: {\n    "instances": 1,\n    "inputs": 2\n} Not formatted correctly '
            "expecting only one of 'inputs' or 'instances' keys to exist ",
        ),
        (
            '{"instances": {}}',
            ONE,
            "JSON Value: {\n    \"instances\": {}\n} Expecting 'instances' to be an list/array",
        ),
        (
            '{"instances": []}',
            ONE,
            "JSON Value: {\n    \"instances\": []\n} No values in 'instances' array",
        ),
        (
            '{"instances": [1]}',
            TWO,
            "instances is a plain list, but expecting list of objects as multiple input tensors "
            "required as per tensorinfo_map",
        ),
        (
            '{"inputs": [1]}',
            TWO,
            "inputs is a plain value/list, but expecting an object as multiple input tensors "
            "required as per tensorinfo_map",
        ),
        ('{"inputs": {"a": 1}}', TWO, "Missing named input: b in 'inputs' object."),
        (
            '{"instances": [{"x": 1}, [2]]}',
            ONE,
            "Expecting object but got list at item 1 of input list",
        ),
        (
            '{"instances": [1, {"x": 2}]}',
            ONE,
            "Expecting value/list but got object at item 1 of input list",
        ),
        (
            '{"instances": [1, "a"]}',
            ONE,
            f"{ELEMENT}1 of 'instances' list. Error: INVALID_ARGUMENT: "
            'JSON Value: "a" Type: String is not of expected type: float',
        ),
        (
            '{"instances": [{"a": 1, "c": 2}]}',
            TWO,
            f"{ELEMENT}0 key: c of 'instances' list. Error: INVALID_ARGUMENT: "
            "JSON object: does not have named input: c",
        ),
        (
            '{"instances": [{"a": 1}]}',
            TWO,
            f"{ELEMENT}0 of 'instances' list. JSON object: "
            '{\n    "a": 1\n} keys must be equal to: a,b',
        ),
        (
            '{"instances": [[1, 2], [3]]}',
            ONE,
            f"{ELEMENT}1 of 'instances' list. Error: INVALID_ARGUMENT: "
            "Expecting tensor size: 2 but got: 1",
        ),
        (
            '{"instances": [[1, 2], [[1, 2]]]}',
            ONE,
            f"{ELEMENT}1 of 'instances' list. Error: INVALID_ARGUMENT: "
            "Expecting shape [2] but got: [1,2]",
        ),
        (
            '{"inputs": [[1, 2], [1, 2, 3]]}',
            ONE,
            "Encountered list at unexpected size: 3 at level: 1 expected size: 2",
        ),
        ('{"inputs": [1, [2]]}', ONE, "Encountered list at unexpected level: 1 expected < 1"),
        (
            '{"inputs": [[1], 2]}',
            ONE,
            "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        ),
        ('{"inputs": null}', ONE, "JSON Value: null Type: Null is not of expected type: float"),
        ('{"inputs": true}', ONE, "JSON Value: true Type: True is not of expected type: float"),
        (
            '{"inputs": 1.0}',
            signature(x="int32"),
            "JSON Value: 1.0 Type: Number is not of expected type: int32",
        ),
        (
            '{"inputs": 2147483648}',
            signature(x="int8"),
            "JSON Value: 2147483648 Type: Number is not of expected type: int8",
        ),
        (
            '{"inputs": [{"b64": "a"}]}',
            signature(x="string"),
            "Unable to base64 decode",
        ),
        (
            '{"inputs": [{"b65": "a"}]}',
            signature(x="string"),
            'JSON Value: {\n    "b65": "a"\n} not formatted correctly for base64 data',
        ),
    ],
)
def test_refusals_have_the_words_of_tensorflow_serving(body, of, text):
    assert refusal(body, of) == ("INVALID_ARGUMENT", text)


def test_types_without_a_json_form_are_unimplemented():
    code, text = refusal('{"inputs": 1}', signature(x="half"))
    assert (code, text) == ("UNIMPLEMENTED", "Conversion of JSON Value: 1 to type: half")
    assert refusal('{"inputs": []}', signature(x="half"))[0] == "UNIMPLEMENTED"


def encode(outputs: dict, *, is_row_format: bool) -> str:
    return predict_body.encode(outputs, is_row_format=is_row_format).decode()


def test_one_output_loses_its_name():
    y = np.array([2.5, 3.0, 4.5], "float32")
    assert encode({"y": y}, is_row_format=True) == (
        '{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}'
    )
    assert encode({"y": y}, is_row_format=False) == (
        '{\n    "outputs": [\n        2.5,\n        3.0,\n        4.5\n    ]\n}'
    )


def test_several_outputs_become_objects():
    outputs = {
        "id": np.array([1, 2], "int64"),
        "raw_bytes": np.array([[b"\xff"], [b"a"]], object),
        "on": np.array([[True, False], [False, True]]),
    }
    rows = [
        {"id": 1, "raw_bytes": [{"b64": "/w=="}], "on": [True, False]},
        {"id": 2, "raw_bytes": [{"b64": "YQ=="}], "on": [False, True]},
    ]
    assert json.loads(encode(outputs, is_row_format=True)) == {"predictions": rows}
    assert json.loads(encode(outputs, is_row_format=False)) == {
        "outputs": {name: [row[name] for row in rows] for name in outputs}
    }


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (3, "float32", "3.0"),
        (9_000_000, "float32", "9e+06"),
        (999_999, "float32", "999999.0"),
        (1 / 3, "float32", "0.333333343"),
        (1 / 3, "float64", "0.33333333333333331"),
        (0.2, "float32", "0.2"),
        (-0.0, "float32", "-0.0"),
        (3e-5, "float64", "3e-05"),
        (np.nan, "float32", "NaN"),
        (-np.inf, "float64", "-Infinity"),
    ],
)
def test_floats_are_written_as_short_as_they_read_back(value, dtype, text):
    assert encode({"y": np.array(value, dtype)}, is_row_format=False) == (
        '{\n    "outputs": ' + text + "\n}"
    )


def test_strings_are_written_raw():
    written = predict_body.encode(
        {"y": np.array(['가"\n'.encode(), b"\xff"], object)}, is_row_format=True
    )
    assert b'["\xea\xb0\x80\\"\\n", "\xff"' in written


@pytest.mark.parametrize("shape", [(), (3,), (1, 2), (2, 3, 1, 2), (2, 0), (0, 2), (2, 0, 3)])
@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
def test_numbers_are_laid_out_as_strings_are(shape, dtype):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    texts = np.array([text.encode() for text in numbers.texts(array.reshape(-1))], object)
    texts = texts.reshape(shape)
    for others in ({}, {"z": np.zeros(shape)}):
        for is_row_format in (True, False)[not shape :]:
            written = encode({"y": array} | others, is_row_format=is_row_format)
            strings = encode({"y": texts} | others, is_row_format=is_row_format)
            assert written == re.sub(r'"([-+.e\d]+|true|false)"', r"\1", strings)


def test_classes_are_pairs_and_values_are_a_list():
    labels = np.array([["가".encode(), b"b"], [b"", b'"']], object)
    scores = np.array([[0.5, 3], [1e-5, 0.1]], "float32")
    assert writer.write_classes(labels, scores).decode() == (
        '{\n    "results": [[["가", 0.5], ["b", 3.0]], [["", 1e-05], ["\\"", 0.1]]\n    ]\n}'
    )
    assert json.loads(writer.write_classes(None, scores[:1])) == {
        "results": [[["", 0.5], ["", 3.0]]]
    }
    assert json.loads(writer.write_classes(labels[:1], None)) == {
        "results": [[["가", 0.0], ["b", 0.0]]]
    }
    assert writer.write_values(scores[0]) == b'{\n    "results": [0.5, 3.0]\n}'


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (lambda: writer.write_classes(None, np.zeros((0, 2), "float32")), "Classification"),
        (lambda: writer.write_values(np.zeros(0, "float32")), "Regression"),
    ],
)
def test_no_results_have_no_json(write, name):
    with pytest.raises(errors.ServingError, match=f"Cannot convert empty {name}Results to JSON"):
        write()


def test_an_empty_batch_is_an_empty_list():
    empty = {"a": np.zeros((0, 2)), "b": np.zeros(0)}
    assert json.loads(encode(empty, is_row_format=True)) == {"predictions": []}
    assert json.loads(encode(empty, is_row_format=False)) == {"outputs": {"a": [], "b": []}}


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({}, "Cannot convert empty tensor map to JSON"),
        ({"y": np.float32(1)}, "Tensor name: y has no shape information "),
        (
            {"a": np.zeros(2), "b": np.zeros(1)},
            "Tensor name: b has inconsistent batch size: 1 expecting: 2",
        ),
        ({"y": np.zeros(1, "float16")}, "Failed to write JSON value for tensor type: half"),
        ({"y": np.zeros(1, "uint16")}, "Failed to write JSON value for tensor type: uint16"),
        ({"y": np.zeros(1, "complex64")}, "Failed to write JSON value for tensor type: complex64"),
        (
            {"y": np.zeros(1, ml_dtypes.bfloat16)},
            "Failed to write JSON value for tensor type: bfloat16",
        ),
        (
            {"y": np.zeros(1, [("qint8", "int8")])},
            "Failed to write JSON value for tensor type: qint8",
        ),
    ],
)
def test_outputs_without_a_row_form_are_refused(outputs, text):
    with pytest.raises(errors.ServingError) as caught:
        predict_body.encode(
            {name: np.asarray(array) for name, array in outputs.items()}, is_row_format=True
        )
    assert caught.value.text == text
