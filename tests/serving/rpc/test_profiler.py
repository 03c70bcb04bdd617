"""Tests of serving/rpc/profiler.py: a stand-in for TensorFlow's profiler server, and the real."""

import concurrent.futures
import subprocess
import sys
import threading
import time

import grpc
import numpy as np
import pytest

from serving.frontend.admission import Admission
from serving.frontend.edge import Edge
from serving.rpc import profiler
from serving.rpc.server import GrpcConfig, GrpcServer
from serving.telemetry.metrics import Metrics
from tests.serving import fakes

PROFILE = "/tensorflow.ProfilerService/Profile"


def _edge(token=None):
    metrics = Metrics()
    return Edge(fakes.FakeRepository(), metrics, Admission(metrics, token))


def answer(request, context):
    if request == b"twice":
        context.abort(grpc.StatusCode.ALREADY_EXISTS, "Another profiler is running.")
    if request == b"slow":
        time.sleep(30)
    return b"profile of " + request


@pytest.fixture
def stand_in():
    """TensorFlow's server, as far as these tests see it."""
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(answer) for name in ("Profile", "Terminate")
    }
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("tensorflow.ProfilerService", handlers)]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield grpc.insecure_channel(f"127.0.0.1:{port}")
    server.stop(0)


@pytest.fixture
def serve(stand_in, monkeypatch):
    monkeypatch.setattr(profiler._Server, "_channel", stand_in)
    started = []

    def start(*, with_profiler=True, **edge):
        server = GrpcServer(_edge(**edge), GrpcConfig(2, profiler_service=with_profiler))
        port = server.listen("127.0.0.1:0")
        server.start()
        started.append(server)
        return grpc.insecure_channel(f"127.0.0.1:{port}")

    yield start
    for server in started:
        server.stop(0)


@pytest.mark.parametrize("method", ["Profile", "Terminate"])
def test_requests_and_answers_pass_as_they_are(serve, method):
    call = serve().unary_unary(f"/tensorflow.ProfilerService/{method}")
    assert call(b"\0\xff bytes", timeout=10) == b"profile of \0\xff bytes"


def test_what_the_profiler_refuses_is_refused_with_its_words(serve):
    with pytest.raises(grpc.RpcError, match="Another profiler is running") as raised:
        serve().unary_unary(PROFILE)(b"twice", timeout=10)
    assert raised.value.code() == grpc.StatusCode.ALREADY_EXISTS


def test_a_caller_without_the_token_is_refused(serve):
    channel = serve(token="secret")
    with pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary(PROFILE)(b"x", timeout=10)
    assert raised.value.code() == grpc.StatusCode.UNAUTHENTICATED
    metadata = [("authorization", "Bearer secret")]
    assert channel.unary_unary(PROFILE)(b"x", timeout=10, metadata=metadata) == b"profile of x"


def test_a_deadline_ends_the_wait(serve):
    with pytest.raises(grpc.RpcError) as raised:
        serve().unary_unary(PROFILE)(b"slow", timeout=0.3)
    assert raised.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


def test_without_the_service_there_is_no_such_method(serve):
    with pytest.raises(grpc.RpcError) as raised:
        serve(with_profiler=False).unary_unary(PROFILE)(b"x", timeout=10)
    assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED


TRACE = """
import sys
from tensorflow.python.profiler import profiler_client
profiler_client.trace(sys.argv[1], sys.argv[2], 500, "", 3)
"""


@pytest.mark.slow
def test_tensorflows_own_client_gets_a_trace_of_what_the_server_computes(exported, tmp_path):
    from serving.execution.saved_model import SavedModelPredictor

    predictor = SavedModelPredictor(exported)
    server = GrpcServer(_edge(), GrpcConfig(2, profiler_service=True))
    address = f"127.0.0.1:{server.listen('127.0.0.1:0')}"
    server.start()
    is_over, row = threading.Event(), np.ones((1, 2), "float32")

    def compute():
        while not is_over.wait(0.05):
            predictor.predict("add", {"a": row, "b": row})

    computing = threading.Thread(target=compute)
    computing.start()
    try:
        command = [sys.executable, "-c", TRACE, f"grpc://{address}", str(tmp_path)]
        subprocess.run(command, check=True, timeout=300)
    finally:
        is_over.set()
        computing.join()
        server.stop(0)
    (trace,) = tmp_path.rglob("*.xplane.pb")
    assert b"AddV2" in trace.read_bytes()
