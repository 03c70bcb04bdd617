"""Environments of the peers: each its own packages, TensorFlow and NumPy from ours.

TensorFlow is the one of this environment, so that every server computes with the same build.
"""

import dataclasses
import importlib.util
import pathlib
from collections.abc import Callable, Sequence

from benchmarks import workers

_SHARED = "shared_tensorflow.pth"


@dataclasses.dataclass(frozen=True)
class Peer:
    """Another model server."""

    name: str
    """On the command line, and of its file: `benchmarks/serving/peers/<name>_server.py`."""
    title: str
    """In tables."""
    requirements: Sequence[str]
    """What pip installs."""
    protocols: Sequence[str]
    """`rest`, `grpc`."""
    has_batching: bool
    """Whether its Python server can batch requests by itself."""
    is_open_inference: bool
    """Whether its REST is the Open Inference Protocol, else TensorFlow Serving's."""
    no_batching: int
    """The number of rows that turns its batching off."""

    @property
    def module(self) -> str:
        """What runs it."""
        return f"benchmarks.serving.peers.{self.name}_server"


PEERS = (
    Peer("kserve", "KServe", ["kserve==0.21.0"], ("grpc", "rest"), False, False, 1),
    Peer("litserve", "LitServe", ["litserve==0.2.19"], ("rest",), True, False, 1),
    Peer("mlserver", "MLServer", ["mlserver==1.7.1"], ("grpc", "rest"), True, True, 0),
)
"""KServe, because its REST is TensorFlow Serving's. Of those that batch: MLServer, the only one
with REST, gRPC and batching in one Python process, and LitServe, which has the least around a
model."""


def python_of(peer: Peer, folder: pathlib.Path, progress: Callable[[str], None]) -> str:
    """The interpreter of a peer's environment, which is made if there is none.

    Args:
        peer: Which.
        folder: Where environments are, one folder each.
        progress: Told what takes long.

    Raises:
        BenchmarkError: If a step fails; the unfinished environment is made anew the next time.
    """
    place = folder / peer.name
    python = workers.environment(place, peer.requirements, peer.title, progress)
    # After the peer's own packages on the path: what it has of its own, it uses.
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / _SHARED).write_text(f"{_packages()}\n")
    return python


def _packages() -> pathlib.Path:
    found = importlib.util.find_spec("tensorflow")
    if found is None or found.origin is None:
        raise workers.BenchmarkError("TensorFlow is not installed. Run `make install`.")
    return pathlib.Path(found.origin).parents[1]
