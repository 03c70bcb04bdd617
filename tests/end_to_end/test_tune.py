"""`maru tune` with one process per role, as on several machines."""

import os
import pathlib
import re
import socket
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.tfx]

CONFIG = """
name: shared
task: {kind: text_classification}
data: {source: {kind: csv, path: rows.csv}}
model: {kind: text_cnn, sequence_length: 8, embedding_dim: 4, filters: 3, kernel_sizes: [2]}
training: {epochs: 1, batch_size: 8}
tuning: {trials: 3, space: {training.learning_rate: {log: [1.0e-3, 1.0e-1]}}}
"""


def start(folder, port, identity):
    path = os.pathsep.join([str(pathlib.Path(__file__).parents[2]), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "tune", "shared.yaml", "--workspace", "."],
        cwd=folder,
        env=os.environ
        | {
            "PYTHONPATH": path,
            "KERASTUNER_ORACLE_IP": "127.0.0.1",
            "KERASTUNER_ORACLE_PORT": str(port),
            "KERASTUNER_TUNER_ID": identity,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_chief_and_workers_share_a_search(tmp_path):
    rows = [
        f"{'fine' if i % 3 else 'poor'} film {i},{'good' if i % 3 else 'bad'}" for i in range(40)
    ]
    (tmp_path / "rows.csv").write_text("\n".join(["text,label", *rows]))
    (tmp_path / "shared.yaml").write_text(CONFIG)
    killed = tmp_path / "runs" / "shared" / "unfinished" / "training-1" / "state.json"
    killed.parent.mkdir(parents=True)
    killed.write_text("{}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = [start(tmp_path, port, name) for name in ("chief", "first", "second")]
    chief, *workers = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], [chief, *workers]
    assert re.search(r"✓ Tuner .*3 trials", chief)
    assert "the best values, to paste into the config" in chief
    assert [path.name for path in killed.parents[1].glob("*-*")] == ["training-1"]
    for name, shown in zip(("first", "second"), workers, strict=True):
        assert f"{name} found no more trials to run" in shown
        assert "WARNING" not in shown
