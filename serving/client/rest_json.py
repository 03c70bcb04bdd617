"""Arrays in the JSON of the REST API.

Source: the REST contract of TensorFlow Serving, `util/json_tensor.cc`: `NaN`,
`Infinity` and `-Infinity` are numbers there, strings of an answer may hold any
bytes, and bytes of a request are `{"b64": ...}`.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from serving.client.errors import ClientError
from serving.client.signature import Signature, describe
from serving.client.tensors import NUMPY, object_array
from serving.model import TensorSpec


class AnswerMismatch(ClientError):
    """The answer does not fit the signature, so perhaps the model has another one by now."""


def dump_predict(signature_name: str, inputs: Mapping[str, np.ndarray]) -> bytes:
    """Write the body of a request to predict, in columnar format.

    Args:
        signature_name: Empty means `serving_default`.
        inputs: Arrays by name; strings as object arrays of bytes.

    Raises:
        ValueError: If an input is complex, for which JSON has no numbers.
    """
    request: dict[str, Any] = {"signature_name": signature_name} if signature_name else {}
    for name, array in inputs.items():
        if array.dtype.kind == "c":
            raise ValueError(
                f"Input {name!r} is complex, which REST has no way to write. "
                "Ask over gRPC: grpc://host:port"
            )
    if all(array.dtype.kind != "f" or np.isfinite(array).all() for array in inputs.values()):
        request["inputs"] = {name: _value(array) for name, array in inputs.items()}
        return orjson.dumps(request, option=orjson.OPT_SERIALIZE_NUMPY)
    # orjson would write null for what is not finite.
    request["inputs"] = {
        name: _value(array) if array.dtype == object else array.tolist()
        for name, array in inputs.items()
    }
    return json.dumps(request).encode()


def dump_examples(
    signature_name: str, examples: Sequence[Mapping[str, Any]], context: Mapping[str, Any] | None
) -> bytes:
    """Write the body of a request to classify or regress.

    Args:
        signature_name: Empty means `serving_default`.
        examples: Lists of `int`, `float` or `bytes` by feature, for each example.
        context: Features that all examples share.
    """
    request: dict[str, Any] = {"signature_name": signature_name} if signature_name else {}
    if context is not None:
        request["context"] = _features(context)
    request["examples"] = [_features(example) for example in examples]
    return json.dumps(request).encode()


def load(body: bytes) -> Any:
    """Read an answer.

    Bytes that are not UTF-8 become lone surrogates.

    Raises:
        ValueError: If it is not JSON.
    """
    try:
        return orjson.loads(body)
    except ValueError:
        try:
            return json.loads(body.decode("utf-8", "surrogateescape"))
        except RecursionError as error:
            raise ValueError("It is nested too deeply.") from error


def read_outputs(
    answer: Any, signature: Signature, outputs: Sequence[str]
) -> dict[str, np.ndarray]:
    """Read what the server calculated.

    Args:
        answer: Value of `outputs`: the outputs by name, or the only one without its name.
        signature: What it should be.
        outputs: Names to read; empty means all of them.

    Raises:
        AnswerMismatch: If it is something else.
    """
    specs = signature.outputs
    if len(specs) == 1:
        answer = {next(iter(specs)): answer}
    if not isinstance(answer, dict) or answer.keys() != specs.keys():
        received = sorted(answer) if isinstance(answer, dict) else type(answer).__name__
        raise AnswerMismatch(
            f"The answer should have the outputs {sorted(specs)}. Received: {received}", "DATA_LOSS"
        )
    return {name: _array(name, answer[name], specs[name]) for name in outputs or specs}


def _value(array: np.ndarray) -> Any:
    if array.dtype == object:
        return object_array(map(_string, array.ravel()), array.shape).tolist()
    return np.ascontiguousarray(array) if array.ndim else array.item()


def _string(item: bytes) -> str | dict[str, str]:
    try:
        return item.decode()  # The same string to the server, and shorter than base64.
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(item).decode()}


def _features(example: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [_string(value) if isinstance(value, bytes) else value for value in values]
        for name, values in example.items()
    }


def _array(name: str, value: Any, spec: TensorSpec) -> np.ndarray:
    try:
        if spec.dtype == "string":
            items = np.array(value, object)
            array = object_array(map(_bytes, items.ravel()), items.shape)
        else:
            array = _numbers(value, np.dtype(NUMPY[spec.dtype]))
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise AnswerMismatch(
            f"Output {name!r} should be {describe(spec)}, and the answer is not: {error}",
            "DATA_LOSS",
        ) from error
    return _with_empty_axes(array, spec.shape)


def _numbers(value: Any, dtype: np.dtype) -> np.ndarray:
    array = np.array(value)
    if array.size and array.dtype.kind not in {"f": "iuf", "b": "b"}.get(dtype.kind, "iu"):
        raise ValueError(f"it has {array.dtype} values")
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def _with_empty_axes(array: np.ndarray, shape: tuple[int, ...] | None) -> np.ndarray:
    """The axes that JSON cannot tell of an empty list: `[]` may be of shape (0, 3)."""
    if array.size or shape is None or array.ndim >= len(shape):
        return array
    return array.reshape(array.shape + tuple(max(size, 0) for size in shape[array.ndim :]))


def _bytes(item: Any) -> bytes:
    if isinstance(item, str):
        return item.encode("utf-8", "surrogateescape")
    if isinstance(item, dict) and item.keys() == {"b64"}:
        return base64.b64decode(item["b64"], validate=True)
    raise TypeError(f"it has {type(item).__name__} among its strings")
