"""Writing the requests that a server replays before a version answers.

Format: TensorFlow Serving, `servables/tensorflow/saved_model_warmup_util.cc`: a
TFRecord file of `PredictionLog`, at most 1,000 of them.
"""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from serving.execution import warmup
from serving.export.reference import Reference


def write(
    version_folder: pathlib.Path, model_name: str, reference: Reference, batch_sizes: Sequence[int]
) -> int:
    """Write one Predict request per signature and batch size, of real examples.

    Args:
        version_folder: Folder with `saved_model.pb`.
        model_name: Served name.
        reference: Examples by signature; they repeat where a batch has more rows than there are.
        batch_sizes: Rows of the requests.

    Returns:
        How many were written.

    Raises:
        ValueError: If there is a signature without examples, or more records than a server reads.
    """
    empty = sorted(n for n, kinds in reference.items() if not _num_examples(kinds["inputs"]))
    if empty:
        raise ValueError(f"There are no examples to warm up with for the signatures {empty}.")
    count = len(reference) * len(batch_sizes)
    if count > warmup.MAX_RECORDS:
        raise ValueError(
            f"{len(reference)} signatures with {len(batch_sizes)} batch sizes need {count} warm-up "
            f"records; servers read {warmup.MAX_RECORDS}. Allow fewer batch sizes."
        )
    path = version_folder / warmup.WARMUP_FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature in sorted(reference):
            for size in sorted(batch_sizes):
                inputs = batch(reference[signature]["inputs"], size)
                writer.write(_record(model_name, signature, inputs).SerializeToString())
    return count


def batch(inputs: Mapping[str, np.ndarray], size: int) -> dict[str, np.ndarray]:
    """So many rows of some examples, from the first on, starting again after the last.

    Args:
        inputs: Arrays by alias, equally long and not empty.
        size: Rows wanted.
    """
    rows = np.arange(size) % _num_examples(inputs)
    return {alias: array[rows] for alias, array in inputs.items()}


def row(inputs: Mapping[str, np.ndarray], index: int) -> dict[str, np.ndarray]:
    """One row of some examples, counted round and round, as a batch of its own."""
    start = index % _num_examples(inputs)
    return {alias: array[start : start + 1] for alias, array in inputs.items()}


def _num_examples(inputs: Mapping[str, np.ndarray]) -> int:
    return min((len(array) for array in inputs.values()), default=0)


def _record(
    model_name: str, signature: str, inputs: dict[str, np.ndarray]
) -> prediction_log_pb2.PredictionLog:
    record = prediction_log_pb2.PredictionLog()
    request = record.predict_log.request
    request.model_spec.name = model_name
    request.model_spec.signature_name = signature
    for alias, array in inputs.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(array))
    return record
