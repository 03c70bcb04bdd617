"""Kubernetes manifests: what both variants share, and one Deployment and autoscaler for each.

TensorFlow Serving ignores SIGTERM when it is a container's first process, so a
pod that is to go first waits, while it leaves the Service's endpoints and
answers what it has, and is then killed.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from serving.bundle import compose, model, server_files
from serving.bundle.model import Bundled
from serving.bundle.releases import Release

QUEUE_METRIC = "tensorflow_serving_queuing_latency_microseconds"
"""Custom metric the GPU's autoscaler reads; the README has the adapter's rule for it."""
_DRAIN_SECONDS = 20
_AFTER_DRAIN_SECONDS = 5
_RECONNECT_MS = 300_000
_FILLER = "busybox:1.37"
_AS_USER = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "runAsGroup": 1000,
    "fsGroup": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_LOCKED_DOWN = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}

Manifest = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class App:
    """What the manifests are about."""

    name: str
    """Name of all objects, from `model.dns_name`."""
    models: Sequence[Bundled]
    """What is served."""
    release: Release
    """Which TensorFlow Serving."""

    @property
    def labels(self) -> dict[str, str]:
        """Labels of all objects."""
        return {"app.kubernetes.io/name": self.name, "app.kubernetes.io/component": "serving"}


def storage(app: App) -> list[Manifest]:
    """The volume with the models; filled by hand, see the README."""
    megabytes = sum(entry.size for entry in app.models) / 1e6
    spec = {
        "accessModes": ["ReadWriteMany"],
        # Room for four versions of everything.
        "resources": {"requests": {"storage": f"{max(1, math.ceil(4 * megabytes / 1000))}Gi"}},
    }
    return [_object(app, "v1", "PersistentVolumeClaim", f"{app.name}-models", spec=spec)]


def fill(app: App) -> list[Manifest]:
    """A pod that does nothing but hold the volume open for writing, for `kubectl cp`."""
    container = {
        "name": "fill",
        "image": _FILLER,
        "command": ["sleep", "86400"],
        "volumeMounts": [{"name": "models", "mountPath": compose.MODELS_FOLDER}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "64Mi"},
            "limits": {"memory": "256Mi"},
        },
        "securityContext": _LOCKED_DOWN,
    }
    claim = {"claimName": f"{app.name}-models"}
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": _AS_USER,
        "containers": [container],
        "volumes": [{"name": "models", "persistentVolumeClaim": claim}],
    }
    return [_object(app, "v1", "Pod", f"{app.name}-fill", spec=spec)]


def adapter_rules() -> dict[str, Any]:
    """Helm values of prometheus-adapter that make `QUEUE_METRIC` of the server's histogram."""
    histogram = ":tensorflow:serving:batching_session:queuing_latency"

    def per_pod(part: str) -> str:
        series = f'{{__name__="{histogram}_{part}",<<.LabelMatchers>>}}'
        return f"sum(rate({series}[1m])) by (<<.GroupBy>>)"

    rule = {
        "seriesQuery": f'{{__name__="{histogram}_sum",namespace!="",pod!=""}}',
        "resources": {
            "overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}
        },
        "name": {"as": QUEUE_METRIC},
        "metricsQuery": f"{per_pod('sum')} / {per_pod('count')}",
    }
    return {"rules": {"custom": [rule]}}


def shared(app: App, files: dict[str, str]) -> list[Manifest]:
    """ConfigMap of the server's files, Service and PodDisruptionBudget.

    Args:
        app: What the manifests are about.
        files: Contents of the configuration files by name.
    """
    ports = [
        {
            "name": "grpc",
            "port": server_files.GRPC_PORT,
            "targetPort": "grpc",
            "appProtocol": "grpc",
        },
        {"name": "http", "port": server_files.REST_PORT, "targetPort": "http"},
    ]
    disruptions = {"maxUnavailable": 1, "selector": {"matchLabels": app.labels}}
    return [
        _object(app, "v1", "ConfigMap", f"{app.name}-config", data=files),
        _object(app, "v1", "Service", app.name, spec={"selector": app.labels, "ports": ports}),
        _object(app, "policy/v1", "PodDisruptionBudget", app.name, spec=disruptions),
    ]


def cpu(app: App) -> list[Manifest]:
    """Deployment on CPUs, scaled by their use."""
    cores = model.cpu_request(app.models)
    # The server counts the node's cores, whatever share of them the pod has.
    arguments = [f"--tensorflow_intra_op_parallelism={cores}"]
    container = _container(app, app.release.tag, arguments)
    container["resources"]["requests"]["cpu"] = str(cores)
    target = {"type": "Utilization", "averageUtilization": 70}
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": target}}
    return [_deployment(app, _pod(app, container)), _autoscaler(app, metric)]


