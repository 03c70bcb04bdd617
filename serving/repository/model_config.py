"""Which models are served, from where, which of their versions and under which labels.

The classes are what the rest of the server knows; `from_proto` makes them of TensorFlow
Serving's `ModelServerConfig`, with its checks and texts.
Source: TensorFlow Serving, `model_servers/server_core.cc`. Differences: base paths are local
folders, and a `logging_config`, refused there once the models are loaded, is refused at once.
"""

import dataclasses
import logging
import pathlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from serving import errors

if TYPE_CHECKING:  # The message classes import TensorFlow, which nothing here needs.
    from tensorflow_serving.config import file_system_storage_path_source_pb2 as source_pb2
    from tensorflow_serving.config import model_server_config_pb2 as config_pb2

_LOG = logging.getLogger(__name__)
PLATFORM = "tensorflow"
# What TensorFlow takes for the start of a URI: https://github.com/tensorflow/tensorflow,
# `core/platform/path.cc`, `ParseURI`.
_SCHEME = re.compile(r"([a-zA-Z][0-9a-zA-Z.]*)://")
_MODEL_TYPE_UNSPECIFIED, _MODEL_TYPE_TENSORFLOW = 0, 1


@dataclasses.dataclass(frozen=True)
class Latest:
    """Serve the newest versions."""

    num_versions: int = 1
    """How many of them; 0 counts as 1."""

    def select(self, versions: Collection[int]) -> set[int]:
        """Those of the versions found on disk that are to be served."""
        return set(sorted(versions, reverse=True)[: max(1, self.num_versions)])


@dataclasses.dataclass(frozen=True)
class All:
    """Serve every version."""

    def select(self, versions: Collection[int]) -> set[int]:
        """Those of the versions found on disk that are to be served."""
        return set(versions)


@dataclasses.dataclass(frozen=True)
class Specific:
    """Serve the versions that are named."""

    versions: tuple[int, ...]
    """Their numbers; those that are not on disk are waited for."""

    def select(self, versions: Collection[int]) -> set[int]:
        """Those of the versions found on disk that are to be served."""
        return set(versions) & set(self.versions)


VersionPolicy = Latest | All | Specific


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """One entry of the list of models."""

    name: str
    """Served name, unique in the list."""
    base_path: pathlib.Path
    """Absolute folder of the versions, `<base_path>/<number>/`."""
    policy: VersionPolicy = Latest()
    """Which of the versions on disk are served."""
    labels: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Version by label; a request may name the label instead of the number."""
    platform: str = PLATFORM
    """Kind of model; only `tensorflow` can be loaded."""


def from_proto(config: "config_pb2.ModelServerConfig") -> list[ServedModel]:
    """Check and convert the whole list of models.

    Args:
        config: With a `model_config_list`. A caller to whom a message with nothing set means
            "no action" asks `config.WhichOneof("config")` before.

    Raises:
        ServingError: INVALID_ARGUMENT, UNIMPLEMENTED or, without a list, FAILED_PRECONDITION.
    """
    if config.WhichOneof("config") != "model_config_list":
        raise errors.ServingError(
            "FAILED_PRECONDITION",
            "Cannot transition to requested config. It is only legal to transition from one "
            "ModelConfigList to another.",
        )
    entries = config.model_config_list.config
    _require_unique_names(entries)
    for entry in entries:
        _require_absolute_path(entry)
    return [
        ServedModel(
            name=entry.name,
            base_path=_local_folder(entry),
            policy=_policy(entry.model_version_policy),
            labels=dict(entry.version_labels),
            platform=_platform(entry),
        )
        for entry in entries
    ]


def check_platforms(old: Sequence[ServedModel], new: Sequence[ServedModel]) -> None:
    """Refuse models that cannot be loaded, or that were something else before.

    Args:
        old: The list in force.
        new: The list that is to replace it.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    before = {model.name: model.platform for model in old}
    for model in new:
        platform = before.get(model.name, model.platform)
        if model.platform != platform:
            raise errors.invalid_argument(
                f"Illegal to change a model's platform. For model {model.name} platform was "
                f"{platform} and new platform requested is {model.platform}"
            )
    for model in new:
        if model.platform != PLATFORM:
            raise errors.invalid_argument(
                f"Model {model.name} requests unsupported platform {model.platform}"
            )


def _require_unique_names(entries: Sequence["config_pb2.ModelConfig"]) -> None:
    names = set()
    for entry in entries:
        if entry.name in names:
            raise errors.invalid_argument(
                f"Illegal to list model {entry.name} multiple times in config list"
            )
        names.add(entry.name)


def _require_absolute_path(entry: "config_pb2.ModelConfig") -> None:
    if not _SCHEME.match(entry.base_path) and not entry.base_path.startswith("/"):
        raise errors.invalid_argument(
            f"Expected model {entry.name} to have an absolute path or URI; "
            f"got base_path()={entry.base_path}"
        )


def _local_folder(entry: "config_pb2.ModelConfig") -> pathlib.Path:
    scheme = _SCHEME.match(entry.base_path)
    if scheme is None:
        return pathlib.Path(entry.base_path)
    if scheme[1] == "file":
        return pathlib.Path(entry.base_path[scheme.end() :])
    raise errors.ServingError(
        "UNIMPLEMENTED",
        f"This server reads model {entry.name} from local folders only; got "
        f"base_path()={entry.base_path}. Mount or copy it, and name the local folder.",
    )


def _platform(entry: "config_pb2.ModelConfig") -> str:
    if entry.HasField("logging_config"):
        raise errors.invalid_argument("No request-logger-creator provided.")
    if entry.model_type == _MODEL_TYPE_UNSPECIFIED:
        if not entry.model_platform:
            raise errors.invalid_argument(
                "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
                f"ModelServerConfig::model_platform, model name is {entry.name}"
            )
        return entry.model_platform
    _LOG.warning(
        "Deprecated ModelServerConfig::model_type field used. "
        "Prefer ModelServerConfig::model_platform."
    )
    if entry.model_platform:
        raise errors.invalid_argument(
            "Illegal setting both ModelServerConfig::model_type (deprecated) and "
            f"ModelServerConfig::model_platform, model name is {entry.name}"
        )
    if entry.model_type != _MODEL_TYPE_TENSORFLOW:
        raise errors.invalid_argument(
            f"ModelServerConfig::model_type choice {entry.model_type} not supported."
        )
    return PLATFORM


def _policy(
    policy: "source_pb2.FileSystemStoragePathSourceConfig.ServableVersionPolicy",
) -> VersionPolicy:
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return All()
    if choice == "specific":
        return Specific(tuple(policy.specific.versions))
    return Latest(max(1, policy.latest.num_versions))
