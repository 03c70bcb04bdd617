"""KServe's Python model server: V1 over REST, the Open Inference Protocol over gRPC.

Usage: `python -m benchmarks.serving.peers.kserve_server NAME BASE_PATH REST_PORT GRPC_PORT ROWS`.
Its batcher is a sidecar of the cluster and no part of this server, so ROWS is not used.
"""

import logging
import pathlib
import sys
from typing import Any

import kserve
import numpy as np

from benchmarks.serving.peers.model import SavedModel

_DATATYPES = {
    "O": "BYTES",
    "float32": "FP32",
    "float64": "FP64",
    "int32": "INT32",
    "int64": "INT64",
}


class Model(kserve.Model):
    """A SavedModel under a name."""

    def __init__(self, name: str, base_path: pathlib.Path):
        super().__init__(name)
        self._model = SavedModel(base_path)
        self.ready = True

    def predict(self, payload: Any, headers: Any = None, response_headers: Any = None) -> Any:
        """Answer either protocol."""
        if isinstance(payload, dict):
            return {"predictions": self._model.predict(payload["instances"])}
        outputs = self._model.call({each.name: each.as_numpy() for each in payload.inputs})
        return kserve.InferResponse(
            payload.id, self.name, [_output(name, array) for name, array in outputs.items()]
        )


def _output(name: str, array: np.ndarray) -> kserve.InferOutput:
    kind = "O" if array.dtype.kind == "O" else array.dtype.name
    output = kserve.InferOutput(name, list(array.shape), _DATATYPES[kind])
    output.set_data_from_numpy(array, binary_data=True)
    return output


if __name__ == "__main__":
    name, base_path, rest_port, grpc_port, _ = sys.argv[1:]
    for talkative in ("kserve", "kserve.trace", "uvicorn.access"):  # A line or two per request.
        logging.getLogger(talkative).setLevel(logging.WARNING)
    server = kserve.ModelServer(
        http_port=int(rest_port), grpc_port=int(grpc_port), workers=1, access_log_format=None
    )
    server.start([Model(name, pathlib.Path(base_path))])
