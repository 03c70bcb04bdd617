"""Tests of serving/load/server.py and grid.py on our own server; no figure is asserted."""

import numpy as np

from serving.batching.parameters import BatchingParameters
from serving.load import grid, payloads, server
from serving.load.examples import Examples

BATCHING = BatchingParameters(
    max_batch_size=4, batch_timeout_micros=0, num_batch_threads=1, max_enqueued_batches=9
)


def test_our_server_answers_every_load_rightly_with_batching(exported, tmp_path):
    texts = np.array([b"", b"long enough"], object)
    inputs = {"text": texts}
    scores = np.array([0, 11])[:, None] * np.array([[-0.1, 0.05, 0.1]])
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    outputs = {
        "label": np.array(["짧다".encode(), b"long"], object),
        "probability": probabilities.max(1).astype(np.float32),
        "probabilities": probabilities.astype(np.float32),
    }
    asked = Examples(inputs, outputs)
    seen = []
    with server.serve("m", exported.parent, tmp_path, BATCHING) as running:
        both = {
            "grpc": (running.grpc(), payloads.grpc(asked, "m")),
            "rest": (running.rest("m"), payloads.rest(asked)),
        }
        load = grid.Grid(callers=(1, 3), seconds=0.2, warmup_seconds=0.0)
        rows = grid.run("ours", both, load, seen.append)
    assert [(r.protocol, r.callers) for r in rows] == [
        ("grpc", 1), ("grpc", 3), ("rest", 1), ("rest", 3),
    ]  # fmt: skip
    assert seen == rows
    for row in rows:
        assert row.result.is_clean, (row.result.error_text, row.result.wrong_text)
        assert row.result.checked > 0
        assert row.result.server_memory_mib > 50
        assert row.result.server_cpus >= 0
    assert "max_batch_size { value: 4 }" in (tmp_path / "batching.config").read_text()
