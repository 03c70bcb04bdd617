"""The gRPC half of TensorFlow Serving: PredictionService and ModelService.

Sources of the codes and texts: TensorFlow Serving,
`model_servers/prediction_service_impl.cc`, `model_service_impl.cc`,
`get_model_status_impl.cc`, `grpc_status_util.cc` and
`servables/tensorflow/get_model_metadata_impl.cc`.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import grpc
from google.protobuf import json_format
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from serving import errors
from serving.execution import inference
from serving.frontend.edge import ServedRepository
from serving.model import ModelSpec, Options, Repository, VersionStatus
from serving.repository import model_config
from serving.telemetry import request_metrics
from serving.telemetry.request_metrics import RequestMetrics

_LOG = logging.getLogger(__name__)
# Bytes of a status text; the rest is cut off.
_LONGEST_TEXT = 1024
_LONGEST_SECONDS = 1e9
_DEFAULTS = Options()


class CountedMetrics(request_metrics.Metrics, Protocol):
    """Metrics that can be read back; `serving.telemetry.metrics.Metrics` is one."""

    def value(self, name: str) -> int | None:
        """Sum of a counter over its labels; None if there is no such counter."""


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict, Classify, Regress, MultiInference and GetModelMetadata.

    Args:
        repository: What can be asked.
        metrics: Where requests are counted; None counts nothing.
        options: How to answer.
    """

    def __init__(
        self,
        repository: Repository,
        metrics: request_metrics.Metrics | None = None,
        options: Options = _DEFAULTS,
    ):
        self._repository = repository
        self._recorder = RequestMetrics(metrics, "GRPC")
        self._options = options

    def Predict(
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Run one signature on tensors."""
        return self._count("Predict", inference.predict, request, context)

    def Classify(
        self, request: classification_pb2.ClassificationRequest, context: grpc.ServicerContext
    ) -> classification_pb2.ClassificationResponse:
        """Run one signature on examples, for labels and scores."""
        return self._count("Classify", inference.classify, request, context)

    def Regress(
        self, request: regression_pb2.RegressionRequest, context: grpc.ServicerContext
    ) -> regression_pb2.RegressionResponse:
        """Run one signature on examples, for a number each."""
        return self._count("Regress", inference.regress, request, context)

    def MultiInference(
        self, request: inference_pb2.MultiInferenceRequest, context: grpc.ServicerContext
    ) -> inference_pb2.MultiInferenceResponse:
        """Classify and regress the same examples; the first task says which model."""
        spec = request.tasks[0].model_spec if request.tasks else model_pb2.ModelSpec()
        return _answer(
            context, self._infer, inference.multi_inference, spec, request, _timeout(context)
        )

    def GetModelMetadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest, context: grpc.ServicerContext
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Describe the signatures."""
        return _answer(context, self._metadata, request)

    def _count(
        self, api: str, infer: Callable[..., Any], request: Any, context: grpc.ServicerContext
    ) -> Any:
        def work() -> Any:
            with self._recorder.request(request.model_spec.name, api):
                _require_model_spec(request)
                return self._infer(infer, request.model_spec, request, _timeout(context))

        return _answer(context, work)

    def _infer(
        self,
        infer: Callable[..., Any],
        spec: model_pb2.ModelSpec,
        request: Any,
        timeout: float | None,
    ) -> Any:
        with self._repository.lease(_model_spec(spec)) as predictor:
            return infer(predictor, request, self._options, timeout, self._recorder)

    def _metadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        _require_model_spec(request)
        if not request.metadata_field:
            raise errors.invalid_argument(
                "GetModelMetadataRequest must specify at least one metadata_field"
            )
        for field in request.metadata_field:
            if field != "signature_def":
                raise errors.invalid_argument(f"Metadata field {field} is not supported")
        with self._repository.lease(_model_spec(request.model_spec)) as predictor:
            signatures = json_format.Parse(
                predictor.metadata_json, get_model_metadata_pb2.SignatureDefMap()
            )
            version = predictor.version
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name = request.model_spec.name
        response.model_spec.version.value = version
        response.metadata["signature_def"].Pack(signatures)
        return response


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus and HandleReloadConfigRequest.

    Args:
        repository: What is served.
        metrics: Read for the increases that a reload reports; None reports zeros.
    """

    def __init__(self, repository: ServedRepository, metrics: CountedMetrics | None = None):
        self._repository = repository
        self._metrics = metrics

    def GetModelStatus(
        self, request: get_model_status_pb2.GetModelStatusRequest, context: grpc.ServicerContext
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """List the states of the versions; a label in the request is ignored."""
        return _answer(context, self._status, request)

    def HandleReloadConfigRequest(
        self, request: model_management_pb2.ReloadConfigRequest, context: grpc.ServicerContext
    ) -> model_management_pb2.ReloadConfigResponse:
        """Replace the list of models; returns when each newly named one is available."""
        return _answer(context, self._reload, request)

    def _status(
        self, request: get_model_status_pb2.GetModelStatusRequest
    ) -> get_model_status_pb2.GetModelStatusResponse:
        _require_model_spec(request)
        spec = request.model_spec
        version = spec.version.value if spec.HasField("version") else None
        statuses = self._repository.status(spec.name, version)
        return get_model_status_pb2.GetModelStatusResponse(
            model_version_status=map(_status_proto, statuses)
        )

    def _reload(
        self, request: model_management_pb2.ReloadConfigRequest
    ) -> model_management_pb2.ReloadConfigResponse:
        if request.config.WhichOneof("config") != "model_config_list":
            raise errors.invalid_argument(
                "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                "Only ModelConfigList is currently supported"
            )
        before = self._values(request.metric_names)
        try:
            self._repository.apply(model_config.from_proto(request.config))
        except errors.ServingError as error:
            _LOG.error("ReloadConfig failed: %s", error.text)
            raise
        response = model_management_pb2.ReloadConfigResponse()
        response.status.SetInParent()
        for name, value in self._values(request.metric_names).items():
            response.metric.add(name=name, int64_value_increase=value - before[name])
        return response

    def _values(self, names: Sequence[str]) -> Mapping[str, int]:
        if self._metrics is None:
            return dict.fromkeys(names, 0)
        return {name: self._metrics.value(name) or 0 for name in names}


def _require_model_spec(request: Any) -> None:
    if not request.HasField("model_spec"):
        raise errors.invalid_argument("Missing ModelSpec")


def _model_spec(spec: model_pb2.ModelSpec) -> ModelSpec:
    if not spec.name:
        raise errors.invalid_argument("ModelSpec has no name specified.")
    version = spec.version.value if spec.HasField("version") else None
    label = spec.version_label if spec.HasField("version_label") else None
    return ModelSpec(spec.name, version, label)


def _timeout(context: grpc.ServicerContext) -> float | None:
    seconds = context.time_remaining()
    # A call without a deadline has some hundred thousand million years left.
    return None if seconds is None or seconds > _LONGEST_SECONDS else seconds


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


def _answer(context: grpc.ServicerContext, work: Callable[..., Any], *arguments: Any) -> Any:
    """Run `work`, or end the call with its error's code and text."""
    try:
        return work(*arguments)
    except errors.ServingError as error:
        code, text = error.code, error.text
    except Exception as error:
        _LOG.exception("A gRPC request failed.")
        code, text = "INTERNAL", f"{type(error).__name__}: {error}"
    encoded = text.encode("utf-8", "replace")
    if len(encoded) > _LONGEST_TEXT:
        text = encoded[:_LONGEST_TEXT].decode("utf-8", "ignore") + "...TRUNCATED"
    return context.abort(grpc.StatusCode[code], text)
