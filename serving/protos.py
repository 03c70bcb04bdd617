"""Configuration messages of TensorFlow Serving that no Python package carries; reading of files.

`tensorflow-serving-api` has the messages of the two services only. Those of
the files that an operator writes (batching, monitoring, TLS, thread pools) are
declared here with the same full names, field names, numbers and types, in a
descriptor pool of their own, so that a package that does carry them does not
collide. Written like any other message, `text_format.MessageToString` makes the
file that TensorFlow Serving reads.

Source of the fields: TensorFlow Serving,
`servables/tensorflow/session_bundle_config.proto`,
`config/monitoring_config.proto`, `config/ssl_config.proto`,
`servables/tensorflow/thread_pool_factory_config.proto`.
"""

import logging
import pathlib
from collections.abc import Sequence
from typing import TypeVar

from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)
from google.protobuf.message import Message

from serving import errors

_LOG = logging.getLogger(__name__)
_PACKAGE = "tensorflow.serving"
_INT64 = ".google.protobuf.Int64Value"
_STRING = ".google.protobuf.StringValue"
_BOOL = ".google.protobuf.BoolValue"
_MessageT = TypeVar("_MessageT", bound=Message)
_Field = tuple[int, str, str]

# Number, name, type; a type with a dot is a message, "repeated int64" is the only list.
_MESSAGES: dict[str, dict[str, Sequence[_Field]]] = {
    "tensorflow_serving/servables/tensorflow/session_bundle_config.proto": {
        "BatchingParameters": (
            (1, "max_batch_size", _INT64),
            (2, "batch_timeout_micros", _INT64),
            (3, "max_enqueued_batches", _INT64),
            (4, "num_batch_threads", _INT64),
            (5, "thread_pool_name", _STRING),
            (8, "enable_large_batch_splitting", _BOOL),
            (9, "max_execution_batch_size", _INT64),
            (6, "allowed_batch_sizes", "repeated int64"),
            (7, "pad_variable_length_inputs", "bool"),
        ),
    },
    "tensorflow_serving/config/monitoring_config.proto": {
        "PrometheusConfig": ((1, "enable", "bool"), (2, "path", "string")),
        "MonitoringConfig": ((1, "prometheus_config", f".{_PACKAGE}.PrometheusConfig"),),
    },
    "tensorflow_serving/config/ssl_config.proto": {
        "SSLConfig": (
            (1, "server_key", "string"),
            (2, "server_cert", "string"),
            (3, "custom_ca", "string"),
            (4, "client_verify", "bool"),
        ),
    },
    "tensorflow_serving/servables/tensorflow/thread_pool_factory_config.proto": {
        "ThreadPoolFactoryConfig": (
            (1, "thread_pool_factory_config", ".google.protobuf.Any"),
        ),
    },
}  # fmt: skip


def _declare(
    path: str, messages: dict[str, Sequence[_Field]]
) -> descriptor_pb2.FileDescriptorProto:
    known = descriptor_pb2.FieldDescriptorProto
    types = {"bool": known.TYPE_BOOL, "string": known.TYPE_STRING, "int64": known.TYPE_INT64}
    file = descriptor_pb2.FileDescriptorProto(name=path, package=_PACKAGE, syntax="proto3")
    file.dependency.extend([wrappers_pb2.DESCRIPTOR.name, any_pb2.DESCRIPTOR.name])
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for number, field_name, kind in fields:
            is_list = kind.startswith("repeated ")
            label = known.LABEL_REPEATED if is_list else known.LABEL_OPTIONAL
            field = message.field.add(name=field_name, number=number, label=label)
            if "." in kind:
                field.type, field.type_name = known.TYPE_MESSAGE, kind
            else:
                field.type = types[kind.removeprefix("repeated ")]
    return file


def _build_pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for carried in (wrappers_pb2, any_pb2):
        pool.AddSerializedFile(carried.DESCRIPTOR.serialized_pb)
    for path, messages in _MESSAGES.items():
        pool.AddSerializedFile(_declare(path, messages).SerializeToString())
    return pool


_POOL = _build_pool()


def _message_class(name: str) -> type[Message]:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


BatchingParameters = _message_class("BatchingParameters")
MonitoringConfig = _message_class("MonitoringConfig")
SSLConfig = _message_class("SSLConfig")
ThreadPoolFactoryConfig = _message_class("ThreadPoolFactoryConfig")


def read(path: str | pathlib.Path, message_class: type[_MessageT]) -> _MessageT:
    """Read a file in protobuf's text format.

    Args:
        path: The file; told in the error as it is given here.
        message_class: What the file holds: one of this module's classes or any other message.

    Returns:
        The message; an empty file gives the empty message.

    Raises:
        ServingError: NOT_FOUND if the file cannot be read, INVALID_ARGUMENT if it holds
            something else. Where in the file, is in the log, as in TensorFlow Serving.
    """
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise errors.not_found(f"{path}; {error.strerror}") from error
    message = message_class()
    try:
        # With the pool of the message, so that an `Any` finds what this program knows.
        text_format.Parse(content.decode(), message, descriptor_pool=message.DESCRIPTOR.file.pool)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        _LOG.error("Error parsing text-format %s: %s", message.DESCRIPTOR.full_name, _place(error))
        raise errors.invalid_argument(f"Invalid protobuf file: '{path}'") from error
    return message


def _place(error: text_format.ParseError | UnicodeDecodeError) -> str:
    # "1:5 : reason" in Python, "1:5: reason" in TensorFlow Serving's log.
    return str(error).replace(" : ", ": ", 1)
