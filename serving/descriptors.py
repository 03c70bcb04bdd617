"""Message classes from a file of descriptors, without the modules that are generated from it.

Those of TensorFlow and `tensorflow-serving-api` import all of TensorFlow, five seconds of a
command's time. The classes live in a descriptor pool of their own, so that a package that carries
the same messages does not collide. `scripts/make_descriptors.py` writes the files.
"""

import pathlib

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message


def load(path: pathlib.Path) -> descriptor_pool.DescriptorPool:
    """The pool of everything that a serialised `FileDescriptorSet` describes.

    Args:
        path: The file.
    """
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file:
        pool.Add(file)
    return pool


def message_class(pool: descriptor_pool.DescriptorPool, name: str) -> type[Message]:
    """The class of a message.

    Args:
        pool: As `load` gave it.
        name: In full, such as `tensorflow.serving.PredictRequest`.
    """
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
