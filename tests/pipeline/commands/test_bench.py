"""Tests of `maru bench`: what is asked, shown and written."""

import http.server
import io
import json
import threading

import numpy as np
import pytest
from rich.console import Console

from pipeline.commands import bench
from pipeline.reports import bench as bench_report
from serving.export import reference
from serving.load.grid import Grid, Measurement
from serving.load.measuring import Result

METADATA = {
    "model_spec": {"name": "m", "signature_name": "", "version": "1"},
    "metadata": {
        "signature_def": {
            "signature_def": {
                "serving_default": {
                    "inputs": {
                        "x": {
                            "dtype": "DT_FLOAT",
                            "tensor_shape": {"dim": [{"size": "-1"}], "unknown_rank": False},
                            "name": "x:0",
                        }
                    },
                    "outputs": {
                        "y": {
                            "dtype": "DT_FLOAT",
                            "tensor_shape": {"dim": [{"size": "-1"}], "unknown_rank": False},
                            "name": "y:0",
                        }
                    },
                    "method_name": "tensorflow/serving/predict",
                }
            }
        }
    },
}


class ModelHandler(http.server.BaseHTTPRequestHandler):
    """A model that doubles, and says so."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(METADATA)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        if "inputs" in asked:
            self.answer({"outputs": [2 * x for x in asked["inputs"]["x"]]})
        else:
            self.answer({"predictions": [2 * x for x in asked["instances"]]})

    def answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ModelHandler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def keep_reference(workspace, outputs):
    folder = workspace / "runs" / "m" / "artifacts" / "Trainer" / "model_run" / "6"
    folder.mkdir(parents=True)
    inputs = {"x": np.array([1, 2, 3], np.float32)}
    kept = {"serving_default": {"inputs": inputs, "outputs": {"y": np.array(outputs, np.float32)}}}
    reference.save(folder / "reference.npz", kept)


def measure(workspace, address):
    told = []
    load = Grid(callers=(1, 3), seconds=0.1, warmup_seconds=0.0)
    return bench.bench("m", workspace, [address], load, 4, told.append), told


def result(requests_per_second, p50_ms, **changes):
    values = {
        "requests": 10,
        "requests_per_second": requests_per_second,
        "p50_ms": p50_ms,
        "p95_ms": 30.0,
        "p99_ms": 400.0,
        "errors": {},
        "error_text": "",
        "checked": 5,
        "wrong": 0,
        "wrong_text": "",
        "generator_cpus": 0.1,
        "server_cpus": 1.25,
        "server_memory_mib": 321.0,
    }
    return Result(**{**values, **changes})


ROWS = [
    Measurement("Maru", "grpc", 1, result(100, 2.5)),
    Measurement("Maru", "grpc", 64, result(450, 9.0)),
    Measurement(
        "other", "rest", 1, result(0, None, p95_ms=None, p99_ms=None, errors={"HTTP 503": 7})
    ),
]
LIMIT = bench_report.Limit(rows_per_second=500.0, batch_size=32, call_ms=2.0)


def test_a_running_server_is_asked_about_the_runs_examples(tmp_path, address):
    keep_reference(tmp_path, [2, 4, 6])
    outcome, told = measure(tmp_path, address)
    assert [(row.protocol, row.callers) for row in outcome.rows] == [("rest", 1), ("rest", 3)]
    assert all(row.result.is_clean and row.result.checked for row in outcome.rows)
    assert "REST, 3 callers:" in told[-1]
    assert outcome.limit is None


def test_wrong_answers_are_in_the_figures_and_in_the_progress(tmp_path, address):
    keep_reference(tmp_path, [3, 4, 6])
    outcome, told = measure(tmp_path, address)
    assert all(0 < row.result.wrong < row.result.checked for row in outcome.rows)
    assert "answers wrong: y: expected 3.0, received 2.0" in told[0]


def test_without_a_run_inputs_are_made_up_and_a_note_says_so(tmp_path, address):
    outcome, _ = measure(tmp_path, address)
    assert outcome.rows[0].result.requests > 0
    assert outcome.rows[0].result.checked == 0
    assert any("the inputs are made up" in note for note in outcome.notes)


def test_figures_are_written_as_json_table_and_chart(tmp_path, address):
    outcome, _ = measure(tmp_path, address)
    found = {path.name: path for path in outcome.files}
    assert set(found) == {"bench.json", "bench.md", "bench.png"}
    content = json.loads(found["bench.json"].read_text())
    assert [row["callers"] for row in content["rows"]] == [1, 3]
    assert content["rows"][0]["result"]["generator_cpus"] > 0
    assert content["machine"]["processors"] >= 1
    assert found["bench.png"].read_bytes().startswith(b"\x89PNG")


def test_a_model_that_was_never_pushed_is_told(tmp_path):
    (tmp_path / "served" / "reviews").mkdir(parents=True)
    with pytest.raises(ValueError, match="No model 'm' was pushed to .*: reviews. Train one"):
        bench.bench("m", tmp_path, [], Grid(), 4, lambda _: None)


def test_the_command_keeps_the_terminal_for_figures(tmp_path, address, capfd):
    bench.run("m", tmp_path, [address], [1], 0.2, 4)
    shown = capfd.readouterr()
    assert "bench.json" in shown.out
    assert shown.err == ""
    assert (tmp_path / "benchmarks" / "m" / "bench.log").is_file()


def test_a_misspelled_model_leaves_no_folder(tmp_path):
    with pytest.raises(ValueError, match="No model 'n' was pushed"):
        bench.run("n", tmp_path, [], [1], 0.2, 4)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_told(tmp_path):
    keep_reference(tmp_path, [2, 4, 6])
    with pytest.raises(ValueError, match="Cannot measure rest at 127.0.0.1:1:"):
        measure(tmp_path, "127.0.0.1:1")


def test_an_encrypted_server_cannot_be_measured(tmp_path):
    keep_reference(tmp_path, [2, 4, 6])
    with pytest.raises(ValueError, match="Only plain TCP can be measured. Received: 'https://m:1'"):
        measure(tmp_path, "https://m:1")


def test_a_table_has_the_share_of_the_limit_and_what_the_server_adds():
    first, second, third = bench_report.cells(ROWS, LIMIT)
    assert first[3:5] == ["100.0", "0.20"]
    assert "+0.50 ms" in first
    assert second[4] == "0.90"
    assert not any("ms" in cell for cell in second)
    assert third[-2:] == ["7", "0"]


def test_markdown_is_a_table_with_one_line_per_row():
    lines = bench_report.markdown(ROWS, LIMIT).splitlines()
    assert len(lines) == 2 + len(ROWS)
    assert len({line.count("|") for line in lines}) == 1


def test_failures_are_told_under_the_tables_of_the_terminal():
    written = io.StringIO()
    Console(width=100, file=written).print(bench_report.table(ROWS, LIMIT))
    text = written.getvalue()
    assert text.index("gRPC") < text.index("REST")
    assert "7 failed" in text
    assert "500.0 rows/s in batches of 32" in text


def test_a_chart_without_a_limit_or_answers_is_drawn(tmp_path):
    bench_report.draw("title", ROWS[2:], None, tmp_path / "chart.png")
    bench_report.draw("title", ROWS, LIMIT, tmp_path / "chart.png")
    assert (tmp_path / "chart.png").stat().st_size > 1000


def test_batching_of_the_server_waits_for_nobody():
    parameters = bench.batching(16)
    assert parameters.max_batch_size == 16
    assert parameters.batch_timeout_micros == 0
