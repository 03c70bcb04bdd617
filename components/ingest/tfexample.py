"""tf.Example messages without importing TensorFlow, which takes seconds.

The message is declared field by field as in
https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/example/feature.proto,
in a descriptor pool of its own, so TensorFlow may be imported too.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from components.ingest import row

_FIELD = descriptor_pb2.FieldDescriptorProto


def _list_message(name: str, kind: int) -> descriptor_pb2.DescriptorProto:
    value = _FIELD(name="value", number=1, type=kind, label=_FIELD.LABEL_REPEATED)
    if kind != _FIELD.TYPE_BYTES:
        value.options.packed = True
    return descriptor_pb2.DescriptorProto(name=name, field=[value])


def _message_field(
    name: str, number: int, kind: str, **more: Any
) -> descriptor_pb2.FieldDescriptorProto:
    return _FIELD(
        name=name,
        number=number,
        type=_FIELD.TYPE_MESSAGE,
        type_name=f".tensorflow.{kind}",
        label=more.pop("label", _FIELD.LABEL_OPTIONAL),
        **more,
    )


def _example_class() -> type[message.Message]:
    file = descriptor_pb2.FileDescriptorProto(
        name="components/ingest/example.proto", package="tensorflow", syntax="proto3"
    )
    file.message_type.extend(
        [
            _list_message("BytesList", _FIELD.TYPE_BYTES),
            _list_message("FloatList", _FIELD.TYPE_FLOAT),
            _list_message("Int64List", _FIELD.TYPE_INT64),
        ]
    )
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, kind in enumerate(("Bytes", "Float", "Int64"), 1):
        name = f"{kind.lower()}_list"
        feature.field.append(_message_field(name, number, f"{kind}List", oneof_index=0))
    features = file.message_type.add(name="Features")
    features.field.append(
        _message_field("feature", 1, "Features.FeatureEntry", label=_FIELD.LABEL_REPEATED)
    )
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.append(
        _FIELD(name="key", number=1, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    )
    entry.field.append(_message_field("value", 2, "Feature"))
    example = file.message_type.add(name="Example")
    example.field.append(_message_field("features", 1, "Features"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.Example"))


_Example: Any = _example_class()


def serialize(values: Mapping[str, bytes]) -> bytes:
    """A tf.Example with one bytes value per feature; equal values give equal bytes."""
    example = _Example()
    for name, value in values.items():
        example.features.feature[name].bytes_list.value.append(value)
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
