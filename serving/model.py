"""What a served model looks like to the two protocols: names, signatures, states.

No TensorFlow here, so that the HTTP half can be tested, and the client
imported, without it.
"""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import numpy as np

DEFAULT_SIGNATURE = "serving_default"


@dataclasses.dataclass(frozen=True)
class TensorSpec:
    """One named input or output of a signature."""

    dtype: str
    """TensorFlow's name of the type: `float`, `double`, `int32`, `string`, ..."""
    shape: tuple[int, ...] | None = None
    """Sizes per axis, -1 where unknown; None if not even the rank is known."""
    tensor: str = dataclasses.field(default="", compare=False)
    """Name of the tensor in the graph, such as `x:0`; empty where there is no graph."""


@dataclasses.dataclass(frozen=True)
class Signature:
    """One callable of a model."""

    inputs: Mapping[str, TensorSpec]
    """Inputs by alias."""
    outputs: Mapping[str, TensorSpec]
    """Outputs by alias."""
    method_name: str = ""
    """What the exporter meant it for: `tensorflow/serving/predict`, `classify`, `regress` or its
    own."""
    description: str = dataclasses.field(default="", compare=False)
    """The whole `SignatureDef` in protobuf's text format, for errors that show it."""


@dataclasses.dataclass(frozen=True)
class Options:
    """How requests are answered; the server's flags set it for all models."""

    tensor_content: bool = False
    """Whether gRPC answers hold their values in `tensor_content` instead of typed fields."""
    check_method_names: bool = False
    """Whether a signature answers only the API that its `method_name` names."""


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """Which model a request asks for."""

    name: str
    """Served name."""
    version: int | None = None
    """Exact version; None means the newest that is available."""
    label: str | None = None
    """Version label; excludes `version`."""


@dataclasses.dataclass(frozen=True)
class VersionStatus:
    """State of one version, as the status endpoints report it."""

    version: int
    """Name of the version's folder, as a number."""
    state: str
    """`START`, `LOADING`, `AVAILABLE`, `UNLOADING` or `END`."""
    error_code: str = "OK"
    """Why it ended, a key of `serving.errors.HTTP_STATUS`."""
    error_message: str = ""
    """The same in words; empty when nothing failed."""


class Predictor(Protocol):
    """A loaded version."""

    version: int
    folder: pathlib.Path
    """Where it was loaded from; others may have removed it since."""
    signatures: Mapping[str, Signature]
    metadata_json: str
    """`tensorflow.serving.SignatureDefMap` as JSON with the proto's field names."""

    def predict(
        self,
        signature_name: str,
        inputs: Mapping[str, np.ndarray],
        output_filter: Sequence[str] = (),
        timeout: float | None = None,
    ) -> dict[str, np.ndarray]:
        """Run one signature; strings are object arrays of bytes.

        Args:
            signature_name: Key of `signatures`; empty means `serving_default`.
            inputs: Arrays by alias.
            output_filter: Outputs to compute; empty means all of them.
            timeout: Seconds; None waits as long as it takes.

        Raises:
            ServingError: With TensorFlow Serving's code and text.
        """

    def run(
        self,
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        timeout: float | None = None,
    ) -> list[np.ndarray]:
        """Compute tensors by their names in the graph; see `execution.session.Session.run`."""

    def close(self) -> None:
        """Free the memory; nobody calls `predict` or `run` any more."""


class Repository(Protocol):
    """The versions the protocols can reach."""

    def lease(self, spec: ModelSpec) -> AbstractContextManager[Predictor]:
        """Keep a version loaded while one request uses it.

        Raises:
            ServingError: NOT_FOUND if it is not available.
        """

    def status(self, name: str, version: int | None = None) -> list[VersionStatus]:
        """States of a model's versions, newest first.

        Raises:
            ServingError: NOT_FOUND if there are none.
        """

    def is_ready(self) -> bool:
        """True once every known model has an available version."""


class ListedRepository(Repository, Protocol):
    """A repository that can tell what it has."""

    def model_names(self) -> Sequence[str]:
        """Names of all models that have or had a version."""

    def labels(self, name: str) -> Mapping[str, int]:
        """Version by label of a model."""
