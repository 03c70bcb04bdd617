"""Examples as request bodies, one row each, and the comparison of the answers."""

import base64
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import orjson
from google.protobuf.message import DecodeError

from serving import ragged
from serving.export import request_form
from serving.load.examples import Examples
from serving.load.measuring import Check
from serving.model import DEFAULT_SIGNATURE

TOLERANCE = 2e-3
"""Largest difference of a number; batches of other sizes round differently."""


@dataclasses.dataclass(frozen=True)
class Payloads:
    """What one protocol sends."""

    bodies: Sequence[bytes]
    """One request per row."""
    check: Check | None
    """Compares answers with the expected outputs; None where those are not known."""


def rest(examples: Examples) -> Payloads:
    """Bodies `{"instances": [...]}` of TensorFlow Serving's REST API.

    Args:
        examples: Rows; the only input of a signature is sent without its name.
    """
    is_single = len(examples.inputs) == 1
    bodies = [
        _body(examples, {"instances": [next(iter(row.values())) if is_single else row]})
        for row in request_form.rows(examples.inputs)
    ]
    return Payloads(bodies, checked(examples, _first_of_rows))


def rest_columns(examples: Examples) -> Payloads:
    """Bodies `{"inputs": {...}}` of TensorFlow Serving's REST API.

    Args:
        examples: Rows.
    """
    bodies = [
        _body(examples, {"inputs": {name: [value] for name, value in row.items()}})
        for row in request_form.rows(examples.inputs)
    ]
    return Payloads(bodies, checked(examples, _first_of_columns))


def in_turn(first: Payloads, second: Payloads) -> Payloads:
    """Bodies of both, one of the first and one of the second in turn.

    Args:
        first: Of as many rows as the second.
        second: Of the same examples.
    """
    bodies = [body for pair in zip(first.bodies, second.bodies, strict=True) for body in pair]
    if first.check is None or second.check is None:
        return Payloads(bodies, None)
    checks = (first.check, second.check)
    return Payloads(bodies, lambda index, answer: checks[index % 2](index // 2, answer))


def grpc(examples: Examples, model: str) -> Payloads:
    """Serialised `PredictRequest`s, numbers as `tensor_content`.

    Args:
        examples: Rows.
        model: Served name.
    """
    import tensorflow as tf  # Late: REST alone needs none of it.
    from tensorflow_serving.apis import predict_pb2

    def outputs(answer: bytes) -> dict[str, np.ndarray]:
        response = predict_pb2.PredictResponse.FromString(answer)
        return {name: tf.make_ndarray(tensor)[0] for name, tensor in response.outputs.items()}

    bodies = []
    for row in range(examples.num_rows):
        request = predict_pb2.PredictRequest()
        request.model_spec.name = model
        request.model_spec.signature_name = examples.signature
        for name, array in examples.inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array[row : row + 1]))
        bodies.append(request.SerializeToString())
    return Payloads(bodies, checked(examples, outputs))


def compare(expected: dict[str, np.ndarray], received: dict[str, Any]) -> str:
    """What is wrong with one row of outputs; empty if nothing is.

    Args:
        expected: By output, without the axis of rows.
        received: Arrays or lists by output; numbers may differ by `TOLERANCE`.
    """
    if set(expected) != set(received):
        return f"expected the outputs {sorted(expected)}, received {sorted(received)}"
    # How far a ragged answer is filled up is for its batch to say.
    values = ragged.trimmed(received)
    for name, want in ragged.trimmed(expected).items():
        got = np.asarray(values.get(name), want.dtype if want.dtype.kind != "O" else object)
        if want.shape != got.shape:
            return f"{name}: expected the shape {want.shape}, received {got.shape}"
        if want.dtype.kind == "O":
            is_right = [_bytes(item) for item in got.ravel()] == want.ravel().tolist()
        else:
            is_right = np.allclose(want, got, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
        if not is_right:
            return f"{name}: expected {want.tolist()}, received {got.tolist()}"
    return ""


def checked(examples: Examples, outputs: Callable[[bytes], Any]) -> Check | None:
    """The comparison of answers; None if the expected outputs are not known.

    Args:
        examples: What is asked.
        outputs: An answer's body to one row by output, or to the value of the only output.
    """
    if not examples.outputs:
        return None

    def check(index: int, answer: bytes) -> str:
        expected = {name: _row(array, index) for name, array in examples.outputs.items()}
        try:
            received = outputs(answer)
        except (DecodeError, ValueError, KeyError, TypeError, IndexError) as error:
            return f"cannot read {answer[:200]!r}: {error}"
        if not isinstance(received, dict):  # A signature with one output answers without its name.
            received = dict.fromkeys(expected, received)
        return compare(expected, received)

    return check


def _row(array: np.ndarray, index: int) -> np.ndarray:
    # Not `array[index]`: of a flat array of strings that is a bytes object.
    row = np.empty(array.shape[1:], array.dtype)
    row[...] = array[index]
    return row


def _body(examples: Examples, request: dict[str, Any]) -> bytes:
    if examples.signature != DEFAULT_SIGNATURE:
        request["signature_name"] = examples.signature
    return orjson.dumps(request, option=orjson.OPT_SERIALIZE_NUMPY)


def _first_of_rows(answer: bytes) -> Any:
    return orjson.loads(answer)["predictions"][0]


def _first_of_columns(answer: bytes) -> Any:
    outputs = orjson.loads(answer)["outputs"]
    if isinstance(outputs, dict):
        return {name: column[0] for name, column in outputs.items()}
    return outputs[0]


def _bytes(item: Any) -> bytes:
    if isinstance(item, dict):
        return base64.b64decode(item["b64"])
    return item if isinstance(item, bytes) else str(item).encode()
