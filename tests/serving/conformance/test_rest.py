"""The REST API of a running server, held against TensorFlow Serving's: paths, codes, texts, JSON.

Every case is what TensorFlow Serving answers, from its sources: `model_servers/http_server.cc`,
`http_rest_api_handler.cc`, `http_rest_api_util.cc` and `util/json_tensor.cc`.
"""

import http.client
import json
import shutil

import pytest

from serving.command.server import Sources
from serving.repository.model_config import All, ServedModel
from serving.rest.app import RestConfig
from tests.serving import exports, served_models, version1_exports

TENSORS = "/v1/models/tensors"
HALF = "/v1/models/half"
BAD_ROW = "Failed to process element: "


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    (folder / "half").mkdir()
    served_models.export_tensors(folder / "tensors" / "3")
    version1_exports.export(folder / "half" / "00000123")
    exports.export_slow_model(folder / "slow" / "1")
    served_models.export_number(folder / "two", 1)
    served_models.export_number(folder / "two", 2)
    shutil.copytree(folder / "two", folder / "na me!/:%")
    models = [
        ServedModel("tensors", folder / "tensors"),
        ServedModel("half", folder / "half"),
        ServedModel("slow", folder / "slow"),
        ServedModel("two", folder / "two", All()),
        ServedModel("na me!/:%", folder / "two", All()),
    ]
    rest = RestConfig(timeout=1.0, metrics_path="/monitoring/prometheus/metrics")
    with served_models.serve(Sources(models), rest=rest) as running:
        yield running


