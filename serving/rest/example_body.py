"""TensorFlow Serving's REST classify and regress bodies: JSON to serialized `tf.Example`s.

The messages are written byte by byte, so that neither TensorFlow nor protobuf
is needed here; their form is fixed for good, and the tests read them back.
Order of the checks and texts are TensorFlow Serving's. Source: TensorFlow
Serving, `util/json_tensor.cc` (`FillClassifyRegressRequestFromJson`,
`AddValueToFeature`).
"""

from typing import Any

from serving import errors
from serving.rest.json import tensor
from serving.rest.json.shown import dump
from serving.rest.predict_body import Body

_LARGEST_INT64 = 2**63 - 1
# Field numbers of `Feature` in TensorFlow's `core/example/feature.proto`, by kind.
_KINDS = {"bytes": 1, "float": 2, "int64": 3}


def decode(body: Body) -> list[bytes]:
    """Turn `examples` into serialized messages, each preceded by the optional `context`.

    Args:
        body: From `protocol.parse`.

    Returns:
        At least one message.

    Raises:
        ServingError: INVALID_ARGUMENT, naming the offending JSON.
    """
    document = body.document
    context = _example(document["context"]) if "context" in document else b""
    if "examples" not in document:
        raise errors.invalid_argument(
            f"JSON Value: {dump(document)} When method is classify, key 'examples' is expected "
            "and was not found"
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        raise errors.invalid_argument(
            f"JSON Value: {dump(document)} Expecting 'examples' value to be an list/array"
        )
    if not examples:
        raise errors.invalid_argument(
            f"JSON Value: {dump(document)} 'examples' value is an empty array"
        )
    return [context + _example(value) for value in examples]


def _example(value: Any) -> bytes:
    if not isinstance(value, dict):
        raise errors.invalid_argument(
            f"Example must be JSON object but got JSON {tensor.type_name(value)}"
        )
    features = b"".join(_entry(name, content) for name, content in value.items())
    return _field(1, features)


def _entry(name: str, content: Any) -> bytes:
    """One entry of the map from names to features."""
    key = _field(1, name.encode("utf-8", "surrogateescape"))
    return _field(1, key + _field(2, _feature(name, content)))


def _feature(name: str, content: Any) -> bytes:
    values = content if isinstance(content, list) else [content]
    if not values:
        return b""
    kind = _kind(name, values[0])
    # One type is one kind; only a mixture, an object or an integer has to be looked at by value.
    if {type(value) for value in values} not in ({float}, {str}):
        for value in values:
            _check(name, value, kind)
    return _field(_KINDS[kind], _list(kind, values))


def _check(name: str, value: Any, kind: str) -> None:
    if _kind(name, value) != kind:
        raise errors.invalid_argument(
            f"Unexpected element type in feature: {name} expecting type: {kind}"
        )
    if kind == "int64" and value > _LARGEST_INT64:
        raise errors.invalid_argument(
            f"Feature: {name} has uint64_t element. Only int64_t is supported."
        )


def _kind(name: str, value: Any) -> str:
    if isinstance(value, bool | int):
        return "int64"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str) or tensor.is_base64(value):
        return "bytes"
    raise errors.invalid_argument(
        f"Feature: {name} has element with unexpected JSON type: {tensor.type_name(value)}"
    )


def _list(kind: str, values: list[Any]) -> bytes:
    if kind == "float":
        return _field(1, tensor.to_array(values, "float").astype("<f4").tobytes())
    if kind == "int64":
        return _field(1, b"".join(_varint(int(value) % 2**64) for value in values))
    return b"".join(_field(1, item) for item in tensor.to_array(values, "string").tolist())


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
