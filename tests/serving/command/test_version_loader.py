"""Tests of serving/command/version_loader.py with a small SavedModel."""

import shutil

import numpy as np
import pytest

from serving import errors
from serving.batching.batcher import Batcher
from serving.batching.parameters import BatchingParameters
from serving.command.version_loader import LoadingConfig, VersionLoader
from serving.execution import warmup
from serving.execution.session import SessionSettings
from serving.telemetry.metrics import Metrics

INPUTS = {"text": np.array([b"a", b"bcd", b""], object)}


@pytest.fixture
def folder(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "9")


def test_a_version_answers_in_batches_that_are_counted(folder):
    metrics = Metrics()
    batcher = Batcher(BatchingParameters(max_batch_size=4, allowed_batch_sizes=(4,)), metrics)
    predictor = VersionLoader(LoadingConfig(), metrics, batcher)("texts", 9, folder)
    assert predictor.version == 9
    assert len(predictor.predict("", INPUTS)["label"]) == 3
    assert metrics.value("/tensorflow/serving/batching_session/wrapped_run_count") == 1
    predictor.close()
    batcher.close()


def test_without_batching_each_request_runs_on_its_own(folder):
    metrics = Metrics()
    predictor = VersionLoader(LoadingConfig(), metrics)("texts", 9, folder)
    assert len(predictor.predict("", INPUTS)["label"]) == 3
    assert metrics.value("/tensorflow/serving/batching_session/wrapped_run_count") == 0
    predictor.close()


def test_warm_up_requests_that_fail_fail_the_load_unless_turned_off(folder):
    path = folder / warmup.WARMUP_FILE
    path.parent.mkdir()
    path.write_bytes(b"no records" * 9)
    with pytest.raises(errors.ServingError, match="warmup data is in TFRecord format"):
        VersionLoader(LoadingConfig(), Metrics())("texts", 9, folder)
    cold = LoadingConfig(warm_up=False)
    VersionLoader(cold, Metrics())("texts", 9, folder).close()


def test_the_graph_with_the_wanted_tags_is_loaded(folder):
    config = LoadingConfig(session=SessionSettings(tags=("serve", "gpu")))
    with pytest.raises(errors.ServingError, match=r"matching supplied tags: \{ serve gpu \}"):
        VersionLoader(config, Metrics())("texts", 9, folder)