@pytest.fixture
def ask(served):
    """Ask with a path that no client library tidies up; status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", served.rest_port, timeout=20)

    def call(method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()

    yield call
    connection.close()


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/v1/models", 400, "Missing model name in request."),
        ("GET", "/v1/models/metadata", 404, "Could not find any versions of model metadata"),
        ("GET", "/v1/models/", 400, "Malformed request: GET /v1/models/"),
        ("GET", "/v1/", 400, "Malformed request: GET /v1/"),
        ("GET", f"{HALF}/", 400, f"Malformed request: GET {HALF}/"),
        ("GET", f"{HALF}/versions", 400, f"Malformed request: GET {HALF}/versions"),
        ("GET", f"{HALF}/versions/-1", 400, f"Malformed request: GET {HALF}/versions/-1"),
        ("GET", f"{HALF}/versions/1.0", 400, f"Malformed request: GET {HALF}/versions/1.0"),
        ("GET", f"{HALF}/labels/a/b", 400, f"Malformed request: GET {HALF}/labels/a/b"),
        ("GET", f"{HALF}?a=1", 404, "Could not find any versions of model half?a=1"),
        ("GET", f"{HALF}:predict", 400, f"Malformed request: GET {HALF}:predict"),
        ("POST", HALF, 400, f"Malformed request: POST {HALF}"),
        ("POST", f"{HALF}/metadata", 400, f"Malformed request: POST {HALF}/metadata"),
        ("POST", f"{HALF}:explain", 400, f"Malformed request: POST {HALF}:explain"),
        ("POST", f"{HALF}:PREDICT", 400, f"Malformed request: POST {HALF}:PREDICT"),
        ("POST", f"{HALF}:predict?x=1", 400, f"Malformed request: POST {HALF}:predict?x=1"),
        ("POST", f"{HALF}:predict/", 400, f"Malformed request: POST {HALF}:predict/"),
        ("PUT", HALF, 400, f"Malformed request: PUT {HALF}"),
        ("DELETE", f"{HALF}:predict", 400, f"Malformed request: DELETE {HALF}:predict"),
        ("PATCH", f"{HALF}:predict", 400, f"Malformed request: PATCH {HALF}:predict"),
        (
            "GET",
            f"{HALF}/versions/18446744073709551615",
            400,
            "Failed to convert version: 18446744073709551615 to numeric.",
        ),
        (
            "POST",
            f"{HALF}/versions/9223372036854775808:predict",
            400,
            "Failed to convert version: 9223372036854775808 to numeric.",
        ),
        ("GET", "/v1/models/m", 404, "Could not find any versions of model m"),
        ("GET", f"{HALF}/versions/7", 404, "Could not find version 7 of model half"),
        ("GET", "/v1/models/m/metadata", 404, "Servable not found for request: Latest(m)"),
        (
            "GET",
            f"{HALF}/versions/7/metadata",
            404,
            "Servable not found for request: Specific(half, 7)",
        ),
        (
            "GET",
            f"{HALF}/labels/L/metadata",
            400,
            "Unrecognized servable version label: L",
        ),
    ],
)
def test_paths_are_taken_or_refused_as_in_tensorflow_serving(ask, method, path, status, text):
    answered, headers, body = ask(method, path)
    assert (answered, json.loads(body)) == (status, {"error": text})
    assert headers["Content-Type"] == "application/json"


def test_head_is_malformed_without_a_body(ask):
    assert ask("HEAD", HALF)[::2] == (400, b"")


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/models/half", "/favicon.ico", "/V10/models"])
def test_elsewhere_the_web_server_itself_answers(ask, path):
    status, headers, body = ask("GET", path)
    assert (status, headers["Content-Type"]) == (404, "text/html")
    assert body.startswith(b"<HTML>")


@pytest.mark.parametrize(
    ("origin", "status"), [("http://a.b", 200), ("https://a.b", 200), ("a.b", 400), (None, 400)]
)
def test_preflight_requests_are_answered_with_nothing(ask, origin, status):
    headers = {} if origin is None else {"Origin": origin}
    answered, given, body = ask("OPTIONS", f"{HALF}:predict", **headers)
    assert (answered, body) == (status, b"")
    assert "Access-Control-Allow-Origin" not in given


@pytest.mark.parametrize(
    "path",
    [
        HALF,
        "/V1/MODELS/half",
        f"{HALF}/versions/123",
        f"{HALF}/versions/000123",
        f"{HALF}/labels/unknown",
        f"{HALF}/METADATA",
        "/v1/models/%68alf",
    ],
)
def test_status_is_the_proto_as_json_whatever_the_label(ask, path):
    status, _, body = ask("GET", path)
    assert status == 200
    assert json.loads(body) == {
        "model_version_status": [
            {
                "version": "123",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }
    assert body.startswith(b'{\n "model_version_status": [\n  {\n   "version": "123"')
    assert body.endswith(b"}\n")


def test_versions_are_listed_from_the_highest(served):
    assert list(served.states("two").items()) == [(2, "AVAILABLE"), (1, "AVAILABLE")]
    assert served.post("/v1/models/two:predict", {"instances": [0.0]})[1] == {
        "predictions": [{"y": 2.0, "number": 2.0}]
    }
    answer = served.post("/v1/models/two/versions/01:predict", {"instances": [0.0]})[1]
    assert answer["predictions"][0]["number"] == 1


def test_names_are_percent_decoded(ask):
    status, _, body = ask("POST", "/v1/models/na%20me!%2f%3A%25:predict", '{"instances": [0]}')
    assert (status, json.loads(body)["predictions"]) == (200, [{"y": 2.0, "number": 2.0}])


def test_metadata_is_the_proto_as_json(served):
    status, metadata = served.get(f"{HALF}/metadata")
    assert status == 200
    assert metadata["model_spec"] == {"name": "half", "signature_name": "", "version": "123"}
    signatures = metadata["metadata"]["signature_def"]["signature_def"]
    assert signatures["serving_default"] == {
        "inputs": {
            "x": {
                "dtype": "DT_FLOAT",
                "name": "x:0",
                "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
            }
        },
        "outputs": {
            "y": {
                "dtype": "DT_FLOAT",
                "name": "add_2:0",
                "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
            }
        },
        "method_name": "tensorflow/serving/predict",
        "defaults": {},
    }
    assert "classify" in signatures
    # Models saved by TensorFlow 2 show how they are initialized.
    signatures = served.get("/v1/models/slow/metadata")[1]["metadata"]["signature_def"]
    assert signatures["signature_def"].keys() == {"serving_default", "__saved_model_init_op"}


PAIR = {"signature_name": "pair"}


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ("", 400, "JSON Parse error: The document is empty"),
        ("  ", 400, "JSON Parse error: The document is empty. at offset: 2"),
        ("nonsense", 400, "JSON Parse error: Invalid value. at offset: 1"),
        (
            '{"instances": [1.0',
            400,
            "JSON Parse error: Missing a comma or ']' after an array element. at offset: 18",
        ),
        ("1.5", 400, "JSON Value: 1.5 Is not object"),
        ('"a"', 400, 'JSON Value: "a" Is not object'),
        (
            '{"signature_name": null}',
            400,
            'JSON Value: {\n    "signature_name": null\n} not formatted correctly. '
            "'signature_name' key must be a string value.",
        ),
        (
            {"signature_name": "s", "instances": 1},
            400,
            'Serving signature name: "s" not found in signature def',
        ),
        (
            {"signature_name": "from_none", "instances": [1]},
            400,
            "Failed to get input map for signature: from_none",
        ),
        (
            '{"inputs": 1, "instances": 1}',
            400,
            'JSON Value: {\n    "inputs": 1,\n    "instances": 1\n} Not formatted correctly '
            "expecting only one of 'inputs' or 'instances' keys to exist ",
        ),
        ({"Instances": [1]}, 400, "Missing 'inputs' or 'instances' key"),
        (
            {"instances": "a"},
            400,
            'JSON Value: {\n    "instances": "a"\n} Expecting \'instances\' to be an list/array',
        ),
        (
            {"instances": []},
            400,
            "JSON Value: {\n    \"instances\": []\n} No values in 'instances' array",
        ),
        (
            {**PAIR, "instances": [1]},
            400,
            "instances is a plain list, but expecting list of objects as multiple input tensors "
            "required as per tensorinfo_map",
        ),
        (
            {**PAIR, "inputs": [1]},
            400,
            "inputs is a plain value/list, but expecting an object as multiple input tensors "
            "required as per tensorinfo_map",
        ),
        (
            {"instances": [{"x": 1}, 2]},
            400,
            "Expecting object but got list at item 1 of input list",
        ),
        (
            {"instances": [1, {"x": 2}]},
            400,
            "Expecting value/list but got object at item 1 of input list",
        ),
        (
            {"instances": [1, 2, "c"]},
            400,
            f"{BAD_ROW}2 of 'instances' list. Error: INVALID_ARGUMENT: "
            'JSON Value: "c" Type: String is not of expected type: float',
        ),
        (
            {**PAIR, "instances": [{"a": 1, "b": 2}, {"a": 1, "b": None}]},
            400,
            f"{BAD_ROW}1 key: b of 'instances' list. Error: INVALID_ARGUMENT: "
            "JSON Value: null Type: Null is not of expected type: float",
        ),
        (
            {**PAIR, "instances": [{"a": 1}]},
            400,
            f"{BAD_ROW}0 of 'instances' list. JSON object: "
            '{\n    "a": 1\n} keys must be equal to: a,b',
        ),
        (
            {"signature_name": "defaults", "instances": [{"a": 1}]},
            400,
            f"{BAD_ROW}0 of 'instances' list. JSON object: "
            '{\n    "a": 1\n} keys must be equal to: a,b',
        ),
        (
            {"instances": [{"z": 1}]},
            400,
            f"{BAD_ROW}0 key: z of 'instances' list. Error: INVALID_ARGUMENT: "
            "JSON object: does not have named input: z",
        ),
        ({**PAIR, "inputs": {"b": 1}}, 400, "Missing named input: a in 'inputs' object."),
        (
            {"instances": [[[1.0, 2.0]] * 2, [[3.0, 4.0]]]},
            400,
            f"{BAD_ROW}1 of 'instances' list. Error: INVALID_ARGUMENT: "
            "Expecting tensor size: 4 but got: 2",
        ),
        (
            {"instances": [[1, 2], [[1, 2]]]},
            400,
            f"{BAD_ROW}1 of 'instances' list. Error: INVALID_ARGUMENT: "
            "Expecting shape [2] but got: [1,2]",
        ),
        (
            {"inputs": [[1, 2], [3, 4, 5]]},
            400,
            "Encountered list at unexpected size: 3 at level: 1 expected size: 2",
        ),
        ({"inputs": [1, [2]]}, 400, "Encountered list at unexpected level: 1 expected < 1"),
        (
            {"inputs": [[1], 2]},
            400,
            "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        ),
        (
            {"signature_name": "scalar", "instances": [1, 2]},
            400,
            "Tensor name: total has no shape information ",
        ),
        (
            {"signature_name": "uneven", "instances": [1, 2]},
            400,
            "Tensor name: first has inconsistent batch size: 1 expecting: 2",
        ),
        (
            {"signature_name": "to_half", "instances": [1]},
            400,
            "Failed to write JSON value for tensor type: half",
        ),
    ],
)
def test_predict_bodies_are_refused_in_the_words_of_tensorflow_serving(served, body, status, text):
    assert served.post(f"{TENSORS}:predict", body) == (status, {"error": text})
