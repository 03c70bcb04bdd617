"""Tests of serving/command/running.py with servers that load nothing."""

import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from serving.command import running


class FakeServer:
    """Sends this process a signal once it is started."""

    def __init__(self, number=None):
        self.number = number
        self.calls = []

    def start(self):
        self.calls.append("start")
        if self.number is None:
            raise ValueError("no model")

    def started(self):
        self.calls.append("started")
        threading.Timer(0.01, os.kill, (os.getpid(), self.number)).start()

    def stop(self):
        self.calls.append("stop")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_leaves_the_handlers_as_they_were(number):
    before = signal.getsignal(number)
    server = FakeServer(number)
    running.run(server, server.started)
    assert server.calls == ["start", "started", "stop"]
    assert signal.getsignal(number) is before


def test_why_a_server_does_not_start_is_raised():
    with pytest.raises(ValueError, match="no model"):
        running.run(FakeServer())


def run(body):
    """A process that runs a server with this body, as its lines arrive."""
    code = f"""
import threading, time
from serving.command import running

class Server:
{textwrap.indent(textwrap.dedent(body), "    ")}

running.run(Server(), lambda: print("started", flush=True))
print("drained", flush=True)
"""
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_a_signal_while_models_load_ends_the_process_with_zero():
    process = run(
        """
        def start(self):
            print("loading", flush=True)
            time.sleep(60)
        """
    )
    assert process.stdout.readline() == "loading\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=10) == ("", None)
    assert process.returncode == 0


def test_a_second_signal_ends_the_process_at_once():
    process = run(
        """
        def start(self):
            pass
        def stop(self):
            print("stopping", flush=True)
            threading.Event().wait(60)
        """
    )
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)  # As from a shell that tells the whole group.
    assert process.stdout.readline() == "stopping\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(running._SAME_SIGNAL_SECONDS + 0.2)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=10) == ("", None)
    assert process.returncode == -signal.SIGTERM
