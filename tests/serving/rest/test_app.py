"""Tests of serving/rest/app.py and pages.py, with a fake repository."""

import gzip
import io
import json
import threading

import pytest

from serving.frontend.admission import Admission
from serving.frontend.edge import Edge
from serving.rest.app import RestConfig, create_app
from serving.telemetry.access_log import AccessLog
from serving.telemetry.metrics import Metrics
from tests.serving import asgi, fakes

PREDICT = "/v1/models/demo:predict"
TOKEN = "correct-horse-battery"
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST, GET",
    "access-control-allow-headers": "Content-Type",
}


@pytest.fixture
def repository():
    return fakes.FakeRepository()


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def make(repository, metrics):
    """Builds applications; arguments of `Admission` are told apart from those of `RestConfig`."""
    made = []

    def make(token=None, most=None, access_log=None, **config):
        admission = Admission(metrics, token, most)
        edge = Edge(repository, metrics, admission, access_log=access_log)
        made.append(create_app(edge, RestConfig(num_threads=3, **config)))
        return made[-1]

    yield make
    for app in made:
        app.close()


def post(app, body, target=PREDICT, headers=()):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asgi.request(app, "POST", target, content, headers)


@pytest.mark.parametrize(
    "path",
    [PREDICT, "/v1/models/demo/versions/3:predict", "/V1/Models/demo:predict"],
)
def test_predict_answers_in_the_format_of_the_request(make, path):
    app = make()
    assert post(app, {"instances": [1.5, 2]}, path).json() == {"predictions": [3.0, 4.0]}
    assert post(app, {"inputs": {"x": [1]}}, path).json() == {"outputs": [2.0]}


def test_names_are_percent_decoded_and_versions_are_numbers(make, repository):
    post(make(), {"instances": [1]}, "/v1/models/a%21%2F%3A/versions/007:predict")
    assert (repository.leases[0].name, repository.leases[0].version) == ("a!/:", 7)


def test_status_lists_versions_newest_first_with_reasons(make):
    body = asgi.request(make(), "GET", "/v1/models/demo/labels/ignored").json()
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


def test_metadata_names_the_version(make):
    assert asgi.request(make(), "GET", "/v1/models/demo/metadata").json() == {
        "model_spec": {"name": "demo", "signature_name": "", "version": "3"},
        "metadata": {"signature_def": {"signature_def": {}}},
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("POST", "/v1/models/no:predict", "{}", 404, "Servable not found for request: Latest(no)"),
        ("POST", PREDICT, "", 400, "JSON Parse error: The document is empty"),
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
        ("HEAD", "/v1/models/demo", "", 400, "Malformed request: HEAD /v1/models/demo"),
        ("DELETE", PREDICT, "", 400, f"Malformed request: DELETE {PREDICT}"),
        ("PATCH", PREDICT, "{}", 400, f"Malformed request: PATCH {PREDICT}"),
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
    make, method, path, body, status, text
):
    response = asgi.request(make(), method, path, body.encode())
    assert (response.status, response.json()) == (status, {"error": text})
    assert response.headers["content-type"] == "application/json"
    assert int(response.headers["content-length"]) == len(response.body)


@pytest.mark.parametrize("target", ["/", "/v2", "/v1", "/v1?x=/v1/", "/metrics", "/healthz/x"])
def test_elsewhere_the_answer_is_the_html_of_libevent(make, target):
    response = asgi.request(make(), "GET", target)
    assert response.status == 404
    assert response.headers["content-type"] == "text/html"
    assert response.body.startswith(b"<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>")


def test_a_method_that_libevent_does_not_know_is_not_implemented(make):
    response = asgi.request(make(), "TRACE", PREDICT)
    assert response.status == 501
    assert b"<H1>Not Implemented</H1>" in response.body


def test_preflight_requests_need_an_origin(make, metrics):
    app = make()
    allowed = asgi.request(app, "OPTIONS", PREDICT, headers=[("Origin", "https://a")])
    refused = asgi.request(app, "OPTIONS", PREDICT, headers=[("Origin", "null")])
    assert (allowed.status, allowed.body) == (200, b"")
    assert (refused.status, refused.body) == (400, b"")
    assert "access-control-allow-origin" not in allowed.headers
    assert metrics.value("/tensorflow/serving/request_count") == 2


