"""Tests of serving/rest/api.py: paths, verbs, classify and regress bodies, what is counted."""

import contextlib
import json

import numpy as np
import pytest

from serving import errors
from serving.model import Options, Signature, TensorSpec, VersionStatus
from serving.rest import api

CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"


def spec(tensor):
    return TensorSpec("float", None, tensor)


class Predictor:
    """Doubles `x`; knows an example by its number of bytes."""

    version = 7
    metadata_json = '{"signature_def": {}}'
    signatures = {
        "serving_default": Signature({"x": spec("x:0")}, {"y": spec("y:0")}, "other"),
        "classes": Signature(
            {"inputs": spec("e:0")},
            {"classes": spec("c:0"), "scores": spec("s:0")},
            CLASSIFY,
        ),
        "scores": Signature({"inputs": spec("e:0")}, {"scores": spec("s:0")}, CLASSIFY),
        "value": Signature({"inputs": spec("e:0")}, {"outputs": spec("v:0")}, REGRESS),
    }

    def predict(self, signature_name, inputs, output_filter=(), timeout=None):
        if np.any(inputs["x"] == 500):
            raise ZeroDivisionError("a bug")
        return {"y": inputs["x"] * 2}

    def run(self, feeds, fetches, timeout=None):
        sizes = np.array([[len(example)] for example in feeds["e:0"]], "float32")
        labels = np.array([["가".encode(), b"b"]] * len(sizes), object)
        tensors = {"s:0": sizes / [[2, 4]], "c:0": labels, "v:0": sizes}
        return [tensors[name].astype("O" if name == "c:0" else "float32") for name in fetches]


class Repository:
    """One model, `a/b`, version 7, with the label `stable`."""

    def __init__(self):
        self.leases = []

    def lease(self, spec):
        self.leases.append((spec.name, spec.version, spec.label))
        if spec.label not in (None, "stable"):
            raise errors.invalid_argument(f"Unrecognized servable version label: {spec.label}")
        if spec.name != "a/b":
            raise errors.not_found(f"Servable not found for request: Latest({spec.name})")
        return contextlib.nullcontext(Predictor())

    def status(self, name, version=None):
        return [VersionStatus(7, "AVAILABLE")]


class Metrics:
    """Remembers what is recorded."""

    def __init__(self):
        self.events = []

    def increment(self, name, amount=1, **labels):
        self.events.append((name.rsplit("/", 1)[1], labels))

    observe = increment


def ask(method, path, body=b"", **options):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = api.answer(Repository(), method, path, body, 5.0, **options)
    return answer.status, json.loads(answer.body)


def error(method, path, body=b"", **options):
    status, answer = ask(method, path, body, **options)
    assert answer.keys() == {"error"}
    return status, answer["error"]


MODEL = "/v1/models/a%2Fb"


def test_predict_answers():
    assert ask("POST", MODEL + ":predict", {"instances": [1, 2]}) == (
        200,
        {"predictions": [2.0, 4.0]},
    )
    assert ask("POST", MODEL + "/labels/stable:predict", {"inputs": 4}) == (200, {"outputs": 8.0})


def test_classify_answers_with_pairs():
    body = {"signature_name": "classes", "examples": [{"a": "xyz"}, {}]}
    # A feature of 3 bytes makes an example of 16 bytes; none makes one of 2.
    assert ask("POST", MODEL + ":classify", body) == (
        200,
        {"results": [[["가", 8.0], ["b", 4.0]], [["가", 1.0], ["b", 0.5]]]},
    )


def test_labels_that_are_absent_are_empty():
    body = {"signature_name": "scores", "examples": [{}]}
    assert ask("POST", MODEL + ":classify", body) == (200, {"results": [[["", 1.0], ["", 0.5]]]})


def test_regress_answers_with_values_and_joins_the_context():
    body = {"signature_name": "value", "context": {"a": "xyz"}, "examples": [{}, {}]}
    assert ask("POST", MODEL + ":regress", body) == (200, {"results": [18.0, 18.0]})


