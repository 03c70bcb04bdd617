"""docker-compose.yml: the models on one machine, on its CPU or its GPU."""

from collections.abc import Sequence
from typing import Any

from serving.bundle import model, server_files
from serving.bundle.model import Bundled
from serving.bundle.releases import Release

SERVER = "/usr/bin/tensorflow_model_server"
MODELS_FOLDER = "/models"
CONFIG_FOLDER = "/config"


def compose(models: Sequence[Bundled], release: Release) -> dict[str, Any]:
    """The file as plain values: a service in the profile `cpu` and one in `gpu`.

    Both listen on this machine's loopback address only, run as an ordinary user, and can write
    nowhere but to `/tmp`, which is in memory.
    """
    gpu = {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}
    reservation = {"deploy": {"resources": {"reservations": {"devices": [gpu]}}}}
    cpu_service = _service(models, f"tensorflow/serving:{release.tag}")
    gpu_service = _service(models, f"tensorflow/serving:{release.tag}-gpu") | reservation
    return {
        "services": {
            "serving": {"profiles": ["cpu"]} | cpu_service,
            "serving-gpu": {"profiles": ["gpu"]} | gpu_service,
        }
    }


def _service(models: Sequence[Bundled], image: str) -> dict[str, Any]:
    ports = (server_files.GRPC_PORT, server_files.REST_PORT)
    return {
        "image": image,
        # Not the image's own script, which stays the first process and passes no signal on.
        "entrypoint": [SERVER],
        "command": server_files.flags(models, CONFIG_FOLDER),
        "ports": [f"127.0.0.1:{port}:{port}" for port in ports],
        "volumes": [f"./models:{MODELS_FOLDER}:ro", f"./config:{CONFIG_FOLDER}:ro"],
        "healthcheck": {
            "test": ["CMD", *map(_escaped, server_files.is_ready_command(models))],
            "interval": "10s",
            "timeout": "5s",
            "retries": 3,
            "start_period": f"{model.start_seconds(models)}s",
        },
        "user": "1000:1000",
        "read_only": True,
        "tmpfs": ["/tmp"],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        # A first process that does not ignore SIGTERM as the server does when it is one.
        "init": True,
        "restart": "unless-stopped",
        "mem_limit": f"{model.memory_limit(models)}m",
    }


def _escaped(argument: str) -> str:
    """With dollar signs that Compose does not take for its own variables."""
    return argument.replace("$", "$$")
