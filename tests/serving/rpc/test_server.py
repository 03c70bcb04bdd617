"""Tests of serving/rpc/{server,gate}.py with TensorFlow Serving's own stubs."""

import contextlib
import io
import json
import threading

import grpc
import pytest
import trustme
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving.frontend.admission import Admission
from serving.frontend.edge import Edge
from serving.frontend.tls import Tls
from serving.rpc.server import GrpcConfig, GrpcServer
from serving.telemetry.access_log import AccessLog
from serving.telemetry.metrics import Metrics
from tests.serving import fakes

TOKEN = "correct-horse-battery"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def repository():
    return fakes.FakeRepository()


@contextlib.contextmanager
def serving(repository, address="127.0.0.1:0", tls=None, access_log=None, admission=None, **config):
    metrics = Metrics()
    admission = admission or Admission(metrics)
    edge = Edge(repository, metrics, admission, access_log=access_log)
    server = GrpcServer(edge, GrpcConfig(num_threads=5, **config))
    port = server.listen(address, tls)
    server.start()
    try:
        yield server, f"127.0.0.1:{port}" if port > 1 else address
    finally:
        server.stop(None).wait()


def status(target, name="demo", metadata=(), credentials=None, padding=0):
    """Ask for the states of a model."""
    with (
        grpc.secure_channel(target, credentials) if credentials else grpc.insecure_channel(target)
    ) as channel:
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = name
        request.model_spec.signature_name = "x" * padding
        return model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(
            request, metadata=metadata, timeout=10
        )


def versions(response):
    return [state.version for state in response.model_version_status]


def test_both_services_answer(repository):
    with serving(repository) as (_, target), grpc.insecure_channel(target) as channel:
        assert versions(status(target)) == [4, 3]
        request = predict_pb2.PredictRequest()
        request.model_spec.name = "no"
        with pytest.raises(grpc.RpcError) as caught:
            prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=10)
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND
        assert caught.value.details() == "Servable not found for request: Latest(no)"


def test_an_unknown_procedure_is_unimplemented(repository):
    with serving(repository) as (_, target), grpc.insecure_channel(target) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/tensorflow.serving.PredictionService/Guess")(b"", timeout=10)
        assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_bytes_that_are_no_message_are_an_error_of_their_own(repository):
    with serving(repository) as (_, target), grpc.insecure_channel(target) as channel:
        call = channel.unary_unary("/tensorflow.serving.ModelService/GetModelStatus")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"\xff\xff", timeout=10)
        assert caught.value.code() == grpc.StatusCode.INTERNAL
        assert versions(status(target)) == [4, 3]


def test_requests_beyond_4_megabytes_are_read_unless_limited(repository):
    with serving(repository) as (_, target):
        assert versions(status(target, padding=5 * 2**20)) == [4, 3]
    with serving(repository, max_request_bytes=1000) as (_, target):
        assert versions(status(target, padding=900)) == [4, 3]
        with pytest.raises(grpc.RpcError) as caught:
            status(target, padding=1000)
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_unix_socket_is_an_address_like_any_other(repository, tmp_path):
    with serving(repository, f"unix:{tmp_path}/socket") as (_, target):
        assert versions(status(target)) == [4, 3]


def test_a_taken_port_is_an_error(repository):
    metrics = Metrics()
    second = GrpcServer(Edge(repository, metrics, Admission(metrics)))
    with serving(repository) as (_, target), pytest.raises(RuntimeError):
        second.listen(target)


def test_arguments_of_the_channel_reach_the_core(repository):
    arguments = (("grpc.max_receive_message_length", 500), ("grpc.primary_user_agent", "x"))
    with serving(repository, channel_arguments=arguments) as (_, target):
        with pytest.raises(grpc.RpcError) as caught:
            status(target, padding=1000)
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("verifies", [False, True])
def test_tls_asks_clients_for_a_certificate_only_if_told_to(repository, verifies):
    authority = trustme.CA()
    ca = authority.cert_pem.bytes()
    issued = authority.issue_cert("127.0.0.1")
    key, chain = issued.private_key_pem.bytes(), issued.cert_chain_pems[0].bytes()
    tls = Tls(key.decode(), chain.decode(), ca.decode(), verifies)
    with serving(repository, tls=tls) as (_, target):
        known = grpc.ssl_channel_credentials(ca, key, chain)
        assert versions(status(target, credentials=known)) == [4, 3]
        with contextlib.ExitStack() as stack:
            if verifies:
                stack.enter_context(pytest.raises(grpc.RpcError))
            anonymous = grpc.ssl_channel_credentials(ca)
            assert versions(status(target, credentials=anonymous)) == [4, 3]


