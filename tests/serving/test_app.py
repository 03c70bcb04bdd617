"""Tests of serving/app.py over HTTP, with a fake repository."""

import gzip
import json

import fakes
import pytest
from starlette.testclient import TestClient

from serving import app


@pytest.fixture
def repository():
    return fakes.FakeRepository()


@pytest.fixture
def client(repository):
    return TestClient(app.create_app(repository, max_body_bytes=1000))


PREDICT = "/v1/models/demo:predict"


@pytest.mark.parametrize(
    "path",
    [PREDICT, "/v1/models/demo/versions/3:predict", "/V1/Models/demo:predict"],
)
def test_predict_answers_in_the_format_of_the_request(client, path):
    assert client.post(path, json={"instances": [1.5, 2]}).json() == {"predictions": [3.0, 4.0]}
    assert client.post(path, json={"inputs": {"x": [1]}}).json() == {"outputs": [2.0]}


def test_names_are_percent_decoded_and_versions_are_numbers(client, repository):
    client.post("/v1/models/a%21%2F%3A/versions/007:predict", json={"instances": [1]})
    assert (repository.leases[0].name, repository.leases[0].version) == ("a!/:", 7)


def test_status_lists_versions_newest_first_with_reasons(client):
    body = client.get("/v1/models/demo/labels/ignored").json()
    assert body == {
        "model_version_status": [
            {
                "version": "4",
                "state": "END",
                "status": {"error_code": "NOT_FOUND", "error_message": 'no "file"'},
            },
            {
                "version": "3",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            },
        ]
    }


def test_metadata_names_the_version(client):
    assert client.get("/v1/models/demo/metadata").json() == {
        "model_spec": {"name": "demo", "signature_name": "", "version": "3"},
        "metadata": {"signature_def": {"signature_def": {}}},
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("POST", "/v1/models/no:predict", "{}", 404, "Servable not found for request: Latest(no)"),
        ("POST", PREDICT, "", 400, "JSON Parse error: The document is empty"),
        (
            "POST",
            "/v1/models/no:predict",
            "[",
            400,
            "JSON Parse error: Invalid value. at offset: 1",
        ),
        ("POST", PREDICT, '{"instances": [404]}', 504, "Timed out waiting for notification"),
        ("POST", PREDICT, '{"instances": [500]}', 500, "ZeroDivisionError: a bug"),
        (
            "POST",
            PREDICT,
            '{"signature_name": "no_inputs", "instances": [1]}',
            400,
            "Failed to get input map for signature: no_inputs",
        ),
        (
            "POST",
            "/v1/models/demo/labels/best:predict",
            "{}",
            400,
            "Unrecognized servable version label: best",
        ),
        ("POST", PREDICT + "?x=1", "{}", 400, f"Malformed request: POST {PREDICT}?x=1"),
        (
            "POST",
            "/v1/models/demo:PREDICT",
            "{}",
            400,
            "Malformed request: POST /v1/models/demo:PREDICT",
        ),
        ("PUT", "/v1/models/demo", "", 400, "Malformed request: PUT /v1/models/demo"),
        ("GET", "/v1/other", "", 400, "Malformed request: GET /v1/other"),
        ("GET", "/v1/models", "", 400, "Missing model name in request."),
        ("GET", "/v1/models/no", "", 404, "Could not find any versions of model no"),
        (
            "GET",
            "/v1/models/demo/versions/18446744073709551615",
            "",
            400,
            "Failed to convert version: 18446744073709551615 to numeric.",
        ),
    ],
)
def test_errors_have_the_code_and_words_of_tensorflow_serving(
    client, method, path, body, status, text
):
    response = client.request(method, path, content=body)
    assert (response.status_code, response.json()) == (status, {"error": text})
    assert response.headers["content-type"] == "application/json"


def test_outside_v1_the_answer_is_the_html_of_libevent(client):
    response = client.get("/v2")
    assert response.status_code == 404
    assert response.text.startswith("<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>")


def test_compressed_bodies_are_inflated(client):
    body = gzip.compress(b'{"instances": [1]}')
    headers = {"Content-Encoding": "gzip"}
    assert client.post(PREDICT, content=body, headers=headers).json() == {"predictions": [2.0]}
    broken = client.post(PREDICT, content=b"plain", headers=headers)
    assert broken.status_code == 400


@pytest.mark.parametrize("is_compressed", [False, True])
def test_bodies_beyond_the_limit_are_refused(client, is_compressed):
    body = json.dumps({"instances": [1] * 1000}).encode()
    headers = {"Content-Encoding": "gzip"} if is_compressed else {}
    response = client.post(
        PREDICT, content=gzip.compress(body) if is_compressed else body, headers=headers
    )
    assert response.status_code == 413
    assert "larger than 1000 bytes" in response.json()["error"]


def test_preflight_requests_need_an_origin(client):
    assert client.options(PREDICT, headers={"Origin": "https://a"}).status_code == 200
    refused = client.options(PREDICT)
    assert (refused.status_code, refused.content) == (400, b"")


def test_health_is_the_process_and_readiness_the_models(client, repository):
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    repository.ready = False
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
