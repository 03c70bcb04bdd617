"""Ask the same questions of the trainer, the export and the server, over both protocols."""

import pathlib

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from pipeline import artifact_files
from serving import client
from serving.execution import saved_model
from serving.export import reference

TOLERANCE = 1e-5
"""Largest absolute difference of a probability or of a number in an embedding."""


def trainers_answers(summary):
    """What the trained model itself answered, by signature."""
    return reference.load(pathlib.Path(summary["model_run"], artifact_files.REFERENCE))


def assert_export_agrees(summary):
    """The SavedModel that was pushed gives the trainer's answers."""
    predictor = saved_model.SavedModelPredictor(pathlib.Path(summary["model"]))
    for signature, recorded in trainers_answers(summary).items():
        _assert_close(predictor.predict(signature, recorded["inputs"]), recorded["outputs"])
    predictor.close()


def assert_server_agrees(server, summary):
    """A running server gives the trainer's answers over REST and gRPC."""
    with (
        client.Client(f"127.0.0.1:{server.rest_port}") as rest,
        grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel,
    ):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for signature, recorded in trainers_answers(summary).items():
            inputs = recorded["inputs"]
            answer = rest.predict(summary["name"], inputs, signature)
            _assert_close(
                {name: _as_bytes(value) for name, value in answer.items()}, recorded["outputs"]
            )
            request = predict_pb2.PredictRequest()
            request.model_spec.name = summary["name"]
            request.model_spec.signature_name = signature
            for name, values in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
            response = stub.Predict(request, timeout=30)
            assert response.model_spec.version.value == summary["version"]
            received = {name: tf.make_ndarray(value) for name, value in response.outputs.items()}
            _assert_close(received, recorded["outputs"])


def _as_bytes(array):
    """Strings as the trainer records them."""
    if array.dtype != object:
        return array
    return np.array([text.encode() for text in array.ravel()], object).reshape(array.shape)


def _assert_close(received, expected):
    assert received.keys() == expected.keys()
    for name, values in expected.items():
        if values.dtype.kind == "O":
            np.testing.assert_array_equal(received[name], values)
        else:
            np.testing.assert_allclose(received[name], values, rtol=0, atol=TOLERANCE)
