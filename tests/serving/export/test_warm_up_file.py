"""Tests of serving/export/warm_up_file.py: real examples, every size, accepted by the server."""

import shutil

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from serving.execution import warmup
from serving.execution.saved_model import SavedModelPredictor
from serving.export import warm_up_file
from serving.telemetry import metrics
from tests.serving import bundles


@pytest.fixture
def version(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "7")


def read(folder):
    for record in tf.data.TFRecordDataset(str(folder / warmup.WARMUP_FILE)):
        yield prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request


def test_there_is_a_request_per_signature_and_size_and_examples_repeat(version):
    reference = bundles.source(version).reference
    assert warm_up_file.write(version, "reviews", reference, [1, 4]) == 6
    requests = list(read(version))
    assert [(r.model_spec.signature_name, r.model_spec.name) for r in requests] == [
        ("add", "reviews"), ("add", "reviews"), ("embed", "reviews"), ("embed", "reviews"),
        ("serving_default", "reviews"), ("serving_default", "reviews"),
    ]  # fmt: skip
    texts = tf.make_ndarray(requests[-1].inputs["text"]).tolist()
    assert texts == [b"one", "하나".encode(), b"three three", b"one"]
    assert tf.make_ndarray(requests[0].inputs["a"]).shape == (1, 2)


def test_the_server_replays_them(version):
    count = warm_up_file.write(version, "reviews", bundles.source(version).reference, [1, 2, 4])
    predictor = SavedModelPredictor(version, 7)
    counted = metrics.Metrics()
    warmup.run(predictor, "reviews", version, 1, counted)
    predictor.close()
    assert counted.value("/tensorflow/serving/model_warmup_records_read") == count == 9


def test_more_records_than_a_server_reads_are_refused(version):
    reference = bundles.source(version).reference
    with pytest.raises(ValueError, match="3 signatures with 400 batch sizes need 1200 warm-up"):
        warm_up_file.write(version, "reviews", reference, range(1, 401))


def test_a_signature_without_examples_is_refused(version):
    reference = {"embed": {"inputs": {"text": np.array([], object)}, "outputs": {}}}
    with pytest.raises(ValueError, match=r"no examples to warm up with .*\['embed'\]"):
        warm_up_file.write(version, "reviews", reference, [1])


def test_rows_go_round():
    inputs = {"x": np.array([5, 6, 7])}
    assert warm_up_file.batch(inputs, 5)["x"].tolist() == [5, 6, 7, 5, 6]
    assert warm_up_file.row(inputs, 4)["x"].tolist() == [6]
