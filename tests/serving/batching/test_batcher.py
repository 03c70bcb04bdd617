"""Tests of serving/batching/batcher.py."""

import threading
from concurrent import futures

import numpy as np
import pytest

from serving import errors
from serving.batching.batcher import PER_MODEL_FILE, Batcher
from serving.batching.parameters import BatchingParameters
from serving.execution.saved_model import SavedModelPredictor
from serving.telemetry.metrics import Metrics

SECONDS = 20


class Echo:
    """Answers every fetch with `x:0`."""

    def __init__(self):
        self.sizes = []

    def run(self, feeds, fetches, timeout=None):
        self.sizes.append(len(feeds["x:0"]))
        return [feeds["x:0"] for _ in fetches]

    def close(self):
        pass


@pytest.fixture
def make_batcher():
    batchers = []

    def make(is_per_model=False, **parameters):
        values = BatchingParameters(**parameters)
        batchers.append(Batcher(values, Metrics(), is_per_model))
        return batchers[-1]

    yield make
    for batcher in batchers:
        batcher.close()


def _run_rows(session, count):
    return session.run({"x:0": np.arange(count)}, ["y:0"])[0]


def test_all_models_share_the_threads(make_batcher, tmp_path):
    before = threading.active_count()
    batcher = make_batcher(num_batch_threads=3, thread_pool_name="pool")
    sessions = [batcher.wrap(Echo(), name, 1, tmp_path) for name in ("a", "b")]
    for session in sessions:
        assert _run_rows(session, 2).tolist() == [0, 1]
    assert threading.active_count() == before + 3
    assert "pool_2" in {thread.name for thread in threading.enumerate()}


def test_batches_are_counted_under_the_names_that_the_server_knows(tmp_path):
    metrics = Metrics()
    batcher = Batcher(BatchingParameters(), metrics)
    _run_rows(batcher.wrap(Echo(), "m", 1, tmp_path), 3)
    batcher.close()
    assert metrics.value("/tensorflow/serving/batching_session/wrapped_run_count") == 1
    shown = metrics.to_prometheus().decode()
    for name in ("queuing_latency", "input_batch_size", "processed_batch_size", "padding_size"):
        assert f":tensorflow:serving:batching_session:{name}_count" in shown


def test_sessions_and_threads_may_be_closed_in_any_order(make_batcher, tmp_path):
    batcher = make_batcher(batch_timeout_micros=1)
    session = batcher.wrap(Echo(), "m", 1, tmp_path)
    _run_rows(session, 1)
    batcher.close()
    session.close()
    with pytest.raises(errors.ServingError, match="^UNAVAILABLE: .*Send the request again"):
        _run_rows(session, 1)


def test_a_file_of_a_version_does_not_count_unless_asked_for(make_batcher, tmp_path):
    (tmp_path / PER_MODEL_FILE).write_text("max_batch_size { value: 2 }")
    session = make_batcher(max_batch_size=5).wrap(Echo(), "m", 1, tmp_path)
    assert len(_run_rows(session, 5)) == 5


def test_a_version_can_have_its_own_parameters(make_batcher, tmp_path):
    (tmp_path / "batching_params.pbtxt").write_text("max_batch_size { value: 2 }")
    session = make_batcher(is_per_model=True, max_batch_size=5).wrap(Echo(), "m", 1, tmp_path)
    with pytest.raises(errors.ServingError, match="Task size 5 is larger than maximum .* size 2"):
        _run_rows(session, 5)


def test_a_version_without_own_parameters_runs_unbatched_then(make_batcher, tmp_path):
    session = Echo()
    assert make_batcher(is_per_model=True).wrap(session, "m", 1, tmp_path) is session


def test_wrong_parameters_of_a_version_are_an_error_of_that_version(make_batcher, tmp_path):
    (tmp_path / PER_MODEL_FILE).write_text("max_batch_size { value: 2 } allowed_batch_sizes: 3")
    with pytest.raises(errors.ServingError, match="last entry was 3; expected 2"):
        make_batcher(is_per_model=True).wrap(Echo(), "m", 1, tmp_path)


def test_a_saved_model_answers_the_same_with_batching(make_batcher, exported):
    batcher = make_batcher(max_batch_size=8, batch_timeout_micros=20_000)
    alone = SavedModelPredictor(exported)
    together = SavedModelPredictor(
        exported, wrap=lambda session: batcher.wrap(session, "m", 1, exported)
    )
    texts = [np.array([b"a" * length, "é".encode()], object) for length in range(1, 12)]
    with futures.ThreadPoolExecutor(len(texts)) as pool:
        answers = list(
            pool.map(lambda text: together.predict("", {"text": text}), texts, timeout=SECONDS)
        )
    for text, answer in zip(texts, answers, strict=True):
        expected = alone.predict("", {"text": text})
        assert answer["label"].tolist() == expected["label"].tolist()
        np.testing.assert_allclose(answer["probabilities"], expected["probabilities"], rtol=1e-6)
    with pytest.raises(errors.ServingError, match=r"Expects arg\[0\] to be string but int64 is pr"):
        together.predict("", {"text": np.array([3])})
    together.close()
    alone.close()
