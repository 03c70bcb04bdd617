"""tf.Example messages without importing TensorFlow, which takes seconds.

`scripts/make_descriptors.py` took `example.binpb` from TensorFlow. The message lives in a
descriptor pool of its own, so TensorFlow may be imported too.
"""

import pathlib
from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from components.ingest import row

Value = bytes | float | list[bytes]
"""What a feature holds: one text or image, one number, or several texts."""


def _example_class() -> type[message.Message]:
    pool = descriptor_pool.DescriptorPool()
    content = pathlib.Path(__file__).with_name("example.binpb").read_bytes()
    for file in descriptor_pb2.FileDescriptorSet.FromString(content).file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.Example"))


_Example: Any = _example_class()


def serialize(values: Mapping[str, Value]) -> bytes:
    """A tf.Example with a value, or several, per feature; equal values give equal bytes."""
    example = _Example()
    for name, value in values.items():
        feature = example.features.feature[name]
        if isinstance(value, float):
            feature.float_list.value.append(value)
        else:
            feature.bytes_list.value.extend([value] if isinstance(value, bytes) else value)
    return example.SerializeToString(deterministic=True)


def parse(data: bytes) -> dict[str, Any]:
    """Values by feature: bytes, int, float, None if it is empty, a list if it has several.

    Raises:
        BadRow: If the bytes are not a tf.Example.
    """
    try:
        example = _Example.FromString(data)
    except message.DecodeError as error:
        raise row.BadRow("not a serialized tf.Example") from error
    found = {}
    for name, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        values = list(getattr(feature, kind).value) if kind else []
        found[name] = values[0] if len(values) == 1 else (values or None)
    return found


def all_of(value: Any) -> list[Any]:
    """The values of a feature as `parse` gives it, none or several."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
