"""Tests of serving/bundle/writing.py: a whole bundle, read back and started in our own server."""

import dataclasses
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import requests
from tensorflow_serving.config import model_server_config_pb2

from serving import protos
from serving.batching import parameters
from serving.bundle import server_files, twins, writing
from serving.bundle.model import Batching
from serving.bundle.releases import RELEASES
from serving.repository import model_config
from tests.serving import bundles, exports

ROOT = pathlib.Path(__file__).parents[3]
LARGE = Batching((1, 2, 4, 8), 0, 1, 3)
PAIRS = {
    "first": np.array(["하나 둘".encode(), b"'\"\\", b"x"], object),
    "second": np.array([b"one", b"", b"y"], object),
}


@pytest.fixture(scope="module")
def folder(exported, exported_pairs, tmp_path_factory):
    """A bundle of a model of two texts, of one text, of one that multiplies, and its twin."""
    place = tmp_path_factory.mktemp("written")
    matrix = exports.export_matrix_model(place / "matrix" / "3")
    inputs = {"serving_default": {"x": bundles.INPUTS["add"]["a"]}}
    text, product = bundles.source(exported), bundles.source(matrix, "matrix", 3, inputs)
    pairs = bundles.source(exported_pairs, "pairs", 1, {"serving_default": PAIRS})
    with writing.appearing(place / "bundle", replace=False) as incoming:
        twin = twins.make(product, "bfloat16", incoming / writing.MODELS)
        sweeps = {
            "pairs": bundles.sweep(),
            "reviews": bundles.sweep(),
            "matrix": bundles.sweep(LARGE),
            "matrix_bf16": bundles.sweep(LARGE),
        }
        models = [
            writing.add_model(source, sweeps[source.name], incoming)
            for source in (pairs, text, product, twin.source)
        ]
        writing.add_files(models, sweeps, [twin], RELEASES["2.20"], incoming)
    return place / "bundle"


def test_models_are_complete_copies(folder, exported):
    copy = folder / "models/reviews/7"
    for file in (p for p in exported.rglob("*") if p.is_file()):
        assert (copy / file.relative_to(exported)).read_bytes() == file.read_bytes()
    assert (copy / "assets.extra/tf_serving_warmup_requests").stat().st_size > 0


def test_checksums_cover_every_file(folder):
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    files = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert set(
        re.findall(r"^\w{64}  (.+)$", (folder / "SHA256SUMS").read_text(), re.M)
    ) == files - {"SHA256SUMS"}


def test_our_server_reads_the_configuration_back(folder):
    config = folder / "config"
    served = model_config.from_proto(
        protos.read(config / "models.config", model_server_config_pb2.ModelServerConfig)
    )
    assert [(m.name, str(m.base_path), dict(m.labels)) for m in served] == [
        ("pairs", "/models/pairs", {"stable": 1}),
        ("reviews", "/models/reviews", {"stable": 7}),
        ("matrix", "/models/matrix", {"stable": 3}),
        ("matrix_bf16", "/models/matrix_bf16", {"stable": 3}),
    ]
    shared = parameters.from_proto(
        protos.read(config / "batching.config", protos.BatchingParameters)
    )
    assert (shared.max_batch_size, shared.num_batch_threads) == (8, 2)
    own = protos.read(folder / "models/reviews/7/batching_params.pbtxt", protos.BatchingParameters)
    assert parameters.from_proto(own).allowed_batch_sizes == (1, 2, 4)
    monitoring = protos.read(config / "monitoring.config", protos.MonitoringConfig)
    assert monitoring.prometheus_config.enable


def test_the_readme_has_every_model_and_nothing_left_to_fill_in(folder):
    text = (folder / "README.md").read_text()
    for name in ("pairs", "reviews", "matrix", "matrix_bf16", "TensorFlow Serving 2.20.0"):
        assert name in text
    assert "$models_table" not in text
    assert re.search(r"^\| matrix +\| 3 +\|", text, re.MULTILINE)
    assert "maru bundle pairs reviews matrix --max-batch-size" in text
    for path in re.findall(r"(?:kubernetes|kserve|config|requests)/[\w.-]+\.\w+", text):
        assert (folder / path).is_file(), path


def test_the_readme_says_what_is_answered_and_what_only_fills_up(folder):
    text = (folder / "README.md").read_text()
    assert "- `matrix` answers `label` (string), `labels` (string), `scores` (float32).\n" in text
    assert "Of each row of `words` only the first `words_length` values count" in text


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def command(folder, config):
    """The server's own flags of the bundle, on free ports and with the files where they are."""
    shutil.copytree(folder / "config", config)
    models = (config / "models.config").read_text()
    (config / "models.config").write_text(models.replace('"/models/', f'"{folder}/models/'))
    names = [bundles.bundled(name) for name in ("pairs", "reviews", "matrix", "matrix_bf16")]
    flags = server_files.flags(names, str(config))
    # 0 turns a protocol off.
    ports = [f"--{name}={free_port()}" for name in ("port", "rest_api_port")]
    flags = ports + [flag for flag in flags if "port=" not in flag]
    return [sys.executable, "-m", "serving", *flags]