def gpu(app: App) -> list[Manifest]:
    """Deployment with one GPU a pod, scaled by the time requests wait in the batching queue."""
    container = _container(app, f"{app.release.tag}-gpu", [])
    container["resources"]["requests"]["cpu"] = "2"
    container["resources"]["limits"]["nvidia.com/gpu"] = 1
    container["env"] = [{"name": "CUDA_CACHE_PATH", "value": "/tmp/cuda"}]
    pod = _pod(app, container)
    pod["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    timeout = server_files.shared_batching(app.models).batch_timeout_micros
    target = {"type": "AverageValue", "averageValue": str(timeout + 10_000)}
    metric = {"type": "Pods", "pods": {"metric": {"name": QUEUE_METRIC}, "target": target}}
    return [_deployment(app, pod), _autoscaler(app, metric)]


def _object(app: App, version: str, kind: str, name: str, **content: Any) -> Manifest:
    metadata = {"name": name, "labels": app.labels}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def _deployment(app: App, pod: dict[str, Any]) -> Manifest:
    annotations = {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(server_files.REST_PORT),
        "prometheus.io/path": server_files.METRICS_PATH,
    }
    spec = {
        # No `replicas`: the autoscaler's number would be overwritten by every `apply`.
        "selector": {"matchLabels": app.labels},
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
        },
        "template": {"metadata": {"labels": app.labels, "annotations": annotations}, "spec": pod},
    }
    return _object(app, "apps/v1", "Deployment", app.name, spec=spec)


def _autoscaler(app: App, metric: dict[str, Any]) -> Manifest:
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": app.name},
        "minReplicas": 2,
        "maxReplicas": 10,
        "metrics": [metric],
        # A pod that goes takes its warm caches along; wait before letting it go.
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
    }
    return _object(app, "autoscaling/v2", "HorizontalPodAutoscaler", app.name, spec=spec)


def _pod(app: App, container: dict[str, Any]) -> dict[str, Any]:
    return {
        "terminationGracePeriodSeconds": _DRAIN_SECONDS + _AFTER_DRAIN_SECONDS,
        "automountServiceAccountToken": False,
        "securityContext": _AS_USER,
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": app.labels},
            }
        ],
        "containers": [container],
        "volumes": [
            {
                "name": "models",
                "persistentVolumeClaim": {"claimName": f"{app.name}-models", "readOnly": True},
            },
            {"name": "config", "configMap": {"name": f"{app.name}-config"}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }


def _container(app: App, tag: str, arguments: Sequence[str]) -> dict[str, Any]:
    # Clients keep a gRPC connection for ever otherwise, and new pods would get no calls.
    channel = f"--grpc_channel_arguments=grpc.max_connection_age_ms={_RECONNECT_MS}"
    memory = f"{model.memory_request(app.models)}Mi"
    return {
        "name": "serving",
        "image": f"tensorflow/serving:{tag}",
        "command": [compose.SERVER],
        "args": [
            *server_files.flags(app.models, compose.CONFIG_FOLDER),
            channel,
            *arguments,
        ],
        "ports": [
            {"name": "grpc", "containerPort": server_files.GRPC_PORT},
            {"name": "http", "containerPort": server_files.REST_PORT},
        ],
        "resources": {
            "requests": {"memory": memory},
            "limits": {"memory": f"{model.memory_limit(app.models)}Mi"},
        },
        "securityContext": _LOCKED_DOWN,
        "volumeMounts": [
            {"name": "models", "mountPath": compose.MODELS_FOLDER, "readOnly": True},
            {"name": "config", "mountPath": compose.CONFIG_FOLDER, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},
        ],
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(_DRAIN_SECONDS)]}}},
        **_probes(app),
    }


def _probes(app: App) -> dict[str, Any]:
    """Ports open once everything is loaded; the status says whether it still is."""
    health = {"grpc": {"port": server_files.GRPC_PORT}, "timeoutSeconds": 5}
    period = 5
    start = math.ceil(model.start_seconds(app.models) / period)
    return {
        "startupProbe": health | {"periodSeconds": period, "failureThreshold": start},
        "readinessProbe": {
            "exec": {"command": server_files.is_ready_command(app.models)},
            "periodSeconds": period,
            "timeoutSeconds": 5,
            "failureThreshold": 2,
        },
        "livenessProbe": health | {"periodSeconds": 10, "failureThreshold": 6},
    }
