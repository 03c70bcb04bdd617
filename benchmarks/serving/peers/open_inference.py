"""Requests of the Open Inference Protocol (V2), which KServe and MLServer speak, over both wires.

The messages are described here, because the package that has them belongs to a peer's environment.
Source: `open-inference-protocol`, `specification/protocol/open_inference_grpc.proto`.
"""

from typing import Any

import numpy as np
import orjson
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from serving.load import payloads
from serving.load.examples import Examples
from serving.load.payloads import Payloads

GRPC_PATH = "/inference.GRPCInferenceService/ModelInfer"

_DATATYPES = {
    "O": "BYTES",
    "float32": "FP32",
    "float64": "FP64",
    "int32": "INT32",
    "int64": "INT64",
}
_CONTENTS = {
    "BYTES": ("bytes_contents", object), "FP32": ("fp32_contents", np.float32),
    "FP64": ("fp64_contents", np.float64), "INT32": ("int_contents", np.int32),
    "INT64": ("int64_contents", np.int64),
}  # fmt: skip
# Fields by message: name, number, type, whether it is repeated.
_MESSAGES = {
    "Contents": [
        ("int_contents", 2, "INT32", True), ("int64_contents", 3, "INT64", True),
        ("fp32_contents", 6, "FLOAT", True), ("fp64_contents", 7, "DOUBLE", True),
        ("bytes_contents", 8, "BYTES", True),
    ],
    "Tensor": [
        ("name", 1, "STRING", False), ("datatype", 2, "STRING", False),
        ("shape", 3, "INT64", True), ("contents", 5, "Contents", False),
    ],
    "Request": [
        ("model_name", 1, "STRING", False), ("inputs", 5, "Tensor", True),
        ("raw_input_contents", 7, "BYTES", True),
    ],
    "Response": [
        ("model_name", 1, "STRING", False), ("outputs", 5, "Tensor", True),
        ("raw_output_contents", 6, "BYTES", True),
    ],
}  # fmt: skip


def rest(examples: Examples) -> Payloads:
    """JSON bodies of one row each.

    Args:
        examples: What to ask.
    """
    bodies = []
    for row in range(examples.num_rows):
        inputs = [
            {
                **{"name": name, "datatype": _datatype(array), "shape": [1, *array.shape[1:]]},
                "data": [_text(item) for item in array[row : row + 1].ravel().tolist()],
            }
            for name, array in examples.inputs.items()
        ]
        bodies.append(orjson.dumps({"inputs": inputs}))
    return Payloads(bodies, payloads.checked(examples, _from_json))


def grpc(examples: Examples, model: str) -> Payloads:
    """Serialised messages of one row each.

    Args:
        examples: What to ask.
        model: Served name.
    """
    messages = _message_classes()

    def outputs(answer: bytes) -> dict[str, np.ndarray]:
        response = messages["Response"].FromString(answer)
        raws = list(response.raw_output_contents) or [None] * len(response.outputs)
        return {
            tensor.name: _array(tensor, raw)
            for tensor, raw in zip(response.outputs, raws, strict=True)
        }

    bodies = []
    for row in range(examples.num_rows):
        request = messages["Request"](model_name=model)
        for name, array in examples.inputs.items():
            tensor = request.inputs.add(name=name, datatype=_datatype(array))
            tensor.shape.extend([1, *array.shape[1:]])
            field, _ = _CONTENTS[tensor.datatype]
            getattr(tensor.contents, field).extend(array[row : row + 1].ravel().tolist())
        bodies.append(request.SerializeToString())
    return Payloads(bodies, payloads.checked(examples, outputs))


def _datatype(array: np.ndarray) -> str:
    return _DATATYPES["O" if array.dtype.kind == "O" else array.dtype.name]


def _text(item: Any) -> Any:
    return item.decode() if isinstance(item, bytes) else item


def _from_json(answer: bytes) -> dict[str, np.ndarray]:
    found = {}
    for output in orjson.loads(answer)["outputs"]:
        _, dtype = _CONTENTS[output["datatype"]]
        found[output["name"]] = np.array(output["data"], dtype).reshape(output["shape"])[0]
    return found


def _array(tensor: Any, raw: bytes | None) -> np.ndarray:
    field, dtype = _CONTENTS[tensor.datatype]
    if raw is None:
        values = np.array(list(getattr(tensor.contents, field)), dtype)
    elif dtype is object:
        values = _split(raw)
    else:
        values = np.frombuffer(raw, dtype)
    return values.reshape(tuple(tensor.shape))[0]


def _split(raw: bytes) -> np.ndarray:
    """Strings behind their lengths, four bytes each, least first."""
    items, at = [], 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + 4], "little")
        items.append(raw[at + 4 : at + 4 + length])
        at += 4 + length
    return np.array(items, object)


def _message_classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="open_inference.proto", package="bench")
    file.syntax = "proto3"
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, is_repeated in fields:
            described = message.field.add(name=field, number=number)
            described.label = 3 if is_repeated else 1
            if kind in _MESSAGES:
                described.type, described.type_name = 11, f".bench.{kind}"
            else:
                described.type = descriptor_pb2.FieldDescriptorProto.Type.Value(f"TYPE_{kind}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"bench.{name}"))
        for name in _MESSAGES
    }