def test_every_answer_of_the_api_has_cors_headers_where_they_are_enabled(make):
    app = make(enable_cors=True)
    for method, target in [("OPTIONS", PREDICT), ("POST", PREDICT), ("GET", "/v1/models/no")]:
        assert asgi.request(app, method, target).headers.items() >= CORS.items()
    assert "access-control-allow-origin" not in asgi.request(app, "GET", "/healthz").headers


def test_with_a_token_web_pages_may_send_it(make):
    headers = asgi.request(make(TOKEN, enable_cors=True), "OPTIONS", PREDICT).headers
    assert headers["access-control-allow-headers"] == "Content-Type, Authorization"


def test_compressed_bodies_are_inflated(make):
    app = make()
    body = gzip.compress(b'{"instances": [1]}')
    headers = [("Content-Encoding", "x-gzip, gzip")]
    assert post(app, body, headers=headers).json() == {"predictions": [2.0]}
    for broken in (b"plain", body[:-4]):
        response = post(app, broken, headers=headers)
        assert response.status == 400
        assert "not a complete gzip file" in response.json()["error"]


@pytest.mark.parametrize("is_compressed", [False, True])
def test_bodies_beyond_the_limit_are_refused(make, metrics, is_compressed):
    content = json.dumps({"instances": [1] * 1000}).encode()
    headers = [("Content-Encoding", "gzip")] if is_compressed else []
    body = gzip.compress(content) if is_compressed else content
    app = make(max_request_bytes=1000)
    response = post(app, body, headers=headers)
    assert (response.status, response.json()) == (
        413,
        {"error": "The request is larger than 1000 bytes"},
    )
    assert metrics.value("/maru/serving/requests_refused") == 1


def test_a_body_that_announces_too_much_is_not_read(make):
    app = make(max_request_bytes=1000)
    headers = [("Content-Length", "1001"), ("Expect", "100-continue")]
    response = asgi.request(app, "POST", PREDICT, headers=headers, chunks=[...])
    assert response.status == 413


def test_a_client_that_stops_in_the_middle_is_told_so(make, metrics):
    app = make(stall_seconds=0.01)
    response = asgi.request(app, "POST", PREDICT, chunks=[b'{"inst', ...])
    assert response.status == 408
    assert "stopped after 6 bytes of its body" in response.json()["error"]
    assert response.headers["connection"] == "close"
    assert metrics.value("/maru/serving/requests_refused") == 1


def test_a_client_that_is_gone_gets_nothing(make, repository):
    assert asgi.request(make(), "POST", PREDICT, chunks=[b"{", None]).status == 0
    assert repository.leases == []


@pytest.mark.parametrize("header", ["", "Bearer wrong", TOKEN, f"bearer {TOKEN}x", "Basic x"])
def test_without_the_token_models_and_their_list_are_refused(make, repository, header):
    app = make(TOKEN)
    for method, target in [("POST", PREDICT), ("GET", "/v1/models/demo"), ("GET", "/models")]:
        headers = [("Authorization", header)] if header else []
        response = asgi.request(app, method, target, b"{}", headers)
        assert response.status == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert "Authorization: Bearer" in response.json()["error"]
    assert repository.leases == []


def test_with_the_token_models_answer(make):
    headers = [("Authorization", f"Bearer {TOKEN}")]
    response = post(make(TOKEN), {"instances": [1]}, headers=headers)
    assert response.json() == {"predictions": [2.0]}


def test_health_metrics_and_preflight_need_no_token(make):
    app = make(TOKEN, metrics_path="/m")
    origin = [("Origin", "http://a")]
    for method, target in [
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/m"),
        ("OPTIONS", PREDICT),
    ]:
        assert asgi.request(app, method, target, headers=origin).status == 200


def test_health_is_the_process_and_readiness_the_models(make, repository):
    app = make()
    assert asgi.request(app, "GET", "/healthz").status == 200
    assert asgi.request(app, "HEAD", "/readyz").status == 200
    repository.ready = False
    assert asgi.request(app, "GET", "/healthz").status == 200
    response = asgi.request(app, "GET", "/readyz")
    assert (response.status, response.body) == (
        503,
        b"not ready: a model has no available version\n",
    )


