"""A server process that is killed in the middle of its work, and started again in its place."""

import json
import socket
import subprocess
import sys
import threading
import urllib.request

import pytest

from serving.client import Client, Retries
from tests.serving.served_models import export_number, wait_until

PATIENT = Retries(attempts=200, first_delay=0.05, max_delay=0.2)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return unused.getsockname()[1]


class Process:
    """`python -m serving` with one model, on ports that stay the same."""

    def __init__(self, base, log):
        self.grpc_port, self.rest_port = free_port(), free_port()
        self._log = log
        self._arguments = [
            f"--port={self.grpc_port}",
            f"--rest_api_port={self.rest_port}",
            f"--model_base_path={base}",
            "--model_name=m",
            "--file_system_poll_wait_seconds=1",
        ]
        self._process = None

    def start(self):
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "serving", *self._arguments], stdout=log, stderr=log
            )

    def kill(self):
        self._process.kill()
        self._process.wait()

    def number(self):
        """The version that answers; None as long as there is no server."""
        url = f"http://127.0.0.1:{self.rest_port}/v1/models/m:predict"
        try:
            with urllib.request.urlopen(url, b'{"instances": [0]}', timeout=10) as response:
                return json.load(response)["predictions"][0]["number"]
        except OSError:
            return None

    def wait(self):
        wait_until(lambda: self.number() is not None, self._log.read_text, seconds=60)


@pytest.fixture
def process(tmp_path):
    for number in (1, 2):
        export_number(tmp_path / "m", number)
    running = Process(tmp_path / "m", tmp_path / "log.txt")
    running.start()
    yield running
    running.kill()


def test_after_a_kill_the_same_ports_serve_the_newest_version_to_clients_that_wait(
    process, tmp_path
):
    process.wait()
    stop, answers, failures = threading.Event(), [], []

    def ask(address):
        with Client(address, retries=PATIENT, timeout=60) as client:
            while not stop.is_set():
                try:
                    answer = client.predict("m", {"x": [0.0, 0.0, 0.0]})
                except Exception as error:  # Whatever it is, it must not be there.
                    failures.append(error)
                else:
                    answers.append({*answer["y"].tolist(), *answer["number"].tolist()})

    addresses = [f"127.0.0.1:{process.rest_port}", f"grpc://127.0.0.1:{process.grpc_port}"]
    threads = [threading.Thread(target=ask, args=(address,)) for address in addresses * 2]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(answers) > 50)
    process.kill()
    # What comes while nobody looks counts, too; what is half there does not.
    export_number(tmp_path / "m", 3)
    (tmp_path / "m" / "4.unfinished").mkdir()
    process.start()
    wait_until(lambda: {3.0} in answers, lambda: str(failures), seconds=60)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {frozenset(answer) for answer in answers} == {frozenset({2.0}), frozenset({3.0})}
