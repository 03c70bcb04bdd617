"""MLServer with its adaptive batching: the Open Inference Protocol over REST and gRPC.

Usage: `python -m benchmarks.serving.peers.mlserver_server NAME BASE_PATH REST_PORT GRPC_PORT ROWS`.
It computes in the process that answers, without workers; ROWS of 0 turns batching off.
"""

import asyncio
import pathlib
import sys

import mlserver
import numpy as np
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.codecs.numpy import to_datatype

_BATCH_SECONDS = 0.002


class Runtime(mlserver.MLModel):
    """A SavedModel."""

    async def load(self) -> bool:
        """Load it."""
        from benchmarks.serving.peers.model import SavedModel

        self._model = SavedModel(pathlib.Path(self.settings.parameters.uri))
        return True

    async def predict(self, payload: mlserver.types.InferenceRequest) -> object:
        """Answer a batch."""
        inputs = {each.name: _decoded(each) for each in payload.inputs}
        outputs = self._model.call(inputs)
        return mlserver.types.InferenceResponse(
            model_name=self.name,
            outputs=[_encoded(name, array) for name, array in outputs.items()],
        )


def _decoded(tensor: mlserver.types.RequestInput) -> object:
    if tensor.datatype == "BYTES":
        return StringCodec.decode_input(tensor)
    return NumpyCodec.decode_input(tensor)


def _encoded(name: str, array: np.ndarray) -> mlserver.types.ResponseOutput:
    # Not by its codec, which adds an axis to flat arrays.
    datatype = "BYTES" if array.dtype.kind == "O" else to_datatype(array.dtype)
    return mlserver.types.ResponseOutput(
        name=name, shape=list(array.shape), datatype=datatype, data=array.ravel().tolist()
    )


async def main(name: str, base_path: str, rest_port: int, grpc_port: int, rows: int) -> None:
    """Serve until told to stop."""
    settings = mlserver.Settings(
        host="127.0.0.1",
        http_port=rest_port,
        grpc_port=grpc_port,
        metrics_endpoint=None,
        parallel_workers=0,
        access_log=False,
        debug=False,
    )
    model = mlserver.ModelSettings(
        name=name,
        implementation=Runtime,
        parameters=mlserver.settings.ModelParameters(uri=base_path),
        max_batch_size=rows,
        max_batch_time=_BATCH_SECONDS if rows > 1 else 0,
    )
    await mlserver.MLServer(settings).start([model])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
