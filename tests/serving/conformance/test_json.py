"""What values become over REST, on a running server: tensors of every type, answers, examples.

Sources: TensorFlow Serving, `util/json_tensor.cc` and `model_servers/http_rest_api_handler.cc`.
"""

import gzip
import json

import pytest

from serving.command.server import Sources
from serving.repository.model_config import ServedModel
from serving.rest.app import RestConfig
from tests.serving import exports, served_models, version1_exports

INFINITE = float("inf")
TENSORS = "/v1/models/tensors:predict"
METRICS = "/monitoring/prometheus/metrics"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    (folder / "half").mkdir()
    served_models.export_tensors(folder / "tensors" / "3")
    version1_exports.export(folder / "half" / "123")
    exports.export_slow_model(folder / "slow" / "1")
    models = [ServedModel(name, folder / name) for name in ("tensors", "half", "slow")]
    rest = RestConfig(timeout=1.0, metrics_path=METRICS)
    with served_models.serve(Sources(models), rest=rest) as running:
        yield running


@pytest.mark.parametrize(
    ("dtype", "value", "answer"),
    [
        ("float32", "[1, -2.5, 1e39, -1e39]", [1.0, -2.5, INFINITE, -INFINITE]),
        ("float32", "[Inf, -Inf, Infinity, -Infinity]", [INFINITE, -INFINITE] * 2),
        ("float32", "[16777217, 3e-46]", [16777216.0, 0.0]),
        ("float64", "[9007199254740993, 0.1]", [9007199254740992.0, 0.1]),
        ("int32", "[2147483647, -2147483648]", [2147483647, -2147483648]),
        ("int16", "[32768, -1]", [-32768, -1]),
        ("int8", "[300, -129]", [44, 127]),
        ("uint8", "[-1, 256]", [255, 0]),
        ("int64", "[9223372036854775807, -9223372036854775808]", [2**63 - 1, -(2**63)]),
        ("uint32", "[4294967295]", [2**32 - 1]),
        ("uint64", "[18446744073709551615]", [2**64 - 1]),
        ("bool", "[[true], [false]]", [[True], [False]]),
        (
            "string",
            '["\\u1112\\u1161\\u11ab", "", {"b64": "aGk="}, {"b64": "aGk"}]',
            ["\u1112\u1161\u11ab", "", "hi", "hi"],
        ),
        ("string", '"\\ud83d\\ude00\\u0000"', "😀\0"),
        ("int32", "7", 7),
        ("int32", "[[], []]", [[], []]),
        ("float32", "[[[1], [2]]]", [[[1.0], [2.0]]]),
    ],
)
def test_every_type_travels(served, dtype, value, answer):
    body = f'{{"signature_name": "{dtype}", "inputs": {value}}}'
    assert served.post(TENSORS, body) == (200, {"outputs": answer})


@pytest.mark.parametrize(
    ("dtype", "value", "status", "text"),
    [
        ("int32", "1.0", 400, "JSON Value: 1.0 Type: Number is not of expected type: int32"),
        (
            "int8",
            "2147483648",
            400,
            "JSON Value: 2147483648 Type: Number is not of expected type: int8",
        ),
        (
            "int64",
            "9223372036854775808",
            400,
            "JSON Value: 9223372036854775808 Type: Number is not of expected type: int64",
        ),
        ("uint32", "-1", 400, "JSON Value: -1 Type: Number is not of expected type: uint32"),
        ("uint64", "1e3", 400, "JSON Value: 1000.0 Type: Number is not of expected type: uint64"),
        ("bool", "1", 400, "JSON Value: 1 Type: Number is not of expected type: bool"),
        ("bool", '"true"', 400, 'JSON Value: "true" Type: String is not of expected type: bool'),
        ("float32", '"1"', 400, 'JSON Value: "1" Type: String is not of expected type: float'),
        ("float64", "true", 400, "JSON Value: true Type: True is not of expected type: double"),
        ("string", "false", 400, "JSON Value: false Type: False is not of expected type: string"),
        ("string", "[null]", 400, "JSON Value: null Type: Null is not of expected type: string"),
        ("string", '{"b64": "?"}', 400, "Unable to base64 decode"),
        (
            "string",
            '[{"b64": "aGk=", "a": 1}]',
            400,
            'JSON Value: {\n    "b64": "aGk=",\n    "a": 1\n} '
            "not formatted correctly for base64 data",
        ),
        ("float16", "1.5", 501, "Conversion of JSON Value: 1.5 to type: half"),
        ("bfloat16", "1.5", 501, "Conversion of JSON Value: 1.5 to type: bfloat16"),
        ("uint16", "1", 501, "Conversion of JSON Value: 1 to type: uint16"),
        ("complex64", "1", 501, "Conversion of JSON Value: 1 to type: complex64"),
    ],
)
def test_values_of_the_wrong_type_are_shown(served, dtype, value, status, text):
    body = f'{{"signature_name": "{dtype}", "inputs": {value}}}'
    assert served.post(TENSORS, body) == (status, {"error": text})


