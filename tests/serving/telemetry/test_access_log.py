"""Tests of serving/telemetry/access_log.py."""

import io
import json
import threading

from serving.telemetry import access_log
from serving.telemetry.access_log import AccessLog

REQUEST = {
    "protocol": "GRPC",
    "method": "Predict",
    "path": "/tensorflow.serving.PredictionService/Predict",
    "status": "NOT_FOUND",
    "seconds": 0.0123456,
    "request_bytes": 7,
    "response_bytes": 0,
    "model": 'a "model"\n',
    "client": "ipv4:192.0.2.7:1234",
}


class BlockedStream(io.StringIO):
    """Lets the first line through only when told to."""

    def __init__(self):
        super().__init__()
        self.is_reached = threading.Event()
        self.may_go_on = threading.Event()

    def write(self, text):
        self.is_reached.set()
        self.may_go_on.wait(10)
        return super().write(text)


class FullDisk(io.StringIO):
    """Has space again after the first time."""

    def __init__(self):
        super().__init__()
        self.has_failed = threading.Event()

    def write(self, text):
        if not self.has_failed.is_set():
            self.has_failed.set()
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_every_request_is_one_line_of_json():
    stream = io.StringIO()
    log = AccessLog(stream)
    log.add(**REQUEST)
    log.add(**REQUEST | {"status": 200})
    log.close()
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first.pop("time")
    expected = {key: value for key, value in REQUEST.items() if key != "seconds"}
    assert first == expected | {"milliseconds": 12.346}
    assert second["status"] == 200


def test_a_slow_stream_holds_up_nobody_and_what_was_dropped_is_counted(monkeypatch):
    monkeypatch.setattr(access_log, "_MOST_WAITING", 2)
    stream = BlockedStream()
    log = AccessLog(stream)
    log.add(**REQUEST)
    assert stream.is_reached.wait(10)
    for _ in range(5):
        log.add(**REQUEST)
    stream.may_go_on.set()
    log.close()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 4
    assert lines[-1] == {"dropped": 3}


def test_a_stream_that_fails_is_told_about_and_tried_again(caplog):
    stream = FullDisk()
    log = AccessLog(stream)
    log.add(**REQUEST)
    assert stream.has_failed.wait(10)
    log.add(**REQUEST)
    log.close()
    assert "Cannot write the access log: [Errno 28] No space left on device" in caplog.text
    assert len(stream.getvalue().splitlines()) == 1


def test_what_a_client_names_cannot_begin_a_line():
    stream = io.StringIO()
    log = AccessLog(stream)
    log.add(**REQUEST | {"path": '/\n{"status": 200}'})
    log.close()
    assert len(stream.getvalue().splitlines()) == 1


def test_closing_writes_what_waits():
    stream = io.StringIO()
    log = AccessLog(stream)
    for _ in range(50):
        log.add(**REQUEST)
    log.close()
    assert len(stream.getvalue().splitlines()) == 50
