"""Replays the requests that come with an export before the version answers clients.

Source: TensorFlow Serving, `servables/tensorflow/saved_model_warmup_util.cc` and
`saved_model_warmup.cc`, texts included.
"""

import logging
import pathlib
import time
from collections.abc import Iterator

import tensorflow as tf
from google.protobuf import message
from tensorflow.python.lib.io import tf_record
from tensorflow_serving.apis import prediction_log_pb2

from serving import errors
from serving.execution import inference
from serving.model import Predictor
from serving.telemetry.request_metrics import Metrics

_LOG = logging.getLogger(__name__)
WARMUP_FILE = pathlib.PurePath("assets.extra", "tf_serving_warmup_requests")
"""Where a version's folder holds them: a TFRecord file of `PredictionLog`."""
MAX_RECORDS = 1000
"""Longer files are refused."""


def run(
    predictor: Predictor,
    model_name: str,
    version_folder: pathlib.Path,
    iterations: int,
    metrics: Metrics,
) -> None:
    """Replay the warm-up requests of a version, if it has any.

    Args:
        predictor: The loaded version.
        model_name: Served name, for the log.
        version_folder: Where the version was loaded from.
        iterations: Times each request is replayed; below 1 counts as 1.
        metrics: Gets the time in microseconds and the number of records, by folder and outcome.

    Raises:
        ServingError: If the file cannot be read or is too long, or a request fails.
    """
    path = version_folder / WARMUP_FILE
    if not path.exists():
        _LOG.info("No warmup data file found at %s", path)
        return
    _LOG.info("Starting to read warmup data for model %s at %s", model_name, path)
    started = time.perf_counter()
    num_records, failure = 0, None
    try:
        for num_records, record in enumerate(_read(path), start=1):
            _replay(predictor, _parse(record, path), max(1, iterations))
            if num_records > MAX_RECORDS:
                raise errors.invalid_argument(
                    f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {path}"
                )
    except tf.errors.DataLossError as error:
        failure = error.message
    microseconds = (time.perf_counter() - started) * 1e6
    labels = {
        "model_path": str(version_folder),
        "status": "OK" if failure is None else f"DATA_LOSS: {failure}",
    }
    metrics.observe("/tensorflow/serving/model_warmup_latency", microseconds, **labels)
    metrics.increment("/tensorflow/serving/model_warmup_records_read", num_records, **labels)
    if failure is not None:
        raise errors.ServingError(
            "DATA_LOSS", f"{failure}. Please verify your warmup data is in TFRecord format."
        )
    _LOG.info(
        "Finished reading warmup data for model at %s. Number of warmup records read: %d. "
        "Elapsed time (microseconds): %d.",
        path,
        num_records,
        microseconds,
    )


def _read(path: pathlib.Path) -> Iterator[bytes]:
    """The records one after another; `tf.data` would alter the texts of its errors."""
    reader = tf_record.tf_record_random_reader(str(path))
    offset = 0
    while True:
        try:
            record, offset = reader.read(offset)
        except IndexError:  # The end of the file.
            return
        yield record


def _parse(record: bytes, path: pathlib.Path) -> prediction_log_pb2.PredictionLog:
    try:
        return prediction_log_pb2.PredictionLog.FromString(record)
    except message.DecodeError as error:
        shown = record.decode(errors="replace")
        raise errors.invalid_argument(
            f"Failed to parse warmup record: {shown} from {path}"
        ) from error


def _replay(predictor: Predictor, log: prediction_log_pb2.PredictionLog, iterations: int) -> None:
    for _ in range(iterations):
        match log.WhichOneof("log_type"):
            case "predict_log":
                inference.predict(predictor, log.predict_log.request)
            case "classify_log":
                inference.classify(predictor, log.classify_log.request)
            case "regress_log":
                inference.regress(predictor, log.regress_log.request)
            case "multi_inference_log":
                inference.multi_inference(predictor, log.multi_inference_log.request)
            case "predict_streamed_log" | "session_run_log" as name:
                number = log.DESCRIPTOR.fields_by_name[name].number
                raise errors.ServingError(
                    "UNIMPLEMENTED", f"Unsupported log_type for warmup: {number}"
                )
