"""Tests of serving/bundle/sweep.py: what is tried, what is chosen; no figure is asserted."""

import dataclasses

import numpy as np
import pytest

from serving import errors
from serving.bundle import sweep
from serving.bundle.model import Batching
from tests.serving import bundles

TINY = sweep.SweepConfig(max_batch_size=4, callers=3, seconds=0.05, batch_timeouts_micros=(0, 1000))


def setting(rate, p95, threads=1):
    batching = dataclasses.replace(bundles.BATCHING, num_batch_threads=threads)
    return sweep.SettingMeasured(batching, rate, p95 / 2, p95, p95 * 2)


def test_of_settings_nearly_as_fast_the_one_with_the_shortest_tail_is_chosen():
    slow, fast, steady = setting(90, 1), setting(100, 9), setting(96, 5)
    assert sweep.choose([slow, fast, steady]) is steady
    assert sweep.choose([slow, fast]) is fast


def test_a_model_is_measured_alone_and_through_the_batching_of_the_server(exported):
    told = []
    swept = sweep.measure(bundles.source(exported), TINY, told.append)
    assert [size.batch_size for size in swept.sizes][:2] == [1, 2]
    assert all(size.latency_ms > 0 < size.examples_per_second for size in swept.sizes)
    assert {s.batching.batch_timeout_micros for s in swept.settings} == {0, 1000}
    assert swept.chosen in swept.settings
    sizes = swept.chosen.batching.allowed_batch_sizes
    assert list(sizes) == sorted(set(sizes))
    assert sizes[-1] == swept.chosen.batching.max_batch_size <= 4
    assert told[:2] == ["batch size 1", "batch size 2"]
    assert told[-1].startswith(f"setting {len(swept.settings)} of {len(swept.settings)}: ")
    assert swept.to_json()["chosen"]["requests_per_second"] > 0


def test_a_model_of_several_inputs_and_ragged_answers_is_measured(exported_pairs):
    texts = np.array([b"a b c", b"d", b""], object)
    inputs = {"serving_default": {"first": texts, "second": texts[::-1]}}
    source = bundles.source(exported_pairs, "pairs", inputs=inputs)
    assert sweep.measure(source, TINY, lambda _: None).chosen.requests_per_second > 0


def test_all_callers_have_room_in_the_queue_of_every_setting(exported):
    config = dataclasses.replace(TINY, callers=9, max_batch_size=1)
    swept = sweep.measure(bundles.source(exported), config, lambda _: None)
    assert all(s.batching.max_enqueued_batches >= 9 for s in swept.settings)


def test_a_model_that_refuses_its_examples_is_an_error(exported):
    source = bundles.source(exported)
    reference = {"serving_default": {"inputs": bundles.INPUTS["add"], "outputs": {}}}
    with pytest.raises(errors.ServingError, match="input size does not match signature"):
        sweep.measure(dataclasses.replace(source, reference=reference), TINY, lambda _: None)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"max_batch_size": 48}, "power of two. Received: 48"),
        ({"callers": 0}, "at least one caller"),
        ({"seconds": 0.0}, "some time"),
        ({"batch_timeouts_micros": ()}, "one timeout"),
    ],
)
def test_a_sweep_that_measures_nothing_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TINY, **values)


def test_the_machine_is_named():
    assert "cores" in sweep.machine()


def test_the_most_rows_are_the_last_allowed_size():
    assert Batching((1, 8), 0, 1, 1).max_batch_size == 8
