"""TensorFlow Serving's own configuration files, in protobuf's text format."""

import dataclasses
import urllib.parse
from collections.abc import Sequence

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving import protos
from serving.bundle.model import Batching, Bundled

MODELS = "models.config"
BATCHING = "batching.config"
MONITORING = "monitoring.config"
PER_MODEL_BATCHING = "batching_params.pbtxt"
"""In a version's folder, where each model has its own; the name is TensorFlow Serving's."""
LABEL = "stable"
"""Label of the version in the bundle."""
METRICS_PATH = "/monitoring/prometheus/metrics"
GRPC_PORT = 8500
REST_PORT = 8501


def models_config(models: Sequence[Bundled], models_folder: str) -> str:
    """`ModelServerConfig`: which models, from where, which versions, under which label.

    Args:
        models: What is served.
        models_folder: Absolute path of `models/` where the server runs.
    """
    config = model_server_config_pb2.ModelServerConfig()
    for model in models:
        entry = config.model_config_list.config.add(
            name=model.name, base_path=f"{models_folder}/{model.name}", model_platform="tensorflow"
        )
        entry.model_version_policy.specific.versions.append(model.version)
        entry.version_labels[LABEL] = model.version
    return text_format.MessageToString(config)


def batching_config(batching: Batching) -> str:
    """`BatchingParameters` of one setting."""
    message = protos.BatchingParameters(allowed_batch_sizes=batching.allowed_batch_sizes)
    for name in ("batch_timeout_micros", "num_batch_threads", "max_enqueued_batches"):
        getattr(message, name).value = getattr(batching, name)
    message.max_batch_size.value = batching.max_batch_size
    return text_format.MessageToString(message)


def monitoring_config() -> str:
    """`MonitoringConfig`: Prometheus on the REST port."""
    message = protos.MonitoringConfig()
    message.prometheus_config.enable = True
    message.prometheus_config.path = METRICS_PATH
    return text_format.MessageToString(message)


def shared_batching(models: Sequence[Bundled]) -> Batching:
    """The server-wide setting; with several models only its threads count, for all of them.

    That of the model with the largest batches, with the most threads any of them wants.
    """
    largest = max((model.batching for model in models), key=lambda b: b.max_batch_size)
    threads = max(model.batching.num_batch_threads for model in models)
    return dataclasses.replace(largest, num_batch_threads=threads)


def flags(models: Sequence[Bundled], config_folder: str) -> list[str]:
    """Arguments of the server.

    Args:
        models: What is served; several models batch by their own files.
        config_folder: Absolute path of the three files where the server runs.
    """
    arguments = [
        f"--port={GRPC_PORT}",
        f"--rest_api_port={REST_PORT}",
        f"--model_config_file={config_folder}/{MODELS}",
        "--model_config_file_poll_wait_seconds=30",
        # Labels are looked at before the first version is loaded, which would end the start.
        "--allow_version_labels_for_unavailable_models",
        "--enable_batching",
        f"--batching_parameters_file={config_folder}/{BATCHING}",
        f"--monitoring_config_file={config_folder}/{MONITORING}",
        "--enable_grpc_healthcheck_service",
    ]
    return arguments + ["--enable_per_model_batching_parameters"] * (len(models) > 1)


def is_ready_command(models: Sequence[Bundled]) -> list[str]:
    """A command that succeeds once every model has an available version.

    The status URL answers 200 in any state, so the body is read; the image has bash and grep but
    neither curl nor wget.
    """
    names = " ".join(urllib.parse.quote(model.name) for model in models)
    script = (
        f"for model in {names}; do "
        f"exec 3<>/dev/tcp/127.0.0.1/{REST_PORT} || exit 1; "
        'printf "GET /v1/models/%s HTTP/1.0\\r\\nConnection: close\\r\\n\\r\\n" "$model" >&3; '
        'grep -Eq \'"state": ?"AVAILABLE"\' <&3 || exit 1; '
        "exec 3>&-; done"
    )
    return ["bash", "-c", script]
