"""KServe's InferenceService for one model.

KServe's runtime `kserve-tensorflow-serving` starts TensorFlow Serving on
`/mnt/models`, where it puts what is at `storageUri`, as a model named like the
InferenceService, REST on 8080 and gRPC on 9000. Source: KServe,
`config/runtimes/kserve-tensorflow-serving.yaml`.
"""

from typing import Any

from serving.bundle import model, server_files
from serving.bundle.model import Bundled
from serving.bundle.releases import Release

PLACEHOLDER = "s3://REPLACE-ME/models"
"""Where `models/` was uploaded to; KServe cannot know."""
_MOUNTED_AT = "/mnt/models"


def inference_service(bundled: Bundled, release: Release, *, on_gpu: bool) -> dict[str, Any]:
    """The manifest as plain values.

    Args:
        bundled: The model; its batching file lies beside its versions.
        release: Which TensorFlow Serving; KServe's own default is too old for text models.
        on_gpu: Ask for a GPU and take the image for it.
    """
    cores = str(model.cpu_request([bundled]))
    resources: dict[str, Any] = {
        "requests": {"cpu": cores, "memory": f"{model.memory_request([bundled])}Mi"},
        "limits": {"memory": f"{model.memory_limit([bundled])}Mi"},
    }
    if on_gpu:
        resources["limits"]["nvidia.com/gpu"] = 1
    name = model.dns_name(bundled.name)
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": f"{name}-gpu" if on_gpu else name},
        "spec": {
            "predictor": {
                "minReplicas": 1,
                "model": {
                    "modelFormat": {"name": "tensorflow", "version": "2"},
                    "runtimeVersion": f"{release.tag}-gpu" if on_gpu else release.tag,
                    "protocolVersion": "v1",
                    "storageUri": f"{PLACEHOLDER}/{bundled.name}",
                    "args": [
                        "--enable_batching",
                        f"--batching_parameters_file={_MOUNTED_AT}/{server_files.BATCHING}",
                        "--enable_grpc_healthcheck_service",
                    ],
                    "resources": resources,
                },
            }
        },
    }
