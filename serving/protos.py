"""Configuration messages of TensorFlow Serving that no Python package carries; reading of files.

`tensorflow-serving-api` has the messages of the two services only. Those of the files that an
operator writes (batching, monitoring, TLS, thread pools) are in `configuration.proto`, with the
same full names, field names, numbers and types. Written like any other message,
`text_format.MessageToString` makes the file that TensorFlow Serving reads.
"""

import functools
import logging
import pathlib
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import Message

from serving import descriptors, errors

_LOG = logging.getLogger(__name__)
_MessageT = TypeVar("_MessageT", bound=Message)
_POOL = descriptors.load(pathlib.Path(__file__).with_name("configuration.binpb"))
_class = functools.partial(descriptors.message_class, _POOL)

BatchingParameters = _class("tensorflow.serving.BatchingParameters")
MonitoringConfig = _class("tensorflow.serving.MonitoringConfig")
SSLConfig = _class("tensorflow.serving.SSLConfig")
ThreadPoolFactoryConfig = _class("tensorflow.serving.ThreadPoolFactoryConfig")


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
