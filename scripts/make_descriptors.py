"""Write the descriptors from which message classes are made without importing TensorFlow.

`make descriptors`, after an upgrade of TensorFlow or `tensorflow-serving-api`, or after a change of
`serving/configuration.proto`. `docs/decisions/0014-descriptors-as-files.md` says why.
"""

import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable

import grpc_tools
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor
from tensorflow.core.example import example_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
    regression_pb2,
)

ROOT = pathlib.Path(__file__).parents[1]
_CLIENT = (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
    regression_pb2,
)
_GOOGLES = pathlib.Path(grpc_tools.__file__).parent / "_proto"


def make() -> dict[str, bytes]:
    """The files of descriptors, by path in the repository."""
    return {
        "components/ingest/example.binpb": _installed([example_pb2.DESCRIPTOR]),
        "serving/client/messages.binpb": _installed(module.DESCRIPTOR for module in _CLIENT),
        "serving/configuration.binpb": _compiled(ROOT / "serving/configuration.proto"),
    }


def _installed(files: Iterable[FileDescriptor]) -> bytes:
    """A FileDescriptorSet of generated modules, each file after those that it imports."""
    ordered: dict[str, FileDescriptor] = {}
    for file in files:
        _add(file, ordered)
    described = descriptor_pb2.FileDescriptorSet()
    for file in ordered.values():
        file.CopyToProto(described.file.add())
    return described.SerializeToString(deterministic=True)


def _add(file: FileDescriptor, ordered: dict[str, FileDescriptor]) -> None:
    if file.name not in ordered:
        for imported in file.dependencies:
            _add(imported, ordered)
        ordered[file.name] = file


def _compiled(path: pathlib.Path) -> bytes:
    """A FileDescriptorSet of a `.proto` file."""
    with tempfile.NamedTemporaryFile() as out:
        options = ["--include_imports", f"--descriptor_set_out={out.name}"]
        # In a process of its own: beside TensorFlow's own protobuf, protoc can crash its process.
        protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{_GOOGLES}", f"-I{path.parent}"]
        ended = subprocess.run([*protoc, *options, str(path)], capture_output=True, text=True)
        if ended.returncode:
            raise ValueError(
                f"protoc refused {path} with exit code {ended.returncode}: {ended.stderr.strip()}"
            )
        return pathlib.Path(out.name).read_bytes()


def main() -> None:
    """Write the files."""
    for path, content in make().items():
        (ROOT / path).write_bytes(content)


if __name__ == "__main__":
    main()
