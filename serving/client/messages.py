"""The messages of TensorFlow Serving's gRPC API, without TensorFlow.

The generated modules of `tensorflow-serving-api` import all of TensorFlow, five
seconds of a command's time, for the sake of a few message classes. These here
are declared by hand, in a descriptor pool of their own, with the full names,
field names, numbers and types of the originals: the bytes are the same. Left
out are fields that a client of a SavedModel never meets; enums are `int32`,
which is the same on the wire. A test compares each field with the original.

Source of the fields: TensorFlow Serving, `apis/*.proto`; TensorFlow,
`core/framework/{tensor,tensor_shape}.proto`, `core/protobuf/meta_graph.proto`,
`core/example/{example,feature}.proto`.
"""

from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    wrappers_pb2,
)
from google.protobuf.message import Message

# Number and name: type. With a dot it is a message, "map" has strings for keys.
_MESSAGES: dict[str, dict[tuple[int, str], str]] = {
    "tensorflow.TensorShapeProto.Dim": {(1, "size"): "int64"},
    "tensorflow.TensorShapeProto": {
        (2, "dim"): "repeated .tensorflow.TensorShapeProto.Dim",
        (3, "unknown_rank"): "bool",
    },
    "tensorflow.TensorProto": {
        (1, "dtype"): "int32",
        (2, "tensor_shape"): ".tensorflow.TensorShapeProto",
        (4, "tensor_content"): "bytes",
        (5, "float_val"): "repeated float",
        (6, "double_val"): "repeated double",
        (7, "int_val"): "repeated int32",
        (8, "string_val"): "repeated bytes",
        (9, "scomplex_val"): "repeated float",
        (10, "int64_val"): "repeated int64",
        (11, "bool_val"): "repeated bool",
        (12, "dcomplex_val"): "repeated double",
        (13, "half_val"): "repeated int32",
        (16, "uint32_val"): "repeated uint32",
        (17, "uint64_val"): "repeated uint64",
    },
    "tensorflow.TensorInfo": {
        (2, "dtype"): "int32",
        (3, "tensor_shape"): ".tensorflow.TensorShapeProto",
    },
    "tensorflow.SignatureDef": {
        (1, "inputs"): "map .tensorflow.TensorInfo",
        (2, "outputs"): "map .tensorflow.TensorInfo",
        (3, "method_name"): "string",
        (4, "defaults"): "map .tensorflow.TensorProto",
    },
    "tensorflow.BytesList": {(1, "value"): "repeated bytes"},
    "tensorflow.FloatList": {(1, "value"): "repeated float"},
    "tensorflow.Int64List": {(1, "value"): "repeated int64"},
    "tensorflow.Feature": {
        (1, "bytes_list"): ".tensorflow.BytesList",
        (2, "float_list"): ".tensorflow.FloatList",
        (3, "int64_list"): ".tensorflow.Int64List",
    },
    "tensorflow.Features": {(1, "feature"): "map .tensorflow.Feature"},
    "tensorflow.Example": {(1, "features"): ".tensorflow.Features"},
    "tensorflow.serving.ModelSpec": {
        (1, "name"): "string",
        (2, "version"): ".google.protobuf.Int64Value",
        (3, "signature_name"): "string",
        (4, "version_label"): "string",
    },
    "tensorflow.serving.PredictRequest": {
        (1, "model_spec"): ".tensorflow.serving.ModelSpec",
        (2, "inputs"): "map .tensorflow.TensorProto",
        (3, "output_filter"): "repeated string",
    },
    "tensorflow.serving.PredictResponse": {
        (1, "outputs"): "map .tensorflow.TensorProto",
        (2, "model_spec"): ".tensorflow.serving.ModelSpec",
    },
    "tensorflow.serving.ExampleList": {(1, "examples"): "repeated .tensorflow.Example"},
    "tensorflow.serving.ExampleListWithContext": {
        (1, "examples"): "repeated .tensorflow.Example",
        (2, "context"): ".tensorflow.Example",
    },
    "tensorflow.serving.Input": {
        (1, "example_list"): ".tensorflow.serving.ExampleList",
        (2, "example_list_with_context"): ".tensorflow.serving.ExampleListWithContext",
    },
    "tensorflow.serving.ClassificationRequest": {
        (1, "model_spec"): ".tensorflow.serving.ModelSpec",
        (2, "input"): ".tensorflow.serving.Input",
    },
    "tensorflow.serving.Class": {(1, "label"): "string", (2, "score"): "float"},
    "tensorflow.serving.Classifications": {
        (1, "classes"): "repeated .tensorflow.serving.Class"
    },
    "tensorflow.serving.ClassificationResult": {
        (1, "classifications"): "repeated .tensorflow.serving.Classifications"
    },
    "tensorflow.serving.ClassificationResponse": {
        (1, "result"): ".tensorflow.serving.ClassificationResult"
    },
    "tensorflow.serving.RegressionRequest": {
        (1, "model_spec"): ".tensorflow.serving.ModelSpec",
        (2, "input"): ".tensorflow.serving.Input",
    },
    "tensorflow.serving.Regression": {(1, "value"): "float"},
    "tensorflow.serving.RegressionResult": {
        (1, "regressions"): "repeated .tensorflow.serving.Regression"
    },
    "tensorflow.serving.RegressionResponse": {
        (1, "result"): ".tensorflow.serving.RegressionResult"
    },
    "tensorflow.serving.GetModelMetadataRequest": {
        (1, "model_spec"): ".tensorflow.serving.ModelSpec",
        (2, "metadata_field"): "repeated string",
    },
    "tensorflow.serving.GetModelMetadataResponse": {
        (1, "model_spec"): ".tensorflow.serving.ModelSpec",
        (2, "metadata"): "map .google.protobuf.Any",
    },
    "tensorflow.serving.SignatureDefMap": {
        (1, "signature_def"): "map .tensorflow.SignatureDef"
    },
    "tensorflow.serving.GetModelStatusRequest": {
        (1, "model_spec"): ".tensorflow.serving.ModelSpec"
    },
    "tensorflow.serving.StatusProto": {
        (1, "error_code"): "int32",
        (2, "error_message"): "string",
    },
    "tensorflow.serving.ModelVersionStatus": {
        (1, "version"): "int64",
        (2, "state"): "int32",
        (3, "status"): ".tensorflow.serving.StatusProto",
    },
    "tensorflow.serving.GetModelStatusResponse": {
        (1, "model_version_status"): "repeated .tensorflow.serving.ModelVersionStatus"
    },
}  # fmt: skip