def test_bodies_are_read_before_models_are_looked_up():
    text = "Example must be JSON object but got JSON Number"
    assert error("POST", "/v1/models/none:classify", {"examples": [1]}) == (400, text)
    assert error("POST", "/v1/models/none:predict", {"instances": [1]}) == (
        404,
        "Servable not found for request: Latest(none)",
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("POST", MODEL + ":PREDICT", 400, f"Malformed request: POST {MODEL}:PREDICT"),
        ("POST", MODEL + ":predict?a=1", 400, f"Malformed request: POST {MODEL}:predict?a=1"),
        ("POST", MODEL, 400, f"Malformed request: POST {MODEL}"),
        ("GET", MODEL + ":predict", 400, f"Malformed request: GET {MODEL}:predict"),
        ("PUT", MODEL, 400, f"Malformed request: PUT {MODEL}"),
        ("GET", "/v1/\xea\xb0\x80", 400, "Malformed request: GET /v1/가"),
        ("GET", "/v1/models", 400, "Missing model name in request."),
        (
            "GET",
            MODEL + "/versions/9223372036854775808",
            400,
            "Failed to convert version: 9223372036854775808 to numeric.",
        ),
        (
            "GET",
            MODEL + "/labels/canary/metadata",
            400,
            "Unrecognized servable version label: canary",
        ),
        ("POST", MODEL + ":classify", 400, "JSON Parse error: The document is empty"),
    ],
)
def test_refusals_have_the_words_of_tensorflow_serving(method, path, status, text):
    assert error(method, path) == (status, text)


def test_signatures_must_fit_the_verb():
    body = {"signature_name": "none", "examples": [{}]}
    assert error("POST", MODEL + ":regress", body) == (
        400,
        "No signature was found with the name: none",
    )
    body["signature_name"] = "classes"
    assert error("POST", MODEL + ":regress", body) == (400, "Expected one output Tensor.")


def test_a_label_is_resolved_for_metadata_and_ignored_for_status():
    status, answer = ask("GET", MODEL + "/labels/stable/metadata")
    assert status == 200
    assert answer["model_spec"] == {"name": "a/b", "signature_name": "", "version": "7"}
    status, answer = ask("GET", MODEL + "/labels/none")
    assert (status, len(answer["model_version_status"])) == (200, 1)


def test_paths_are_decoded_after_they_are_taken_apart():
    repository = Repository()
    api.answer(repository, "GET", "/V1/Models/a%2Fb/labels/%EA%B0%80/metadata", b"", None)
    api.answer(repository, "GET", "/v1/models/\xea\xb0\x80/versions/007/metadata", b"", None)
    assert repository.leases == [("a/b", None, "가"), ("가", 7, None)]


def test_method_names_count_only_if_asked():
    options = Options(check_method_names=True)
    path, body = MODEL + ":predict", {"instances": [1]}
    assert ask("POST", path, body)[0] == 200
    status, text = error("POST", path, body, options=options)
    assert status == 500 and text.endswith("Was: other")
    body = {"signature_name": "value", "examples": [{}]}
    assert ask("POST", MODEL + ":regress", body, options=options)[0] == 200


def test_requests_are_counted_and_timed_by_outcome():
    metrics = Metrics()
    ask("POST", MODEL + ":predict", {"instances": [1]}, metrics=metrics)
    ask("POST", MODEL + ":regress", {}, metrics=metrics)
    ask("POST", MODEL + ":predict", {"instances": [500]}, metrics=metrics)
    ask("GET", MODEL, metrics=metrics)
    ask("GET", "/v1/x", metrics=metrics)
    assert metrics.events == [
        ("runtime_latency", {"model_name": "a/b", "API": "Predict", "runtime": "TF1"}),
        ("request_latency", {"model_name": "a/b", "API": "predict", "entrypoint": "REST"}),
        ("request_count", {"model_name": "a/b", "status": "OK"}),
        ("request_count", {"model_name": "a/b", "status": "INVALID_ARGUMENT"}),
        ("request_count", {"model_name": "a/b", "status": "INTERNAL"}),
        ("request_latency", {"model_name": "a/b", "API": "", "entrypoint": "REST"}),
        ("request_count", {"model_name": "a/b", "status": "OK"}),
        ("request_count", {"model_name": "", "status": "INVALID_ARGUMENT"}),
    ]


def test_a_bug_is_an_internal_error():
    assert error("POST", MODEL + ":predict", {"instances": [500]}) == (
        500,
        "ZeroDivisionError: a bug",
    )
