"""TensorFlow Serving's REST predict bodies: JSON to arrays and back, as pure functions.

Neither a web framework nor TensorFlow here: bytes in, arrays out, and back.
Order of the checks, texts and codes are TensorFlow Serving's.
Source: TensorFlow Serving, `util/json_tensor.cc` and
`model_servers/http_rest_api_handler.cc`.
"""

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from serving import errors
from serving.model import DEFAULT_SIGNATURE, Signature, TensorSpec
from serving.rest.json import reader, tensor, writer
from serving.rest.json.shown import dump


@dataclasses.dataclass(frozen=True)
class Body:
    """A parsed request, before the model is known."""

    document: Mapping[str, Any]
    """The whole JSON object."""
    signature_name: str
    """As the client wrote it; empty if it did not."""

    @property
    def is_row_format(self) -> bool:
        """True if the client sent `instances`, and so gets `predictions`."""
        return "instances" in self.document


def parse(body: bytes) -> Body:
    """Read the JSON of a predict, classify or regress request.

    Raises:
        ServingError: INVALID_ARGUMENT if it is not a JSON object, or `signature_name` no string.
    """
    document = _read(body)
    if not isinstance(document, dict):
        raise errors.invalid_argument(f"JSON Value: {dump(document)} Is not object")
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise errors.invalid_argument(
            f"JSON Value: {dump(document)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    return Body(document, name)


def find_signature(body: Body, signatures: Mapping[str, Signature]) -> Signature:
    """Look up the signature a body asks for.

    Raises:
        ServingError: INVALID_ARGUMENT if there is none, or if it takes no inputs.
    """
    name = body.signature_name or DEFAULT_SIGNATURE
    if name not in signatures:
        raise errors.invalid_argument(
            f'Serving signature name: "{name}" not found in signature def'
        )
    if not signatures[name].inputs:
        raise errors.invalid_argument(
            f"Failed to get input map for signature: {body.signature_name or 'DEFAULT'}"
        )
    return signatures[name]


def decode(body: Body, signature: Signature) -> dict[str, np.ndarray]:
    """Turn `instances` or `inputs` into one array per input.

    Args:
        body: From `parse`.
        signature: From `find_signature`.

    Returns:
        Arrays by alias; strings are object arrays of bytes. Shapes are the
        client's: whether they suit the model is for the graph to say.

    Raises:
        ServingError: INVALID_ARGUMENT or UNIMPLEMENTED, naming the offending JSON.
    """
    document = body.document
    if "instances" in document and "inputs" in document:
        raise errors.invalid_argument(
            f"JSON Value: {dump(document)} Not formatted correctly expecting only "
            "one of 'inputs' or 'instances' keys to exist "
        )
    if "instances" in document:
        return _decode_rows(document, signature.inputs)
    if "inputs" in document:
        return _decode_columns(document["inputs"], signature.inputs)
    raise errors.invalid_argument("Missing 'inputs' or 'instances' key")


def encode(outputs: Mapping[str, np.ndarray], *, is_row_format: bool) -> bytes:
    """Turn output arrays into the response body.

    Raises:
        ServingError: INVALID_ARGUMENT if their shapes or types have no JSON form.
    """
    if not outputs:
        raise errors.invalid_argument("Cannot convert empty tensor map to JSON")
    if is_row_format:
        return writer.write_rows(outputs)
    return writer.write_columns(outputs)


def _read(body: bytes) -> Any:
    if not body:
        raise errors.invalid_argument("JSON Parse error: The document is empty")
    try:
        value = orjson.loads(body)
        if _has_unique_keys(value, body):
            return value
    except orjson.JSONDecodeError:
        pass
    try:
        return reader.read(body)
    except ValueError as error:
        raise errors.invalid_argument(f"JSON Parse error: {error}") from error


def _has_unique_keys(value: Any, body: bytes) -> bool:
    """False if one of two equal keys may have been lost: orjson keeps the last, we the first.

    Each key that was read accounts for one colon of the body, and each colon in a key or a string
    for itself. A colon left over belongs to a lost key. A list of numbers is seldom looked at,
    as the search ends when all colons are accounted for.
    """
    # An escaped colon is none of the body's. A search for one character is the fastest.
    if b"\\" in body and b"\\u003" in body:
        return False
    colons = np.count_nonzero(np.frombuffer(body, np.uint8) == ord(":"))
    level = [value]
    while level and colons:
        dicts = [item for item in level if type(item) is dict]
        colons -= sum(map(len, dicts))
        keys = itertools.chain.from_iterable(dicts)
        strings = (item for item in level if type(item) is str)
        colons -= sum(text.count(":") for text in itertools.chain(keys, strings))
        lists = [item for item in level if type(item) is list]
        values = (item.values() for item in dicts)
        level = list(itertools.chain.from_iterable(itertools.chain(lists, values)))
    return not colons


def _decode_rows(
    document: Mapping[str, Any], specs: Mapping[str, TensorSpec]
) -> dict[str, np.ndarray]:
    rows = document["instances"]
    if not isinstance(rows, list):
        raise errors.invalid_argument(
            f"JSON Value: {dump(document)} Expecting 'instances' to be an list/array"
        )
    if not rows:
        raise errors.invalid_argument(
            f"JSON Value: {dump(document)} No values in 'instances' array"
        )
    if not isinstance(rows[0], dict) and len(specs) > 1:
        raise errors.invalid_argument(
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map"
        )
    if _is_row_object(rows[0]):
        return _decode_object_rows(rows, specs)
    name = min(specs)
    array = tensor.to_array_if_valid(rows, specs[name].dtype)
    return {name: _decode_plain_rows(rows, specs[name]) if array is None else array}


def _decode_plain_rows(rows: list[Any], spec: TensorSpec) -> np.ndarray:
    """Convert row by row, for the error that names the row."""
    arrays: list[np.ndarray] = []
    for index, row in enumerate(rows):
        if _is_row_object(row):
            raise errors.invalid_argument(
                f"Expecting value/list but got object at item {index} of input list"
            )
        try:
            arrays.append(_decode_item(row, spec, arrays))
        except errors.ServingError as error:
            raise errors.invalid_argument(
                f"Failed to process element: {index} of 'instances' list. Error: {error}"
            ) from error
    return np.stack(arrays)


def _decode_object_rows(rows: list[Any], specs: Mapping[str, TensorSpec]) -> dict[str, np.ndarray]:
    names = specs.keys()
    if all(isinstance(row, dict) and row.keys() == names for row in rows):
        columns = {name: [row[name] for row in rows] for name in names}
        converted = {
            name: tensor.to_array_if_valid(column, specs[name].dtype)
            for name, column in columns.items()
        }
        arrays = {name: array for name, array in converted.items() if array is not None}
        if len(arrays) == len(converted):
            return arrays
    return _decode_object_rows_one_by_one(rows, specs)


def _decode_object_rows_one_by_one(
    rows: list[Any], specs: Mapping[str, TensorSpec]
) -> dict[str, np.ndarray]:
    """Convert value by value, for the error that names the row and the key."""
    arrays: dict[str, list[np.ndarray]] = {name: [] for name in specs}
    for index, row in enumerate(rows):
        if not _is_row_object(row):
            raise errors.invalid_argument(
                f"Expecting object but got list at item {index} of input list"
            )
        for name, item in row.items():
            try:
                if name not in specs:
                    raise errors.invalid_argument(f"JSON object: does not have named input: {name}")
                arrays[name].append(_decode_item(item, specs[name], arrays[name]))
            except errors.ServingError as error:
                raise errors.invalid_argument(
                    f"Failed to process element: {index} key: {name} of 'instances' list. "
                    f"Error: {error}"
                ) from error
        if row.keys() != specs.keys():
            raise errors.invalid_argument(
                f"Failed to process element: {index} of 'instances' list. "
                f"JSON object: {dump(row)} keys must be equal to: " + ",".join(sorted(specs))
            )
    return {name: np.stack(items) for name, items in arrays.items()}


def _decode_item(item: Any, spec: TensorSpec, earlier: list[np.ndarray]) -> np.ndarray:
    """Convert one row's value and hold it against the first row's."""
    array = tensor.to_array(item, spec.dtype)
    if earlier and array.size != earlier[0].size:
        raise errors.invalid_argument(
            f"Expecting tensor size: {earlier[0].size} but got: {array.size}"
        )
    if earlier and array.shape != earlier[0].shape:
        raise errors.invalid_argument(
            f"Expecting shape {_show(earlier[0].shape)} but got: {_show(array.shape)}"
        )
    return array


def _decode_columns(value: Any, specs: Mapping[str, TensorSpec]) -> dict[str, np.ndarray]:
    if not _is_row_object(value):
        if len(specs) > 1:
            raise errors.invalid_argument(
                "inputs is a plain value/list, but expecting an object as multiple "
                "input tensors required as per tensorinfo_map"
            )
        [(name, spec)] = specs.items()
        return {name: tensor.to_array(value, spec.dtype)}
    arrays = {}
    for name, spec in specs.items():
        if name not in value:
            raise errors.invalid_argument(f"Missing named input: {name} in 'inputs' object.")
        arrays[name] = tensor.to_array(value[name], spec.dtype)
    return arrays


def _is_row_object(value: Any) -> bool:
    """True for an object of aliases, which `{"b64": ...}` is not."""
    return isinstance(value, dict) and not tensor.is_base64(value)


def _show(shape: tuple[int, ...]) -> str:
    return "[" + ",".join(map(str, shape)) + "]"