_Field = descriptor_pb2.FieldDescriptorProto


def _build_pool() -> descriptor_pool.DescriptorPool:
    files: dict[str, descriptor_pb2.FileDescriptorProto] = {}
    declared: dict[str, descriptor_pb2.DescriptorProto] = {}
    # An outer message comes first by its name, and must be there to take an inner one.
    for full_name in sorted(_MESSAGES):
        outer, _, name = full_name.rpartition(".")
        if outer in declared:
            message = declared[outer].nested_type.add(name=name)
        else:
            message = _file(files, outer).message_type.add(name=name)
        declared[full_name] = message
        for (number, field), kind in _MESSAGES[full_name].items():
            _add_field(message, full_name, number, field, kind)
    pool = descriptor_pool.DescriptorPool()
    for carried in (wrappers_pb2, any_pb2):
        pool.AddSerializedFile(carried.DESCRIPTOR.serialized_pb)
    for package in ("tensorflow", "tensorflow.serving"):
        pool.AddSerializedFile(files[package].SerializeToString())
    return pool


def _file(
    files: dict[str, descriptor_pb2.FileDescriptorProto], package: str
) -> descriptor_pb2.FileDescriptorProto:
    if package not in files:
        file = descriptor_pb2.FileDescriptorProto(
            name=f"{package}.client.proto", package=package, syntax="proto3"
        )
        file.dependency.extend([wrappers_pb2.DESCRIPTOR.name, any_pb2.DESCRIPTOR.name])
        if package != "tensorflow":
            file.dependency.append("tensorflow.client.proto")
        files[package] = file
    return files[package]


def _add_field(
    message: descriptor_pb2.DescriptorProto, full_name: str, number: int, name: str, kind: str
) -> None:
    rule, _, kind = kind.rpartition(" ")
    if rule == "map":
        entry_name = "".join(word.capitalize() for word in name.split("_")) + "Entry"
        entry = message.nested_type.add(name=entry_name)
        entry.options.map_entry = True
        _add_field(entry, f"{full_name}.{entry_name}", 1, "key", "string")
        _add_field(entry, f"{full_name}.{entry_name}", 2, "value", kind)
        kind = f".{full_name}.{entry_name}"
    label = _Field.LABEL_REPEATED if rule else _Field.LABEL_OPTIONAL
    field = message.field.add(name=name, number=number, label=label)
    if "." in kind:
        field.type, field.type_name = _Field.TYPE_MESSAGE, kind
    else:
        field.type = _Field.Type.Value(f"TYPE_{kind.upper()}")


_POOL = _build_pool()


def _message_class(name: str) -> type[Message]:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(name))


TensorProto = _message_class("tensorflow.TensorProto")
Example = _message_class("tensorflow.Example")
ModelSpec = _message_class("tensorflow.serving.ModelSpec")
PredictRequest = _message_class("tensorflow.serving.PredictRequest")
PredictResponse = _message_class("tensorflow.serving.PredictResponse")
ClassificationRequest = _message_class("tensorflow.serving.ClassificationRequest")
ClassificationResponse = _message_class("tensorflow.serving.ClassificationResponse")
RegressionRequest = _message_class("tensorflow.serving.RegressionRequest")
RegressionResponse = _message_class("tensorflow.serving.RegressionResponse")
GetModelMetadataRequest = _message_class("tensorflow.serving.GetModelMetadataRequest")
GetModelMetadataResponse = _message_class("tensorflow.serving.GetModelMetadataResponse")
SignatureDefMap = _message_class("tensorflow.serving.SignatureDefMap")
GetModelStatusRequest = _message_class("tensorflow.serving.GetModelStatusRequest")
GetModelStatusResponse = _message_class("tensorflow.serving.GetModelStatusResponse")
