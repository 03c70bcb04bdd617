"""Batching of a whole server: one pool of threads, a wrapped session per model version."""

import logging
import pathlib

from serving import protos
from serving.batching.parameters import BatchingParameters, from_proto
from serving.batching.scheduler import Scheduler
from serving.batching.session import BatchingSession
from serving.execution.session import Session
from serving.telemetry.request_metrics import Metrics

PER_MODEL_FILE = "batching_params.pbtxt"
"""In a version's folder: its own parameters, in text format."""

_LOG = logging.getLogger(__name__)


class Batcher:
    """Puts batching around sessions; all share the machine through one scheduler.

    Args:
        parameters: For all models; where each version has its own, only the threads' settings.
        metrics: Where batches are counted.
        is_per_model: Whether `PER_MODEL_FILE` in a version's folder counts instead of
            `parameters`; a version without it then runs unbatched.
    """

    def __init__(
        self, parameters: BatchingParameters, metrics: Metrics, is_per_model: bool = False
    ):
        self._parameters = parameters
        self._metrics = metrics
        self._is_per_model = is_per_model
        self._scheduler = Scheduler(parameters.num_batch_threads, parameters.thread_pool_name)

    def wrap(
        self, session: Session, model_name: str, version: int, version_folder: pathlib.Path
    ) -> Session:
        """Give the session to run instead.

        Args:
            session: The version's own; closing the result closes it.
            model_name: Served name, for the log.
            version: Its number, for the log.
            version_folder: Where `saved_model.pb` is.

        Returns:
            A session that batches, or the same one if the version asks for no batching.

        Raises:
            ServingError: INVALID_ARGUMENT if the version's own parameters are wrong; the
                session stays open.
        """
        parameters = self._parameters
        if self._is_per_model:
            path = version_folder / PER_MODEL_FILE
            if not path.exists():
                return session
            parameters = from_proto(protos.read(path, protos.BatchingParameters))
        _LOG.info("Batching requests of %s version %d: %s", model_name, version, parameters)
        return BatchingSession(session, parameters, self._scheduler, self._metrics)

    def close(self) -> None:
        """End the threads; the wrapped sessions are closed before."""
        self._scheduler.close()
