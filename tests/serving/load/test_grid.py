"""Tests of serving/load/server.py and grid.py on our own server; no figure is asserted."""

import numpy as np

from serving.batching.parameters import BatchingParameters
from serving.load import grid, payloads, server
from serving.load.examples import Examples

BATCHING = BatchingParameters(
    max_batch_size=4, batch_timeout_micros=0, num_batch_threads=1, max_enqueued_batches=9
)


ASKED = Examples(
    {
        "first": np.array([b"one", "둘 셋 넷".encode(), b""], object),
        "second": np.array([b"longer", b"short", b""], object),
    },
    {
        "words": np.array(
            [[b"one", b"", b""], ["둘".encode(), "셋".encode(), "넷".encode()], [b""] * 3], object
        ),
        "words_length": np.array([1, 3, 0], np.int32),
        "score": np.array([0.3, 2.8, 0], np.float32),
        "is_longer": np.array([False, True, False]),
    },
)


def test_our_server_answers_every_load_rightly_with_batching(exported_pairs, tmp_path):
    seen = []
    with server.serve("m", exported_pairs.parent, tmp_path, BATCHING) as running:
        rest = payloads.in_turn(payloads.rest(ASKED), payloads.rest_columns(ASKED))
        both = {
            "grpc": (running.grpc(), payloads.grpc(ASKED, "m")),
            "rest": (running.rest("m"), rest),
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
