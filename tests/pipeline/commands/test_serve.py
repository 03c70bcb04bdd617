"""Tests of pipeline/commands/serve.py: what a person reads when `maru serve` has started."""

import contextlib
import pathlib
import signal
import subprocess
import sys

import pytest
import requests

from pipeline.commands import serve
from serving.model import Signature, TensorSpec, VersionStatus

FOLDER, LOG = pathlib.Path("/w/served"), pathlib.Path("/w/server.log")


class FakeServer:
    """A started server with one input per model; the last version of `broken` did not load."""

    def __init__(self, **inputs):
        self.repository = self
        self.inputs = inputs
        self.grpc_port, self.rest_port = 8500, 8501

    def model_names(self):
        return sorted(self.inputs)

    def status(self, name):
        if name == "broken":
            return [VersionStatus(7, "END", "NOT_FOUND", "no file")]
        return [VersionStatus(12, "AVAILABLE")]

    def lease(self, spec):
        predictor = type("Predictor", (), {})()
        alias, dtype = self.inputs[spec.name]
        predictor.signatures = {"serving_default": Signature({alias: TensorSpec(dtype)}, {})}
        return contextlib.nullcontext(predictor)


def describe(server, host="h", with_playground=True):
    return serve.describe(server, FOLDER, host, LOG, with_playground=with_playground)


def test_it_tells_what_is_served_where_and_how_to_ask():
    server = FakeServer(broken=("text", "string"), reviews=("text", "string"))
    assert describe(server, "127.0.0.1").splitlines() == [
        "Serving /w/served; new models and versions are picked up as they are pushed.",
        "",
        "  broken   version 7 END: no file",
        "  reviews  version 12",
        "",
        "REST  http://127.0.0.1:8501/v1/models/<model>:predict",
        "gRPC  127.0.0.1:8500",
        "Page  http://127.0.0.1:8501/ (the models in a browser)",
        "",
        "Try:",
        '  curl -d \'{"instances": ["some text"]}\' http://127.0.0.1:8501/v1/models/reviews:predict',
        "",
        "Ctrl-C or SIGTERM stops it; running requests are answered first.",
        "Log: /w/server.log",
    ]


@pytest.mark.parametrize(
    ("alias", "dtype", "command"),
    [
        (
            "image_bytes",
            "string",
            "$(base64 -w0 image.png)'\"}]}' http://h:8501/v1/models/m:predict",
        ),
        ("x", "float", "  curl http://h:8501/v1/models/m/metadata"),
    ],
)
def test_the_example_fits_the_input(alias, dtype, command):
    assert command in describe(FakeServer(m=(alias, dtype)))


def test_every_address_is_shown_as_one_that_can_be_asked():
    shown = describe(FakeServer(m=("x", "float")), "0.0.0.0")
    assert "http://127.0.0.1:8501/" in shown
    shown = describe(FakeServer(m=("x", "float")), "::1")
    assert "http://[::1]:8501/" in shown
    assert "[::1]:8500" in shown


def test_a_page_that_is_turned_off_is_not_told_of():
    assert "Page" not in describe(FakeServer(m=("x", "float")), with_playground=False)


def test_both_protocols_on_one_port_are_refused_before_anything_loads(tmp_path):
    with pytest.raises(ValueError, match="--port and --rest-port must differ. Received: 8600"):
        serve.serve(tmp_path, 8600, 8600, "127.0.0.1", with_batching=False, with_playground=True)


def export(path):
    """A model that doubles."""
    import tensorflow as tf

    module = tf.Module()
    module.double = tf.function(
        lambda x: {"y": x * 2}, input_signature=[tf.TensorSpec([None], tf.float32, "x")]
    )
    tf.saved_model.save(module, str(path), {"serving_default": module.double})


def test_the_command_serves_a_workspace_until_ctrl_c(tmp_path):
    export(tmp_path / "served" / "twice" / "3")
    command = [sys.executable, "-m", "pipeline.cli", "serve", f"--workspace={tmp_path}"]
    process = subprocess.Popen(
        [*command, "--port=0", "--rest-port=0", "--batching"], stdout=subprocess.PIPE, text=True
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Log: "):
            break
    assert "  twice  version 3\n" in lines
    (url,) = [line.split()[1] for line in lines if line.startswith("REST")]
    answer = requests.post(url.replace("<model>", "twice"), json={"instances": [1, 2.5]}, timeout=9)
    assert answer.json() == {"predictions": [2.0, 5.0]}
    (page,) = [line.split()[1] for line in lines if line.startswith("Page")]
    assert "<title>Maru playground</title>" in requests.get(page, timeout=9).text
    process.send_signal(signal.SIGINT)
    assert (process.wait(20), process.stdout.read()) == (0, "")
    assert "Stopped." in (tmp_path / "server.log").read_text()
