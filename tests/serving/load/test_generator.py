"""Tests of serving/load: the generator against servers that follow a script."""

import asyncio
import concurrent.futures
import contextlib
import http.server
import os
import subprocess
import sys
import threading

import grpc
import numpy as np
import pytest

from serving.load import generator, measuring, processes
from serving.load.job import Job, Outcome, Target
from serving.load.tally import Tally

PATH = "/v1/models/m:predict"


class ScriptedHandler(http.server.BaseHTTPRequestHandler):
    """Doubles a number; other bodies name what is to go wrong."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, body))
        if body == b"vanish":
            self.close_connection = True
        elif body == b"refuse":
            self.answer(503, b"try later")
        elif body == b"last":
            self.answer(200, b"bye", [("Connection", "close")])
        elif body == b"chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
        else:
            self.answer(200, b"%d" % (2 * int(body)))

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in [("Content-Length", str(len(body))), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def http_server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ScriptedHandler)
    server.daemon_threads = True
    server.received = []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield server, Target("rest", "127.0.0.1", server.server_port, PATH)
    finally:
        server.shutdown()
        server.server_close()


def echo(request, context):
    if request == b"refuse":
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "The batch scheduling queue is full")
    if request.startswith(b"long:"):
        return request[5:] * 100_000
    return request


@pytest.fixture(scope="module")
def grpc_target():
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), options=unlimited)
    method = grpc.unary_unary_rpc_method_handler(echo)
    service = grpc.method_handlers_generic_handler(
        "tensorflow.serving.PredictionService", {"Predict": method}
    )
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield Target("grpc", "127.0.0.1", port)
    server.stop(None)


def run(target, payloads, concurrency=2, seconds=0.15, warmup_seconds=0.0, samples=99):
    job = Job(target, payloads, concurrency, seconds, warmup_seconds, samples)
    return asyncio.run(generator.run(job))


def test_rest_answers_are_counted_and_kept_with_the_payload_they_answer():
    with http_server() as (server, target):
        outcome = run(target, [b"3", b"4", b"5"])
    assert len(outcome.latencies) > 3
    assert outcome.errors == {}
    assert {(0, b"6"), (1, b"8"), (2, b"10")} == set(outcome.samples)
    assert {path for path, _ in server.received} == {PATH}
    assert all(0 < seconds < 5 for seconds in outcome.latencies)


def test_the_payloads_are_sent_in_turns():
    with http_server() as (server, target):
        run(target, [b"3", b"4", b"5"], concurrency=1)
    sent = [body for _, body in server.received]
    assert sent[:6] == [b"3", b"4", b"5", b"3", b"4", b"5"]


def test_refusals_over_rest_are_counted_apart_from_answers():
    with http_server() as (_, target):
        outcome = run(target, [b"3", b"refuse"])
    assert outcome.errors.keys() == {"HTTP 503"}
    assert outcome.errors["HTTP 503"] > 1
    assert outcome.error_text == "try later"
    assert {index for index, _ in outcome.samples} == {0}


def test_a_lost_connection_is_an_error_and_the_caller_goes_on():
    with http_server() as (server, target):
        outcome = run(target, [b"3", b"vanish"], concurrency=1, seconds=0.4)
    assert outcome.errors.keys() == {"no answer"}
    assert [body for _, body in server.received][:3] == [b"3", b"vanish", b"3"]
    assert len(outcome.latencies) > 1


def test_a_server_that_closes_after_an_answer_loses_nothing():
    with http_server() as (_, target):
        outcome = run(target, [b"last"], concurrency=1, seconds=0.4)
    assert outcome.errors == {}
    assert len(outcome.latencies) > 1


def test_chunked_answers_are_put_together():
    with http_server() as (_, target):
        outcome = run(target, [b"chunked"])
    assert {answer for _, answer in outcome.samples} == {b"abcdefg"}


def test_grpc_answers_are_counted_and_kept_with_the_payload_they_answer(grpc_target):
    outcome = run(grpc_target, [b"one", b"two", b"three"], concurrency=5)
    assert outcome.errors == {}
    assert len(outcome.latencies) > 5
    assert {(0, b"one"), (1, b"two"), (2, b"three")} == set(outcome.samples)


def test_refusals_over_grpc_are_counted_by_their_code(grpc_target):
    outcome = run(grpc_target, [b"refuse", b"fine"])
    assert outcome.errors.keys() == {"RESOURCE_EXHAUSTED"}
    assert outcome.error_text == "The batch scheduling queue is full"
    assert {answer for _, answer in outcome.samples} == {b"fine"}


def test_a_method_the_server_does_not_have_is_unimplemented(grpc_target):
    target = Target("grpc", "127.0.0.1", grpc_target.port, "/inference.Service/Infer")
    assert run(target, [b"x"]).errors.keys() == {"UNIMPLEMENTED"}


def test_messages_larger_than_the_windows_go_through_both_ways(grpc_target):
    large = bytes(range(256)) * 3000
    outcome = run(grpc_target, [large, b"long:ab"], concurrency=3, seconds=0.3)
    assert outcome.errors == {}
    assert {(0, large), (1, b"ab" * 100_000)} == set(outcome.samples)


def test_a_server_of_another_protocol_is_an_error_and_no_success():
    with http_server() as (server, _):
        outcome = run(Target("grpc", "127.0.0.1", server.server_port), [b"3"])
    assert outcome.latencies == []
    assert outcome.errors.keys() == {"UNAVAILABLE"}


def test_the_process_of_its_own_measures_what_was_asked(grpc_target):
    target = Target("grpc", "127.0.0.1", grpc_target.port, pid=os.getpid())
    result = measuring.measure(target, [b"a", b"bb"], 2, 0.2, 0.05, check=is_echo([b"a", b"bb"]))
    assert result.is_clean
    assert result.requests > 2
    assert result.requests_per_second == pytest.approx(result.requests / 0.2, rel=0.5)
    assert 0 < result.p50_ms <= result.p95_ms <= result.p99_ms
    assert 0 < result.checked <= 256
    assert result.generator_cpus > 0
    assert result.server_memory_mib > 1


def is_echo(payloads):
    return lambda index, answer: "" if answer == payloads[index] else f"received {answer!r}"


def test_a_fast_server_with_wrong_answers_is_caught(grpc_target):
    outcome = run(grpc_target, [b"a", b"b"])
    result = measuring.summarize(outcome, is_echo([b"a", b"B"]))
    assert not result.is_clean
    assert 0 < result.wrong < result.checked == len(outcome.samples)
    assert result.wrong_text == "received b'b'"


def test_nobody_there_is_told_with_the_address():
    with http_server() as (server, _):
        port = server.server_port
    with pytest.raises(measuring.LoadError, match=rf"Cannot measure rest at 127.0.0.1:{port}: .+"):
        measuring.measure(Target("rest", "127.0.0.1", port, PATH), [b"3"], 1, 0.1)


def test_percentiles_are_of_the_latencies_in_milliseconds():
    outcome = Outcome(
        latencies=[n / 1000 for n in range(101)],
        seconds=2.0,
        span=4.0,
        errors={"HTTP 429": 7},
        error_text="full",
        samples=[],
        generator_cpu=0.5,
        server_cpu=3.0,
        server_memory=5 << 20,
    )
    result = measuring.summarize(outcome, None)
    assert (result.p50_ms, result.p95_ms, result.p99_ms) == pytest.approx((50, 95, 99))
    assert result.requests_per_second == 25.25
    assert (result.generator_cpus, result.server_cpus) == (0.25, 1.5)
    assert result.server_memory_mib == 5
    assert not result.is_clean


def test_without_an_answer_there_are_no_percentiles():
    outcome = Outcome([], 1.0, 1.0, {"UNAVAILABLE": 2}, "", [], 0.0, None, None)
    result = measuring.summarize(outcome, None)
    assert (result.p50_ms, result.p99_ms, result.requests_per_second) == (None, None, 0)
    assert result.server_cpus is result.server_memory_mib is None


def test_only_answers_inside_the_window_are_measured():
    tally = Tally([b"x"], samples=0)
    tally.answered(0, 0.0, b"")
    tally.open(now=0.0)
    tally.answered(0, 0.0, b"")
    tally.answered(0, 0.0, b"")
    tally.close(now=1.0)
    tally.answered(0, 0.0, b"")
    assert len(tally.latencies) == 2
    assert tally.is_stopped


def spanned(monkeypatch, before, inside, opened=10.0, closed=20.0):
    clock = iter([*before, *inside])
    monkeypatch.setattr("serving.load.tally.time.perf_counter", lambda: next(clock))
    tally = Tally([b"x"], samples=0)
    for _ in before:
        tally.answered(0, 0.0, b"")
    tally.open(opened)
    for _ in inside:
        tally.answered(0, 0.0, b"")
    tally.close(closed)
    return tally.span()


def test_the_rate_of_answers_in_batches_does_not_depend_on_where_the_window_begins(monkeypatch):
    # Two answers every 3 s; once three batches fall into the ten seconds, once four.
    three = [12.9, 12.9, 15.9, 15.9, 18.9, 18.9]
    four = [10.8, 10.8, 13.8, 13.8, 16.8, 16.8, 19.8, 19.8]
    assert spanned(monkeypatch, [9.9, 9.9], three) == pytest.approx(9)
    assert spanned(monkeypatch, [7.8, 7.8], four) == pytest.approx(12)


def test_a_server_that_falls_silent_is_not_made_faster_by_it(monkeypatch):
    assert spanned(monkeypatch, [9.9], [10.1, 10.2, 10.3]) == pytest.approx(10.1)


def test_without_an_answer_the_whole_window_counts(monkeypatch):
    assert spanned(monkeypatch, [9.0], []) == 10


def test_samples_are_spread_over_the_whole_run():
    tally = Tally([b"x"], samples=5)
    for number in range(1000):
        tally.answered(number, 0.0, b"")
    kept = [index for index, _ in tally.samples]
    assert 3 <= len(kept) <= 5
    assert kept[0] == 0
    assert kept[-1] > 700


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"payloads": []}, "at least one body"),
        ({"concurrency": 0}, "`concurrency` must be at least 1. Received: 0"),
        ({"seconds": 0}, "`seconds` must be positive"),
    ],
)
def test_impossible_jobs_are_refused(change, message):
    target = Target("grpc", "localhost", 1)
    values = {"payloads": [b"x"], "concurrency": 1, "seconds": 1.0, "warmup_seconds": 0.0}
    with pytest.raises(ValueError, match=message):
        Job(target, samples=0, **{**values, **change})


def test_an_unknown_protocol_is_refused():
    with pytest.raises(ValueError, match="rest or grpc. Received: 'http'"):
        Target("http", "localhost", 1)


def test_memory_and_time_of_a_process_include_its_children():
    code = "x = b'x' * 50_000_000; print(sum(range(2_000_000)), flush=True); input()"
    alone = processes.memory_bytes(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        assert child.pid in processes.family(os.getpid())
        assert processes.memory_bytes(child.pid) > 50_000_000
        assert processes.memory_bytes(os.getpid()) > alone + 40_000_000
        assert 0 < processes.cpu_seconds(child.pid) < processes.cpu_seconds(os.getpid())
        child.communicate(b"\n")
    assert processes.memory_bytes(child.pid) == 0


def test_the_generator_does_not_import_tensorflow():
    code = "import sys, serving.load.generator; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_numbers_of_processes_that_are_gone_count_nothing():
    assert processes.cpu_seconds(2**22 + 1) == 0
    assert np.isfinite(processes.memory_bytes(2**22 + 1))
