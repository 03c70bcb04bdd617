"""From TensorFlow Serving's flags to a running server.

What each flag means, in the order in which TensorFlow Serving looks at them,
with its errors. Source: TensorFlow Serving, `model_servers/server.cc`,
`Server::BuildAndStart`.
"""

import logging
import os
import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import tensorflow as tf
from tensorflow.core.protobuf import rewriter_config_pb2
from tensorflow_serving.config import model_server_config_pb2

from serving import errors, protos
from serving.batching import parameters
from serving.batching.parameters import BatchingParameters
from serving.command import running
from serving.command.server import Server, ServerConfig, Sources, StartError
from serving.command.version_loader import LoadingConfig
from serving.execution.session import SessionSettings
from serving.frontend import admission, tls
from serving.model import Options
from serving.repository import model_config
from serving.repository.model_config import ServedModel
from serving.repository.repository import RepositoryConfig
from serving.rest.app import RestConfig
from serving.rpc.server import GrpcConfig

_LOG = logging.getLogger(__name__)
_LOOPBACK = "127.0.0.1"
_METRICS_PATH = "/monitoring/prometheus/metrics"
_LARGEST_INT32 = 2**31 - 1
# Inclusive.
_RANGES = {
    "port": (0, 65535),
    "rest_api_port": (0, 65535),
    "grpc_max_threads": (1, _LARGEST_INT32),
    "rest_api_num_threads": (1, _LARGEST_INT32),
    "max_request_bytes": (1, _LARGEST_INT32),
    "max_concurrent_requests": (0, _LARGEST_INT32),
    "drain_seconds": (0, 86_400),
}
Values = Mapping[str, Any]
"""Value by flag of `serving.command.flag_table.FLAGS`."""


def run(values: Values) -> str | None:
    """Serve what the flags say until told to stop.

    Args:
        values: Value by flag of `serving.command.flag_table.FLAGS`.

    Returns:
        Why the server could not start; None once it was told to stop.
    """
    try:
        sources, config = read(values)
        if config.host == _LOOPBACK:
            _LOG.info("Answering this machine only; --host=0.0.0.0 answers others, too.")
        running.run(Server(sources, config))
    except (errors.ServingError, StartError) as error:
        return f"Failed to start server. Error: {error}"
    return None


def read(values: Values) -> tuple[Sources, ServerConfig]:
    """Check the flags, and read the files they name.

    Raises:
        ServingError: With TensorFlow Serving's code and text.
    """
    _check(values)
    sources = Sources(
        models=_single_model(values),
        config_file=_path(values["model_config_file"]),
        config_poll_seconds=values["model_config_file_poll_wait_seconds"],
        models_dir=_path(values["models_dir"]),
    )
    config = ServerConfig(
        host=values["host"],
        port=values["port"] or None,
        grpc_socket=_path(values["grpc_socket_path"]),
        rest_api_port=_rest_port(values),
        drain_seconds=values["drain_seconds"],
        repository=_repository(values),
        loading=LoadingConfig(
            session=_session(values),
            warm_up=values["enable_model_warmup"],
            warm_up_iterations=max(1, values["num_request_iterations_for_warmup"]),
        ),
        batching=_batching(values),
        is_batching_per_model=values["enable_per_model_batching_parameters"],
        answering=Options(
            tensor_content=values["enable_serialization_as_tensor_content"],
            check_method_names=values["enable_signature_method_name_check"],
        ),
        grpc=_grpc(values),
        grpc_tls=_tls(values["ssl_config_file"]),
        rest=_rest(values),
        rest_tls=_tls(values["rest_ssl_config_file"]),
        playground=values["enable_playground"],
        token=_token(values),
        max_concurrent_requests=values["max_concurrent_requests"] or None,
        access_log=_access_log(values["access_log"]),
    )
    return sources, config


def _check(values: Values) -> None:
    for name, (least, most) in _RANGES.items():
        if not least <= values[name] <= most:
            raise errors.invalid_argument(
                f"--{name} must be {least} to {most}. Received: {values[name]}"
            )
    if not values["port"] and not values["grpc_socket_path"]:
        raise errors.invalid_argument(
            "At least one of server_options.grpc_port or server_options.grpc_socket_path must be "
            "set."
        )
    if values["use_alts_credentials"] and values["ssl_config_file"]:
        raise errors.invalid_argument(
            "Either use_alts_credentials must be false or ssl_config_file must be empty."
        )
    if values["use_alts_credentials"]:
        raise errors.invalid_argument(
            "ALTS works within Google Cloud only, and not with this server. Secure gRPC with "
            "--ssl_config_file."
        )
    if not (values["model_base_path"] or values["model_config_file"] or values["models_dir"]):
        raise errors.invalid_argument(
            "Both server_options.model_base_path and server_options.model_config_file are empty!"
        )


def _single_model(values: Values) -> list[ServedModel]:
    name, base_path = values["model_name"], values["model_base_path"]
    if not base_path or values["model_config_file"]:
        return []
    _LOG.info(
        "Building single TensorFlow model file config:  model_name: %s model_base_path: %s",
        name,
        base_path,
    )
    config = model_server_config_pb2.ModelServerConfig()
    config.model_config_list.config.add(
        name=name, base_path=base_path, model_platform=model_config.PLATFORM
    )
    return model_config.from_proto(config)


def _rest_port(values: Values) -> int | None:
    if values["rest_api_port"] and values["rest_api_port"] == values["port"]:
        _LOG.error(
            "server_options.http_port cannot be same as grpc_port. Please use a different port for "
            "HTTP/REST API. Skipped exporting HTTP/REST API."
        )
        return None
    return values["rest_api_port"] or None