@pytest.fixture(scope="module")
def address(folder, tmp_path_factory):
    """Our server, started with the bundle's own flags."""
    place = tmp_path_factory.mktemp("served")
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    log = place / "log.txt"
    with log.open("w") as file:
        server = subprocess.Popen(
            command(folder, place / "config"), cwd=ROOT, stdout=file, stderr=file, env=environment
        )
    try:
        yield wait_for_address(server, log)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def wait_for_address(server, log):
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and server.poll() is None:
        found = re.search(r"Exporting HTTP/REST API at:localhost:(\d+)", log.read_text())
        if found:
            return f"127.0.0.1:{found[1]}"
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_our_server_answers_from_the_bundle_by_label(address):
    url = f"http://{address}/v1/models/reviews/labels/stable:predict"
    answer = requests.post(url, json={"instances": ["one", "three three"]}, timeout=30).json()
    assert [row["label"] for row in answer["predictions"]] == ["long", "long"]
    url = f"http://{address}/v1/models/matrix_bf16:predict"
    answer = requests.post(url, json={"instances": [[0.0, 1.0]]}, timeout=30).json()
    assert answer["predictions"][0]["label"] == "b"


@pytest.mark.parametrize("name", ["pairs", "reviews", "matrix"])
def test_our_server_answers_the_requests_of_the_bundle_in_both_forms(address, folder, name):
    url = f"http://{address}/v1/models/{name}:predict"
    rows, columns = (
        requests.post(url, (folder / f"requests/{name}.{form}.json").read_bytes(), timeout=30)
        for form in ("rows", "columns")
    )
    assert (rows.status_code, columns.status_code) == (200, 200)
    by_row = rows.json()["predictions"]
    assert len(by_row) == 2
    for output, values in columns.json()["outputs"].items():
        assert [row[output] for row in by_row] == values


def test_our_server_has_replayed_the_warm_up_records_and_shows_its_metrics(address):
    text = requests.get(f"http://{address}{server_files.METRICS_PATH}", timeout=30).text
    assert ":tensorflow:serving:model_warmup_records_read" in text
    assert ":tensorflow:serving:batching_session:queuing_latency_count" in text


def test_the_readiness_command_works_on_a_running_server(address):
    def run(*names):
        *shell, script = server_files.is_ready_command([bundles.bundled(n) for n in names])
        script = script.replace("127.0.0.1/8501", address.replace(":", "/"))
        return subprocess.run([*shell, script], timeout=30, check=False).returncode

    assert run("reviews", "matrix") == 0
    assert run("reviews", "nobody") == 1


def test_the_readiness_command_fails_without_a_server():
    *shell, script = server_files.is_ready_command([bundles.bundled()])
    done = subprocess.run([*shell, script.replace("/8501", "/1")], capture_output=True, check=False)
    assert done.returncode == 1


def test_a_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(ZeroDivisionError), writing.appearing(tmp_path / "b", replace=False) as new:
        (new / "file").write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_kept_unless_told_otherwise(tmp_path):
    old = tmp_path / "b"
    old.mkdir()
    (old / "old").write_text("")
    with (
        pytest.raises(ValueError, match="already there. Choose another --output"),
        writing.appearing(old, replace=False),
    ):
        pass
    with writing.appearing(old, replace=True) as new:
        (new / "new").write_text("")
    assert [p.name for p in old.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [old]


def test_a_failed_replacement_keeps_the_old_bundle(tmp_path):
    old = tmp_path / "b"
    old.mkdir()
    with pytest.raises(OSError, match="full"), writing.appearing(old, replace=True):
        raise OSError("full")
    assert list(tmp_path.iterdir()) == [old]


def test_a_disk_without_room_is_refused_before_copying(exported, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ValueError, match=r"The bundle needs 67 MB and .* has 1 MB left"):
        writing.require_room([bundles.source(exported)], tmp_path, copies=1)


def test_the_release_is_the_oldest_that_loads_the_models(exported):
    source = bundles.source(exported)
    assert writing.choose_release([source], None).tag == "2.19.1"
    assert writing.choose_release([source], "2.20").tag == "2.20.0"


def test_a_release_that_cannot_load_a_model_is_refused_with_one_that_can(exported, monkeypatch):
    old = dataclasses.replace(RELEASES["2.19"], missing=frozenset({"CaseFoldUTF8"}))
    monkeypatch.setitem(RELEASES, "2.19", old)
    source = bundles.source(exported)
    assert writing.choose_release([source], None).tag == "2.20.0"
    with pytest.raises(ValueError, match=r"(?s)2\.19:.*reviews: .*CaseFoldUTF8.*Bundle for 2\.20"):
        writing.choose_release([source], "2.19")


def test_models_that_no_release_loads_are_refused(exported, monkeypatch):
    for target, release in list(RELEASES.items()):
        lacking = dataclasses.replace(release, missing=frozenset({"CaseFoldUTF8"}))
        monkeypatch.setitem(RELEASES, target, lacking)
    with pytest.raises(ValueError, match="Change the model's preprocessing"):
        writing.choose_release([bundles.source(exported)], None)
