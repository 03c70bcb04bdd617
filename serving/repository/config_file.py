"""The file that lists the models, read at the start and looked at again and again.

Source of the texts: TensorFlow Serving, `model_servers/server.cc`,
`PollFilesystemAndReloadConfig`, and `server_core.cc`, `ReloadConfig`.
"""

import logging
import pathlib
import threading
from collections.abc import Callable, Sequence

from tensorflow_serving.config import model_server_config_pb2

from serving import errors, protos
from serving.repository import model_config
from serving.repository.model_config import ServedModel

_LOG = logging.getLogger(__name__)


class ConfigFile:
    """A text file with a `ModelServerConfig`.

    Args:
        path: The file.
        apply: Takes the list of models; see `Repository.apply`.
        poll_seconds: Time between two looks at the file; 0 reads it once.
    """

    def __init__(
        self,
        path: pathlib.Path,
        apply: Callable[[Sequence[ServedModel]], None],
        poll_seconds: float = 0.0,
    ):
        self._path = path
        self._apply = apply
        self._poll_seconds = poll_seconds
        self._stop = threading.Event()

    def load(self) -> None:
        """Read the file and apply it; a message with nothing set changes nothing.

        Raises:
            ServingError: If the file is missing or wrong, or a model does not load.
        """
        self._reload(protos.read(self._path, model_server_config_pb2.ModelServerConfig))

    def start(self) -> None:
        """Look at the file every `poll_seconds` in a thread; what fails is only logged."""
        if self._poll_seconds > 0:
            threading.Thread(target=self._follow, name="config-file", daemon=True).start()

    def close(self) -> None:
        """Stop looking; a list that is being applied may finish."""
        self._stop.set()

    def _follow(self) -> None:
        while not self._stop.wait(self._poll_seconds):
            self._poll()

    def _poll(self) -> None:
        try:
            config = protos.read(self._path, model_server_config_pb2.ModelServerConfig)
        except errors.ServingError as error:
            _LOG.error("Failed to read ModelServerConfig file: %s", error.text)
            return
        try:
            self._reload(config)
        except errors.ServingError as error:
            _LOG.error("PollFilesystemAndReloadConfig failed to ReloadConfig: %s", error.text)

    def _reload(self, config: model_server_config_pb2.ModelServerConfig) -> None:
        if config.WhichOneof("config") is None:
            _LOG.info("Taking no action for empty config.")
            return
        self._apply(model_config.from_proto(config))
