"""LitServe with its dynamic batching, over REST, which is all it has.

Usage: `python -m benchmarks.serving.peers.litserve_server NAME BASE_PATH REST_PORT GRPC_PORT ROWS`.
One worker process computes, as with the other servers; ROWS of 1 turns batching off.
"""

import pathlib
import sys
from typing import Any

import litserve

_BATCH_TIMEOUT = 0.002


class Api(litserve.LitAPI):
    """A SavedModel that answers as TensorFlow Serving's REST API does."""

    def __init__(self, base_path: pathlib.Path, path: str, num_rows: int):
        super().__init__(max_batch_size=num_rows, batch_timeout=_BATCH_TIMEOUT, api_path=path)
        self._base_path = base_path
        self._is_batched = num_rows > 1

    def setup(self, device: str) -> None:
        """Load, in the worker."""
        from benchmarks.serving.peers.model import SavedModel  # TensorFlow must not be forked.

        self._model = SavedModel(self._base_path)

    def decode_request(self, request: dict[str, Any], **_: Any) -> Any:
        """The one row of a request."""
        (row,) = request["instances"]
        return row

    def batch(self, inputs: list[Any]) -> list[Any]:
        """Rows stay a list."""
        return inputs

    def predict(self, x: Any, **_: Any) -> Any:
        """One row, or a batch of them."""
        return self._model.predict(x) if self._is_batched else self._model.predict([x])[0]

    def unbatch(self, output: list[Any]) -> list[Any]:
        """Answers are a list, too."""
        return output

    def encode_response(self, output: Any, **_: Any) -> dict[str, Any]:
        """One row's answer."""
        return {"predictions": [output]}


if __name__ == "__main__":
    name, base_path, rest_port, _, num_rows = sys.argv[1:]
    api = Api(pathlib.Path(base_path), f"/v1/models/{name}:predict", int(num_rows))
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, timeout=60)
    server.run(
        host="127.0.0.1",
        port=int(rest_port),
        num_api_servers=1,
        generate_client_file=False,
        log_level="warning",
    )