def test_a_server_that_drains_answers_but_is_not_ready(repository, metrics):
    admission = Admission(metrics)
    app = create_app(Edge(repository, metrics, admission))
    admission.drain()
    assert asgi.request(app, "GET", "/readyz").body == b"not ready: the server is stopping\n"
    assert asgi.request(app, "GET", "/healthz").status == 200
    assert post(app, {"instances": [1]}).status == 200
    app.close()


def test_the_list_of_models_has_their_versions(make):
    assert asgi.request(make(), "GET", "/models").json() == {
        "models": [
            {
                "name": "demo",
                "labels": {"stable": "3"},
                "versions": [
                    {
                        "version": "4",
                        "state": "END",
                        "error_code": "NOT_FOUND",
                        "error_message": 'no "file"',
                    },
                    {
                        "version": "3",
                        "state": "AVAILABLE",
                        "error_code": "OK",
                        "error_message": "",
                    },
                ],
            }
        ]
    }


@pytest.mark.parametrize("path", ["/monitoring/prometheus/metrics", "/v1/metrics"])
def test_metrics_have_the_path_they_are_given_before_any_other_route(make, path):
    app = make(metrics_path=path)
    post(app, {"instances": [1]})
    for method in ("GET", "POST", "DELETE"):
        response = asgi.request(app, method, path)
        assert (response.status, response.headers["content-type"]) == (200, "text/plain")
    page = response.body.decode()
    assert '\n:tensorflow:serving:request_count{model_name="demo",status="OK"} 1\n' in page
    states = 'model_name="demo",version="3",state="AVAILABLE"'
    assert f"\n:maru:serving:model_version_state{{{states}}} 1\n" in page
    assert '\n:maru:serving:requests_in_progress{entrypoint="REST"} 0\n' in page


def test_metrics_refuse_a_query_as_tensorflow_serving_does(make):
    response = asgi.request(make(metrics_path="/m"), "GET", "/m?x=1")
    assert (response.status, response.headers["content-type"]) == (400, "text/plain")
    assert response.body == b"Unexpected path: /m?x=1. Should be /m"


def test_beyond_the_limit_of_concurrency_requests_are_sent_away(make, repository):
    app = make(most=1)
    is_inside, may_leave = threading.Event(), threading.Event()
    predict = repository.predictor.predict

    def wait_and_predict(*arguments, **options):
        is_inside.set()
        may_leave.wait(10)
        return predict(*arguments, **options)

    repository.predictor.predict = wait_and_predict
    first = []
    thread = threading.Thread(target=lambda: first.append(post(app, {"instances": [1]})))
    thread.start()
    assert is_inside.wait(10)
    refused = post(app, {"instances": [1]})
    health = asgi.request(app, "GET", "/healthz")
    may_leave.set()
    thread.join()
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert "already answers 1 requests, its limit" in refused.json()["error"]
    assert (health.status, first[0].status) == (200, 200)
    assert post(app, {"instances": [1]}).status == 200


def test_the_log_has_a_line_per_request_and_nothing_of_its_content(make):
    stream = io.StringIO()
    log = AccessLog(stream)
    app = make(access_log=log)
    post(app, {"instances": [1], "secret": 7})
    asgi.request(app, "GET", "/v1/models/a%2Fb/versions/1")
    asgi.request(app, "POST", PREDICT, chunks=[b"{", None])
    log.close()
    first, second, third = map(json.loads, stream.getvalue().splitlines())
    assert first.pop("time").endswith("+00:00")
    assert first.pop("milliseconds") > 0
    assert first == {
        "protocol": "REST",
        "method": "POST",
        "path": PREDICT,
        "status": 200,
        "request_bytes": 31,
        "response_bytes": 33,
        "model": "demo",
        "client": "192.0.2.7:1234",
    }
    assert (second["status"], second["model"]) == (404, "a/b")
    assert (third["status"], third["request_bytes"]) == (499, 1)


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/embeddings"])
def test_openais_paths_are_answered_unless_a_flag_says_otherwise(make, path):
    told = json.loads(post(make(), {"model": "other"}, path).body)
    assert told["error"]["type"] == "invalid_request_error"
    status = post(make(enable_openai=False), {"model": "other"}, path)
    assert "Malformed request: POST" in json.loads(status.body)["error"]