def test_what_is_shown_ends_at_256_bytes(served):
    _, answer = served.post(TENSORS, {"instances": "가" * 300})
    shown = answer["error"].removeprefix("JSON Value: ")
    assert shown.startswith('{\n    "instances": "가가')
    assert shown.endswith(" Expecting 'instances' to be an list/array")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        # Keys that mean nothing, equal keys, what follows the object.
        ('{"instances": [1], "instances": [2], "signature": 3} rest', {"predictions": [1.0]}),
        (
            '{"instances": [{"x": [1, 2]}, {"x": [3, 4]}]}',
            {"predictions": [[1.0, 2.0], [3.0, 4.0]]},
        ),
        ('{"inputs": {"x": [1, 2], "z": [3]}}', {"outputs": [1.0, 2.0]}),
        ('{"inputs": 4}', {"outputs": 4.0}),
        ('{"inputs": {"a": 1, "b": [1, 2]}, "signature_name": "pair"}', {"outputs": [2.0, 3.0]}),
        (
            '{"instances": [{"a": 1, "b": 2}, {"b": 3, "a": 4}], "signature_name": "pair"}',
            {"predictions": [3.0, 7.0]},
        ),
        (
            '{"instances": [1], "signature_name": "two_outputs"}',
            {"predictions": [{"twice": 2.0, "minus": -1.0}]},
        ),
        (
            '{"inputs": [1], "signature_name": "two_outputs"}',
            {"outputs": {"twice": [2.0], "minus": [-1.0]}},
        ),
        ('{"inputs": [1, 2], "signature_name": "scalar"}', {"outputs": 3.0}),
        (
            '{"inputs": [], "signature_name": "two_outputs"}',
            {"outputs": {"twice": [], "minus": []}},
        ),
        (
            '{"instances": ["a", {"b64": "/w=="}], "signature_name": "strings"}',
            None,
        ),
    ],
)
def test_predict_answers_in_the_format_of_the_request(served, body, answer):
    response = served.session.post(served.url(TENSORS), data=body, timeout=10)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    if answer is not None:
        assert response.json() == answer
        return
    # Bytes that are not UTF-8 pass through, except where the name of the output asks for base64.
    assert b'"text": "\xff"' in response.content
    assert json.loads(response.content.decode(errors="replace"))["predictions"] == [
        {"text": "a", "raw_bytes": {"b64": "YQ=="}},
        {"text": "\N{REPLACEMENT CHARACTER}", "raw_bytes": {"b64": "/w=="}},
    ]


@pytest.mark.parametrize(
    ("dtype", "value", "text"),
    [
        ("float32", "[2.5, 3, 4.5]", b"[2.5, 3.0, 4.5\n    ]"),
        ("float32", "[9000000, 999999, 0.333333333]", b"[9e+06, 999999.0, 0.333333343\n    ]"),
        ("float32", "[NaN, Inf, -Inf]", b"[NaN, Infinity, -Infinity\n    ]"),
        ("float64", "[0.1, 0.3333333333333333, 1e22]", b"[0.1, 0.33333333333333331, 1e+22\n    ]"),
        ("int32", "[1, 2]", b"[1, 2\n    ]"),
        ("float32", "[[1, 2], [3, 4]]", b"[[1.0, 2.0], [3.0, 4.0]\n    ]"),
    ],
)
def test_rows_are_written_as_tensorflow_serving_writes_them(served, dtype, value, text):
    body = f'{{"signature_name": "{dtype}", "instances": {value}}}'
    response = served.session.post(served.url(TENSORS), data=body, timeout=10)
    assert response.content == b'{\n    "predictions": ' + text + b"\n}"


def test_columns_are_written_a_value_a_line(served):
    response = served.session.post(served.url(TENSORS), data='{"inputs": [1, 2]}', timeout=10)
    assert response.content == (b'{\n    "outputs": [\n        1.0,\n        2.0\n    ]\n}')


def test_the_body_may_be_packed_and_its_type_does_not_matter(served):
    response = served.session.post(
        served.url(TENSORS),
        data=gzip.compress(b'{"instances": [1]}'),
        headers={"Content-Encoding": "gzip", "Content-Type": "text/csv"},
        timeout=10,
    )
    assert response.json() == {"predictions": [1.0]}
    assert "Content-Encoding" not in response.headers


