"""The gRPC half of TensorFlow Serving: PredictionService and ModelService.

Sources of the codes and texts: TensorFlow Serving,
`servables/tensorflow/predict_util.cc`, `get_model_metadata_impl.cc` and
`model_servers/get_model_status_impl.cc`.
"""

import logging
from collections.abc import Callable
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving import errors
from serving.model import DEFAULT_SIGNATURE, ModelSpec, Repository, VersionStatus

_LOG = logging.getLogger(__name__)
_LONGEST_TEXT = 1024

# Where a TensorProto keeps the values of a type. Typed fields, not `tensor_content`: TensorFlow
# Serving answers so unless told otherwise, and some clients read nothing else.
_FIELDS = {
    tf.float32: "float_val",
    tf.float64: "double_val",
    **dict.fromkeys([tf.int32, tf.int16, tf.int8, tf.uint8, tf.uint16], "int_val"),
    tf.int64: "int64_val",
    tf.uint32: "uint32_val",
    tf.uint64: "uint64_val",
    tf.bool: "bool_val",
    tf.string: "string_val",
}


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict and GetModelMetadata; what it lacks answers UNIMPLEMENTED."""

    def __init__(self, repository: Repository):
        self._repository = repository

    def Predict(
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Run one signature."""
        return _answer(context, self._predict, request, context.time_remaining())

    def GetModelMetadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest, context: grpc.ServicerContext
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Describe the signatures."""
        return _answer(context, self._metadata, request)

    def _predict(
        self, request: predict_pb2.PredictRequest, timeout: float | None
    ) -> predict_pb2.PredictResponse:
        with self._repository.lease(_model_spec(request)) as predictor:
            outputs = predictor.predict(
                request.model_spec.signature_name,
                {alias: _to_array(alias, tensor) for alias, tensor in request.inputs.items()},
                tuple(request.output_filter),
                timeout,
            )
            version = predictor.version
        response = predict_pb2.PredictResponse()
        response.model_spec.name = request.model_spec.name
        response.model_spec.version.value = version
        response.model_spec.signature_name = request.model_spec.signature_name or DEFAULT_SIGNATURE
        for alias, array in outputs.items():
            response.outputs[alias].CopyFrom(to_tensor_proto(array))
        return response

    def _metadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        spec = _model_spec(request)
        if not request.metadata_field:
            raise errors.invalid_argument(
                "GetModelMetadataRequest must specify at least one metadata_field"
            )
        for field in request.metadata_field:
            if field != "signature_def":
                raise errors.invalid_argument(f"Metadata field {field} is not supported")
        with self._repository.lease(spec) as predictor:
            signatures = json_format.Parse(
                predictor.metadata_json, get_model_metadata_pb2.SignatureDefMap()
            )
            version = predictor.version
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name = spec.name
        response.model_spec.version.value = version
        response.metadata["signature_def"].Pack(signatures)
        return response


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus; what it lacks answers UNIMPLEMENTED."""

    def __init__(self, repository: Repository):
        self._repository = repository

    def GetModelStatus(
        self, request: get_model_status_pb2.GetModelStatusRequest, context: grpc.ServicerContext
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """List the states of the versions; a label in the request is ignored."""
        return _answer(context, self._status, request)

    def _status(
        self, request: get_model_status_pb2.GetModelStatusRequest
    ) -> get_model_status_pb2.GetModelStatusResponse:
        if not request.HasField("model_spec"):
            raise errors.invalid_argument("Missing ModelSpec")
        spec = request.model_spec
        version = spec.version.value if spec.HasField("version") else None
        statuses = self._repository.status(spec.name, version)
        return get_model_status_pb2.GetModelStatusResponse(
            model_version_status=map(_status_proto, statuses)
        )


def to_tensor_proto(array: np.ndarray) -> tensor_pb2.TensorProto:
    """Write an array the way TensorFlow Serving does.

    Args:
        array: Strings as an object array of bytes.
    """
    if array.dtype.kind == "O" and not array.size:
        dtype = tf.string  # An empty object array says nothing about its items.
    else:
        dtype = tf.string if array.dtype.kind == "O" else tf.as_dtype(array.dtype)
    if dtype not in _FIELDS:
        return tf.make_tensor_proto(array)
    proto = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum)
    proto.tensor_shape.SetInParent()
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    getattr(proto, _FIELDS[dtype]).extend(array.ravel().tolist())
    return proto


def _to_array(alias: str, tensor: tensor_pb2.TensorProto) -> np.ndarray:
    try:
        return tf.make_ndarray(tensor)
    except (TypeError, ValueError) as error:
        raise errors.invalid_argument(f"tensor parsing error: {alias}") from error


def _model_spec(request: Any) -> ModelSpec:
    if not request.HasField("model_spec"):
        raise errors.invalid_argument("Missing ModelSpec")
    spec: model_pb2.ModelSpec = request.model_spec
    if not spec.name:
        raise errors.invalid_argument("ModelSpec has no name specified.")
    version = spec.version.value if spec.HasField("version") else None
    return ModelSpec(spec.name, version, spec.version_label or None)


def _status_proto(status: VersionStatus) -> get_model_status_pb2.ModelVersionStatus:
    return json_format.ParseDict(
        {
            "version": status.version,
            "state": status.state,
            "status": {
                "error_code": status.error_code,
                "error_message": status.error_message,
            },
        },
        get_model_status_pb2.ModelVersionStatus(),
    )


def _answer(context: grpc.ServicerContext, work: Callable, *arguments: Any) -> Any:
    """Run `work`, or end the call with its error's code and text."""
    try:
        return work(*arguments)
    except errors.ServingError as error:
        code, text = error.code, error.text
    except Exception as error:
        _LOG.exception("A gRPC request failed.")
        code, text = "INTERNAL", f"{type(error).__name__}: {error}"
    if len(text) > _LONGEST_TEXT:
        text = text[:_LONGEST_TEXT] + "...TRUNCATED"
    return context.abort(grpc.StatusCode[code], text)
