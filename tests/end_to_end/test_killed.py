"""A run that is killed at any stage is completed by the same command."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from pipeline.display import run_view

pytestmark = [pytest.mark.slow, pytest.mark.tfx]

STAGES = [stage for stage in run_view.STAGES if stage not in run_view.OPTIONAL]
EPOCHS = 40
CONFIG = f"""
name: killed
task: {{kind: text_classification}}
data: {{source: {{kind: csv, path: rows.csv}}}}
model: {{kind: text_cnn, sequence_length: 8, embedding_dim: 4, filters: 3, kernel_sizes: [2]}}
training: {{epochs: {EPOCHS}, batch_size: 8}}
"""


def _start(folder: pathlib.Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "pipeline", "run", "killed.yaml", "--workspace", "."]
    path = os.pathsep.join([str(pathlib.Path(__file__).parents[2]), *sys.path])
    return subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _logs(folder: pathlib.Path) -> str:
    logs = sorted(folder.glob("runs/killed/log/*/log.txt"))
    return logs[-1].read_text(errors="replace") if logs else ""


def _kill_when(folder: pathlib.Path, words: str) -> None:
    """Start a run and kill it, children and all, once its log has some words."""
    runs = len(list(folder.glob("runs/killed/log/*")))
    process = _start(folder)
    try:
        deadline = time.monotonic() + 300
        while process.poll() is None and time.monotonic() < deadline:
            is_new = len(list(folder.glob("runs/killed/log/*"))) > runs
            if is_new and words in _logs(folder):
                break
            time.sleep(0.02)
        assert process.poll() is None, f"ended before {words!r}: {_logs(folder)[-2000:]}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_each_stage_can_be_killed_and_the_run_completes(tmp_path):
    rows = [("good fine nice", "up"), ("bad poor sad", "down"), ("좋은 영화", "up")]
    lines = [f"{text} number {i},{label}" for i in range(20) for text, label in rows]
    (tmp_path / "rows.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    (tmp_path / "killed.yaml").write_text(CONFIG)
    served = tmp_path / "served" / "killed"

    for stage in STAGES:
        _kill_when(tmp_path, f"{stage} starts")
        if stage == "Trainer":
            _kill_when(tmp_path, "epoch 3/40 step")
        for version in served.glob("[0-9]*"):  # A kill may come just after the push.
            assert (version / "saved_model.pb").is_file()

    assert _start(tmp_path).wait() == 0
    (version,) = (path for path in served.iterdir() if path.is_dir())
    assert (version / "saved_model.pb").is_file()
    (summary,) = tmp_path.glob("runs/killed/log/*/summary.json")
    history = pathlib.Path(json.loads(summary.read_text())["model_run"], "history.json")
    assert len(json.loads(history.read_text())["loss"]) == EPOCHS
    logs = [path.read_text(errors="replace") for path in tmp_path.glob("runs/killed/log/*/*.txt")]
    assert any("continuing after epoch" in log for log in logs)