@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer wrong"),)])
def test_without_the_token_requests_are_refused(repository, metadata):
    admission = Admission(Metrics(), TOKEN)
    with serving(repository, admission=admission) as (_, target):
        with pytest.raises(grpc.RpcError) as caught:
            status(target, metadata=metadata)
        assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED
        assert "asks for a token" in caught.value.details()


def test_with_the_token_requests_are_answered_and_health_needs_none(repository):
    admission = Admission(Metrics(), TOKEN)
    with serving(repository, admission=admission, health_service=True) as (_, target):
        metadata = (("authorization", f"Bearer {TOKEN}"),)
        assert versions(status(target, metadata=metadata)) == [4, 3]
        assert health(target, "") == SERVING


def test_beyond_the_limit_of_concurrency_requests_are_sent_away(repository):
    is_inside, may_leave = threading.Event(), threading.Event()
    answer = repository.status

    def wait_and_answer(*arguments):
        is_inside.set()
        may_leave.wait(10)
        return answer(*arguments)

    repository.status = wait_and_answer
    admission = Admission(Metrics(), max_concurrent_requests=1)
    with serving(repository, admission=admission) as (_, target):
        thread = threading.Thread(target=status, args=(target,))
        thread.start()
        assert is_inside.wait(10)
        with pytest.raises(grpc.RpcError) as caught:
            status(target)
        may_leave.set()
        thread.join()
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        assert "already answers 1 requests, its limit" in caught.value.details()
        assert versions(status(target)) == [4, 3]


def health(target, service):
    with grpc.insecure_channel(target) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        return health_pb2_grpc.HealthStub(channel).Check(request, timeout=10).status


@pytest.mark.parametrize("service", ["", "ModelService", "PredictionService"])
def test_health_is_serving_until_the_server_drains(repository, service):
    with serving(repository, health_service=True) as (server, target):
        assert health(target, service) == SERVING
        server.drain()
        assert health(target, service) == NOT_SERVING
        assert versions(status(target)) == [4, 3]


def test_health_is_not_there_unless_asked_for(repository):
    with serving(repository) as (_, target):
        with pytest.raises(grpc.RpcError) as caught:
            health(target, "")
        assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_the_log_has_a_line_per_request_but_not_for_health(repository):
    stream = io.StringIO()
    log = AccessLog(stream)
    with serving(repository, access_log=log, health_service=True) as (_, target):
        response = status(target)
        with pytest.raises(grpc.RpcError):
            status(target, "no")
        health(target, "")
    log.close()
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first["client"].startswith("ipv4:127.0.0.1:")
    assert {key: first[key] for key in first.keys() - {"time", "milliseconds", "client"}} == {
        "protocol": "GRPC",
        "method": "GetModelStatus",
        "path": "/tensorflow.serving.ModelService/GetModelStatus",
        "status": "OK",
        "request_bytes": 8,
        "response_bytes": response.ByteSize(),
        "model": "demo",
    }
    assert (second["status"], second["model"], second["response_bytes"]) == ("NOT_FOUND", "no", 0)


def test_the_log_tells_who_was_refused(repository):
    stream = io.StringIO()
    log = AccessLog(stream)
    admission = Admission(Metrics(), TOKEN)
    with (
        serving(repository, access_log=log, admission=admission) as (_, target),
        pytest.raises(grpc.RpcError),
    ):
        status(target)
    log.close()
    [line] = map(json.loads, stream.getvalue().splitlines())
    assert (line["status"], line["model"]) == ("UNAUTHENTICATED", "")