def test_a_run_that_takes_too_long_is_ended(served):
    assert served.post("/v1/models/slow:predict", {"inputs": 2_000_000_000}) == (
        504,
        {"error": "Timed out waiting for notification"},
    )


@pytest.mark.parametrize(
    ("verb", "body", "results"),
    [
        (
            "regress",
            {"signature_name": "regress", "examples": [{"x": 1.0}, {"x": [2.0]}]},
            [2.5, 3.0],
        ),
        ("regress", {"signature_name": "regress_flat", "examples": [{}]}, [2.0]),
        (
            "regress",
            {"signature_name": "regress", "context": {"shift": 1.0}, "examples": [{"x": 1.0}, {}]},
            [3.5, 3.0],
        ),
        (
            "classify",
            {"signature_name": "classify", "examples": [{"x": 2.0}]},
            [[["zero", 3.0], ["하나", 6.0], ["two", 9.0]]],
        ),
        (
            "classify",
            {"signature_name": "classify_scores", "examples": [{}, {}]},
            [[["", 2.0]]] * 2,
        ),
    ],
)
def test_examples_are_classified_and_regressed(served, verb, body, results):
    assert served.post(f"/v1/models/half:{verb}", body) == (200, {"results": results})


BODY = 'JSON Value: {\n    "examples": '


@pytest.mark.parametrize(
    ("verb", "body", "text"),
    [
        (
            "classify",
            "{}",
            "JSON Value: {} When method is classify, key 'examples' is expected and was not found",
        ),
        (
            "regress",
            "{}",
            "JSON Value: {} When method is classify, key 'examples' is expected and was not found",
        ),
        (
            "regress",
            '{"examples": 1}',
            f"{BODY}1\n}} Expecting 'examples' value to be an list/array",
        ),
        ("regress", '{"examples": []}', f"{BODY}[]\n}} 'examples' value is an empty array"),
        ("regress", '{"examples": [[]]}', "Example must be JSON object but got JSON Array"),
        (
            "regress",
            '{"examples": [{"x": null}]}',
            "Feature: x has element with unexpected JSON type: Null",
        ),
        (
            "regress",
            '{"examples": [{"x": {}}]}',
            "Feature: x has element with unexpected JSON type: Object",
        ),
        (
            "regress",
            '{"examples": [{"x": [[1]]}]}',
            "Feature: x has element with unexpected JSON type: Array",
        ),
        (
            "regress",
            '{"examples": [{"x": [10, 10.0]}]}',
            "Unexpected element type in feature: x expecting type: int64",
        ),
        (
            "regress",
            '{"examples": [{"x": [10.0, 10]}]}',
            "Unexpected element type in feature: x expecting type: float",
        ),
        (
            "regress",
            '{"examples": [{"x": ["a", 1]}]}',
            "Unexpected element type in feature: x expecting type: bytes",
        ),
        (
            "regress",
            '{"examples": [{"x": 9223372036854775808}]}',
            "Feature: x has uint64_t element. Only int64_t is supported.",
        ),
        (
            "regress",
            '{"examples": [{}], "signature_name": "none"}',
            "No signature was found with the name: none",
        ),
        (
            "regress",
            '{"examples": [{}], "signature_name": "odd_two_inputs"}',
            "Expected one input Tensor.",
        ),
        (
            "regress",
            '{"examples": [{}], "signature_name": "classify"}',
            "Expected one output Tensor.",
        ),
        (
            "classify",
            '{"examples": [{}, {}], "signature_name": "odd_classify_short"}',
            "Expected scores output batch size of 2. Got: 1",
        ),
    ],
)
def test_examples_are_refused_in_the_words_of_tensorflow_serving(served, verb, body, text):
    assert served.post(f"/v1/models/half:{verb}", body) == (400, {"error": text})


def test_the_metrics_page_counts_by_model_and_status(served):
    served.post(TENSORS, {"instances": [1]})
    response = served.session.get(served.url(METRICS), timeout=10)
    assert response.headers["Content-Type"].startswith("text/plain")
    assert ':tensorflow:serving:request_count{model_name="tensors",status="OK"}' in response.text
    assert (
        '_bucket{model_name="tensors",API="predict",entrypoint="REST",le="+Inf"}' in response.text
    )
    response = served.session.put(served.url(f"{METRICS}?a=1"), timeout=10)
    assert (response.status_code, response.text) == (
        400,
        f"Unexpected path: {METRICS}?a=1. Should be {METRICS}",
    )
