"""Tests of serving/execution/warmup.py: recorded requests on a predictor that counts them."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from serving import errors
from serving.execution import warmup
from serving.model import Signature, TensorSpec

ONE_RECORD = 16  # Bytes of a record beside its content: length, and two checksums.


class CountingPredictor:
    """Notes what it is asked; 13 is bad luck."""

    version = 3
    metadata_json = "{}"
    signatures = {
        "serving_default": Signature(
            {"x": TensorSpec("float", (-1,))},
            {"y": TensorSpec("float", (-1,))},
            "tensorflow/serving/predict",
        )
    }

    def __init__(self):
        self.asked = []

    def predict(self, signature_name, inputs, output_filter=(), timeout=None):
        if np.any(inputs["x"] == 13):
            raise errors.invalid_argument("bad luck")
        self.asked.append(inputs["x"].tolist())
        return {"y": inputs["x"]}

    def close(self):
        raise NotImplementedError("warm-up closes nothing")


class Figures:
    """Metrics that are noted."""

    def __init__(self):
        self.counters, self.histograms = [], []

    def increment(self, name, amount=1, **labels):
        self.counters.append((name, amount, labels))

    def observe(self, name, value, **labels):
        self.histograms.append((name, value >= 0, labels))


@pytest.fixture
def predictor():
    return CountingPredictor()


@pytest.fixture
def figures():
    return Figures()


def predict_log(*values):
    request = predict_pb2.PredictRequest()
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(values, tf.float32))
    log = prediction_log_pb2.PredictLog(request=request)
    return prediction_log_pb2.PredictionLog(predict_log=log)


def write(folder, *records):
    path = folder / warmup.WARMUP_FILE
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            content = record if isinstance(record, bytes) else record.SerializeToString()
            writer.write(content)
    return path


def error_of(predictor, folder, figures):
    with pytest.raises(errors.ServingError) as caught:
        warmup.run(predictor, "demo", folder, 1, figures)
    return str(caught.value)


@pytest.mark.parametrize(("iterations", "times"), [(0, 1), (1, 1), (3, 3)])
def test_every_request_is_replayed_as_often_as_asked(
    predictor, figures, tmp_path, iterations, times
):
    write(tmp_path, predict_log(1, 2), predict_log(3))
    warmup.run(predictor, "demo", tmp_path, iterations, figures)
    assert predictor.asked == [[1, 2]] * times + [[3]] * times


def test_what_was_read_is_counted_and_timed(predictor, figures, tmp_path):
    write(tmp_path, predict_log(1), predict_log(2))
    warmup.run(predictor, "demo", tmp_path, 5, figures)
    labels = {"model_path": str(tmp_path), "status": "OK"}
    assert figures.counters == [("/tensorflow/serving/model_warmup_records_read", 2, labels)]
    assert figures.histograms == [("/tensorflow/serving/model_warmup_latency", True, labels)]


def test_without_a_file_there_is_nothing_to_do(predictor, figures, tmp_path):
    warmup.run(predictor, "demo", tmp_path, 1, figures)
    assert (predictor.asked, figures.counters) == ([], [])


def test_a_request_that_fails_fails_the_load(predictor, figures, tmp_path):
    write(tmp_path, predict_log(1), predict_log(13), predict_log(2))
    assert error_of(predictor, tmp_path, figures) == "INVALID_ARGUMENT: bad luck"
    assert (predictor.asked, figures.counters) == ([[1]], [])


def test_a_file_of_something_else_is_refused(predictor, figures, tmp_path):
    write(tmp_path).write_text("these are not records but a sentence")
    text = error_of(predictor, tmp_path, figures)
    assert text.startswith("DATA_LOSS: corrupted record at 0")
    assert text.endswith(". Please verify your warmup data is in TFRecord format.")
    assert figures.counters[0][1] == 0
    assert figures.counters[0][2]["status"].startswith("DATA_LOSS: corrupted record at 0")


def test_a_truncated_file_is_refused_after_what_is_whole(predictor, figures, tmp_path):
    path = write(tmp_path, predict_log(1), predict_log(2))
    path.write_bytes(path.read_bytes()[:-ONE_RECORD])
    text = error_of(predictor, tmp_path, figures)
    assert text.startswith("DATA_LOSS: truncated record at ")
    assert text.endswith(". Please verify your warmup data is in TFRecord format.")
    assert predictor.asked == [[1]]


def test_a_record_that_is_no_prediction_log_is_refused(predictor, figures, tmp_path):
    path = write(tmp_path, b"\xffhello")
    assert error_of(predictor, tmp_path, figures) == (
        f"INVALID_ARGUMENT: Failed to parse warmup record: \ufffdhello from {path}"
    )


@pytest.mark.parametrize(("kind", "number"), [("predict_streamed_log", 7), ("session_run_log", 5)])
def test_kinds_of_records_that_cannot_be_replayed(predictor, figures, tmp_path, kind, number):
    log = prediction_log_pb2.PredictionLog()
    getattr(log, kind).SetInParent()
    write(tmp_path, log)
    assert error_of(predictor, tmp_path, figures) == (
        f"UNIMPLEMENTED: Unsupported log_type for warmup: {number}"
    )


def test_an_empty_record_does_nothing(predictor, figures, tmp_path):
    write(tmp_path, prediction_log_pb2.PredictionLog())
    warmup.run(predictor, "demo", tmp_path, 1, figures)
    assert figures.counters[0][1] == 1


@pytest.mark.parametrize("number", [1000, 1001])
def test_at_most_a_thousand_records_are_allowed(predictor, figures, tmp_path, number):
    path = write(tmp_path, *[prediction_log_pb2.PredictionLog()] * number)
    if number == 1000:
        warmup.run(predictor, "demo", tmp_path, 1, figures)
    else:
        assert error_of(predictor, tmp_path, figures) == (
            f"INVALID_ARGUMENT: Number of warmup records exceeds the maximum (1000) at {path}"
        )


@pytest.mark.parametrize("kind", ["predict", "classify", "regress", "multi_inference"])
def test_each_kind_of_request_reaches_its_api(predictor, figures, tmp_path, monkeypatch, kind):
    asked = []
    monkeypatch.setattr(
        warmup.inference, kind, lambda asker, request: asked.append((asker, request))
    )
    log = prediction_log_pb2.PredictionLog()
    request = getattr(log, f"{kind}_log").request
    if kind == "multi_inference":
        request.tasks.add(method_name="tensorflow/serving/classify")
    else:
        request.model_spec.name = "demo"
    write(tmp_path, log)
    warmup.run(predictor, "demo", tmp_path, 1, figures)
    assert asked == [(predictor, request)]