def _repository(values: Values) -> RepositoryConfig:
    return RepositoryConfig(
        poll_seconds=values["file_system_poll_wait_seconds"],
        max_load_retries=values["max_num_load_retries"],
        load_retry_seconds=values["load_retry_interval_micros"] / 1e6,
        num_load_threads=values["num_load_threads"],
        num_unload_threads=values["num_unload_threads"],
        allow_labels_for_unavailable=values["allow_version_labels_for_unavailable_models"],
    )


def _batching(values: Values) -> BatchingParameters | None:
    path = values["batching_parameters_file"]
    if values["enable_batching"]:
        if not path:
            return BatchingParameters(thread_pool_name="model_server_batch_threads")
        return parameters.from_proto(protos.read(path, protos.BatchingParameters))
    if path:
        raise errors.invalid_argument(
            "server_options.batching_parameters_file is set without setting "
            "server_options.enable_batching to true."
        )
    return None


def _session(values: Values) -> SessionSettings:
    config = tf.compat.v1.ConfigProto()
    if values["tensorflow_session_config_file"]:
        config = protos.read(values["tensorflow_session_config_file"], tf.compat.v1.ConfigProto)
    if values["per_process_gpu_memory_fraction"]:
        fraction = values["per_process_gpu_memory_fraction"]
        config.gpu_options.per_process_gpu_memory_fraction = fraction
    _set_parallelism(config, values)
    precision = values["mixed_precision"]
    if precision == "bfloat16":
        rewriting = config.graph_options.rewrite_options
        rewriting.auto_mixed_precision_onednn_bfloat16 = rewriter_config_pb2.RewriterConfig.ON
    elif precision:
        _LOG.warning("%s auto mixed precision is not supported. Valid option: bfloat16", precision)
    tags = tuple(values["saved_model_tags"].split(","))
    return SessionSettings(tags, config, _tflite_interpreters(values))


def _tflite_interpreters(values: Values) -> int | None:
    if not values["prefer_tflite_model"]:
        return None
    return max(1, values["num_tflite_pools"] or os.cpu_count() or 1)


def _set_parallelism(config: tf.compat.v1.ConfigProto, values: Values) -> None:
    both = values["tensorflow_session_parallelism"]
    intra = values["tensorflow_intra_op_parallelism"]
    inter = values["tensorflow_inter_op_parallelism"]
    if both > 0 and intra > 0 and inter > 0:
        raise errors.invalid_argument(
            "Either configure server_options.tensorflow_session_parallelism or "
            "(server_options.tensorflow_intra_op_parallelism, "
            "server_options.tensorflow_inter_op_parallelism) separately. "
            "You cannot configure all."
        )
    # TensorFlow Serving overwrites the numbers of --tensorflow_session_config_file even with the
    # 0 of flags that were not given, which no user of that file can want.
    if both > 0 or intra > 0 or inter > 0:
        separately = intra > 0 or inter > 0
        config.intra_op_parallelism_threads = intra if separately else both
        config.inter_op_parallelism_threads = inter if separately else both


def _path(text: str) -> pathlib.Path | None:
    return pathlib.Path(text) if text else None


def _tls(path: str) -> tls.Tls | None:
    return tls.read(path) if path else None


def _token(values: Values) -> str | None:
    path = _path(values["rest_api_token_file"])
    return None if path is None else admission.read_token(path)


def _access_log(path: str) -> TextIO | None:
    if path == "-":
        return sys.stdout
    try:
        return pathlib.Path(path).open("a", encoding="utf-8") if path else None
    except OSError as error:
        raise errors.invalid_argument(
            f"Cannot write the access log {path}: {error.strerror}. Choose another file with "
            "--access_log."
        ) from error


def _rest(values: Values) -> RestConfig:
    milliseconds = values["rest_api_timeout_in_ms"]
    return RestConfig(
        # TensorFlow waits for ever if there is no time at all.
        timeout=(milliseconds if milliseconds > 0 else _LARGEST_INT32) / 1000,
        num_threads=values["rest_api_num_threads"],
        max_request_bytes=values["max_request_bytes"],
        metrics_path=_metrics_path(values),
        enable_cors=values["rest_api_enable_cors_support"],
        enable_openai=values["enable_openai"],
    )


def _metrics_path(values: Values) -> str | None:
    if not values["monitoring_config_file"]:
        return None
    config = protos.read(values["monitoring_config_file"], protos.MonitoringConfig)
    prometheus = config.prometheus_config
    return (prometheus.path or _METRICS_PATH) if prometheus.enable else None


def _grpc(values: Values) -> GrpcConfig:
    return GrpcConfig(
        num_threads=values["grpc_max_threads"],
        max_request_bytes=values["max_request_bytes"],
        channel_arguments=_channel_arguments(values["grpc_channel_arguments"]),
        health_service=values["enable_grpc_healthcheck_service"],
        profiler_service=values["enable_profiler"],
    )


def _channel_arguments(text: str) -> Sequence[tuple[str, int | str]]:
    arguments: list[tuple[str, int | str]] = []
    for argument in filter(None, text.split(",")):
        key, equals, value = argument.partition("=")
        if not equals:
            raise errors.invalid_argument(
                f"--grpc_channel_arguments has {argument!r}. Expected name=value, separated by "
                "commas."
            )
        try:
            arguments.append((key, int(value)))
        except ValueError:
            arguments.append((key, value))
    return arguments
