"""Ask the same questions of the trainer, the export and the server, over both protocols."""

import pathlib

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from pipeline.modules import trainer
from serving import client, reference, saved_model

TOLERANCE = 1e-5
"""Largest absolute difference of a probability or of a number in an embedding."""


def trainers_answers(summary):
    """What the trained model itself answered, by signature."""
    return reference.load(pathlib.Path(summary["model_run"], trainer.REFERENCE))


def assert_export_agrees(summary):
    """The SavedModel that was pushed gives the trainer's answers."""
    predictor = saved_model.SavedModelPredictor(pathlib.Path(summary["model"]))
    for signature, recorded in trainers_answers(summary).items():
        _assert_close(predictor.predict(signature, recorded["inputs"]), recorded["outputs"])
    predictor.close()


def assert_server_agrees(server, summary):
    """A running server gives the trainer's answers over REST and gRPC."""
    address = f"127.0.0.1:{server.rest_port}"
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for signature, recorded in trainers_answers(summary).items():
            inputs = recorded["inputs"]
            answer = client.predict(address, summary["name"], _json(inputs), signature)
            if len(recorded["outputs"]) == 1:  # REST leaves out the name of a single output.
                answer = dict.fromkeys(recorded["outputs"], answer)
            _assert_close(
                {name: _array(value) for name, value in answer.items()}, recorded["outputs"]
            )
            request = predict_pb2.PredictRequest()
            request.model_spec.name = summary["name"]
            request.model_spec.signature_name = signature
            for name, values in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(values.tolist()))
            response = stub.Predict(request, timeout=30)
            assert response.model_spec.version.value == summary["version"]
            received = {name: tf.make_ndarray(value) for name, value in response.outputs.items()}
            _assert_close(received, recorded["outputs"])


def _json(inputs):
    """Text as strings, everything else as bytes, which the client sends in base64."""
    return {
        name: [value.decode() if name == "text" else value for value in values.tolist()]
        for name, values in inputs.items()
    }


def _array(value):
    array = np.array(value)
    return np.char.encode(array, "utf-8").astype(object) if array.dtype.kind == "U" else array


def _assert_close(received, expected):
    assert received.keys() == expected.keys()
    for name, values in expected.items():
        if values.dtype.kind == "O":
            np.testing.assert_array_equal(received[name], values)
        else:
            np.testing.assert_allclose(received[name], values, rtol=0, atol=TOLERANCE)
