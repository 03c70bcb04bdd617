"""Tests of serving/rpc/service.py with a real server and the official stubs."""

import concurrent.futures
import contextlib

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from serving import errors
from serving.execution import saved_model
from serving.model import VersionStatus
from serving.rpc import service
from tests.serving import exports, version1_exports

COUNT = "/tensorflow/serving/request_count"


class Repository:
    """Predictors by name; version 7 of each, also under the label `stable`."""

    def __init__(self, predictors):
        self.predictors = predictors
        self.applied = None

    def lease(self, spec):
        if spec.label not in (None, "stable"):
            raise errors.invalid_argument(f"Unrecognized servable version label: {spec.label}")
        if spec.name not in self.predictors or spec.version not in (None, 7):
            raise errors.not_found(f"Servable not found for request: Latest({spec.name})")
        return contextlib.nullcontext(self.predictors[spec.name])

    def status(self, name, version=None):
        if name not in self.predictors:
            raise errors.not_found(f"Could not find any versions of model {name}")
        return [VersionStatus(8, "END", "NOT_FOUND", "no"), VersionStatus(7, "AVAILABLE")]

    def apply(self, models):
        if any(model.name == "broken" for model in models):
            raise errors.ServingError(
                "UNKNOWN", "1 model(s) did not become available: " + "x" * 2000
            )
        self.applied = models


class Metrics:
    """Counts in a dictionary."""

    def __init__(self):
        self.events = []

    def increment(self, name, amount=1, **labels):
        self.events.append((name, labels))

    def observe(self, name, value, **labels):
        self.events.append((name, labels))

    def value(self, name):
        counted = [event for event in self.events if event[0] == name]
        return len(counted) if name == COUNT else None


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    paths = {
        "v1": version1_exports.export(folder / "v1"),
        "slow": exports.export_slow_model(folder / "slow"),
    }
    predictors = {name: saved_model.SavedModelPredictor(path, 7) for name, path in paths.items()}
    yield Repository(predictors)
    for predictor in predictors.values():
        predictor.close()


@pytest.fixture(scope="module")
def metrics():
    return Metrics()


@pytest.fixture(scope="module")
def channel(repository, metrics):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        service.PredictionService(repository, metrics), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(
        service.ModelService(repository, metrics), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as opened:
        yield opened
    server.stop(None)


@pytest.fixture(scope="module")
def prediction(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="module")
def models(channel):
    return model_service_pb2_grpc.ModelServiceStub(channel)


def predict_request(name="v1", signature="", **inputs):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    for alias, value in inputs.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
    return request


def example_request(message_class, signature):
    request = message_class()
    request.model_spec.name = "v1"
    request.model_spec.signature_name = signature
    example = request.input.example_list.examples.add()
    example.features.feature["x"].float_list.value.append(4)
    return request


def refusal(call, request, timeout=10):
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=timeout)
    return caught.value.code().name, caught.value.details()


def test_every_inference_api_answers(prediction):
    x = np.array([1, 2], "float32")
    assert list(prediction.Predict(predict_request(x=x)).outputs["y"].float_val) == [2.5, 3]
    classified = prediction.Classify(
        example_request(classification_pb2.ClassificationRequest, "classify")
    )
    assert classified.result.classifications[0].classes[2].label == "two"
    regressed = prediction.Regress(example_request(regression_pb2.RegressionRequest, "regress"))
    assert regressed.result.regressions[0].value == 4
    request = inference_pb2.MultiInferenceRequest()
    request.input.CopyFrom(example_request(regression_pb2.RegressionRequest, "").input)
    task = request.tasks.add(method_name=version1_exports.REGRESS)
    task.model_spec.name, task.model_spec.signature_name = "v1", "regress"
    assert prediction.MultiInference(request).results[0].regression_result.regressions[0].value == 4


def test_requests_are_counted_and_timed_by_outcome(prediction, metrics):
    del metrics.events[:]
    prediction.Predict(predict_request(x=np.array([1], "float32")))
    refusal(prediction.Predict, predict_request(signature="s"))
    refusal(prediction.Classify, classification_pb2.ClassificationRequest())
    assert metrics.events == [
        (
            "/tensorflow/serving/runtime_latency",
            {"model_name": "v1", "API": "Predict", "runtime": "TF1"},
        ),
        (
            "/tensorflow/serving/request_latency",
            {"model_name": "v1", "API": "Predict", "entrypoint": "GRPC"},
        ),
        (COUNT, {"model_name": "v1", "status": "OK"}),
        (COUNT, {"model_name": "v1", "status": "FAILED_PRECONDITION"}),
        (COUNT, {"model_name": "", "status": "INVALID_ARGUMENT"}),
    ]


def test_the_deadline_of_the_call_ends_the_run(prediction):
    steps = np.int32(2**31 - 1)
    code, _ = refusal(prediction.Predict, predict_request("slow", steps=steps), timeout=0.2)
    assert code == "DEADLINE_EXCEEDED"
    # Had the run gone on, it would hold one of the two threads.
    for _ in range(4):
        answer = prediction.Predict(predict_request("slow", steps=np.int32(3)), timeout=10)
        assert answer.outputs["total"].int_val[0] == 3


def test_the_model_may_be_named_by_version_or_label(prediction):
    request = predict_request(x=np.array([1], "float32"))
    request.model_spec.version.value = 7
    assert prediction.Predict(request).model_spec.version.value == 7
    request.model_spec.version_label = "stable"
    assert prediction.Predict(request).model_spec.version.value == 7
    request.model_spec.version_label = "canary"
    assert refusal(prediction.Predict, request) == (
        "INVALID_ARGUMENT",
        "Unrecognized servable version label: canary",
    )


NAMELESS = inference_pb2.MultiInferenceRequest(tasks=[inference_pb2.InferenceTask()])


@pytest.mark.parametrize(
    ("api", "request_", "text"),
    [
        ("Predict", predict_pb2.PredictRequest(), "Missing ModelSpec"),
        ("Classify", classification_pb2.ClassificationRequest(), "Missing ModelSpec"),
        ("Regress", regression_pb2.RegressionRequest(), "Missing ModelSpec"),
        ("GetModelMetadata", get_model_metadata_pb2.GetModelMetadataRequest(), "Missing ModelSpec"),
        ("Predict", predict_request(""), "ModelSpec has no name specified."),
        (
            "MultiInference",
            inference_pb2.MultiInferenceRequest(),
            "ModelSpec has no name specified.",
        ),
        ("MultiInference", NAMELESS, "ModelSpec has no name specified."),
    ],
)
def test_a_request_names_its_model(prediction, api, request_, text):
    assert refusal(getattr(prediction, api), request_) == ("INVALID_ARGUMENT", text)


def test_an_unknown_model_is_not_found(prediction):
    for api, request in (
        ("Predict", predict_request("m")),
        ("Classify", classification_pb2.ClassificationRequest()),
        ("Regress", regression_pb2.RegressionRequest()),
    ):
        request.model_spec.name = "m"
        assert refusal(getattr(prediction, api), request) == (
            "NOT_FOUND",
            "Servable not found for request: Latest(m)",
        )


def test_metadata_is_the_signatures(prediction):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "v1"
    response = prediction.GetModelMetadata(request)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    assert signatures.signature_def["regress"].method_name == version1_exports.REGRESS
    assert response.model_spec.version.value == 7
    request.metadata_field.append("x")
    assert refusal(prediction.GetModelMetadata, request)[1] == "Metadata field x is not supported"
    del request.metadata_field[:]
    assert refusal(prediction.GetModelMetadata, request)[1] == (
        "GetModelMetadataRequest must specify at least one metadata_field"
    )


def test_status_lists_versions_whatever_the_label(models):
    request = get_model_status_pb2.GetModelStatusRequest()
    assert refusal(models.GetModelStatus, request) == ("INVALID_ARGUMENT", "Missing ModelSpec")
    request.model_spec.name = "v1"
    request.model_spec.version_label = "no such label"
    states = models.GetModelStatus(request).model_version_status
    assert [(state.version, state.status.error_message) for state in states] == [(8, "no"), (7, "")]
    request.model_spec.name = "m"
    assert refusal(models.GetModelStatus, request) == (
        "NOT_FOUND",
        "Could not find any versions of model m",
    )


def reload_request(name):
    request = model_management_pb2.ReloadConfigRequest(metric_names=[COUNT, "/unknown"])
    request.config.model_config_list.config.add(
        name=name, base_path="/models/m", model_platform="tensorflow"
    )
    return request


def test_reload_hands_the_list_on_and_reports_increases(models, repository, metrics):
    response = models.HandleReloadConfigRequest(reload_request("m"))
    assert [model.name for model in repository.applied] == ["m"]
    assert response.HasField("status") and response.status.error_code == 0
    assert {metric.name: metric.int64_value_increase for metric in response.metric} == {
        COUNT: 0,
        "/unknown": 0,
    }


def test_reload_takes_lists_of_models_only(models):
    assert refusal(
        models.HandleReloadConfigRequest, model_management_pb2.ReloadConfigRequest()
    ) == (
        "INVALID_ARGUMENT",
        "ServerModelConfig type not supported by HandleReloadConfigRequest. "
        "Only ModelConfigList is currently supported",
    )


def test_long_texts_are_cut_and_failures_of_a_reload_reach_the_client(models):
    code, text = refusal(models.HandleReloadConfigRequest, reload_request("broken"))
    assert code == "UNKNOWN"
    assert text.startswith("1 model(s) did not become available: xx")
    assert len(text) == 1024 + len("...TRUNCATED") and text.endswith("x...TRUNCATED")
