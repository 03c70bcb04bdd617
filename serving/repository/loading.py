"""Loads and unloads versions in threads of their own, and tries again what failed.

Source: TensorFlow Serving, `core/loader_harness.cc` and `util/retrier.cc`. Difference: no thread
sleeps between two attempts, so one bad model does not keep others from loading.
"""

import logging
import os
import pathlib
import threading
from collections.abc import Callable
from concurrent import futures

from serving import errors
from serving.model import Predictor
from serving.repository import storage
from serving.repository.versions import Model, Version

_LOG = logging.getLogger(__name__)
_THREADS_AT_START = 4 * (os.cpu_count() or 1)

Load = Callable[[str, int, pathlib.Path], Predictor]
"""Loads a version from its folder, by served name and number; ready for requests when done."""


class Loader:
    """Carries out what `Model.next_steps` asks for.

    Args:
        load: Loads one version; what it raises becomes the version's status.
        changed: Guards the models; notified after each change of a version.
        retry_seconds: Time between two attempts; a negative one means at once.
        num_load_threads: Versions loaded at a time after the start; 0 means 1.
        num_unload_threads: Versions unloaded at a time; 0 means 1.
    """

    def __init__(
        self,
        load: Load,
        changed: threading.Condition,
        retry_seconds: float,
        num_load_threads: int,
        num_unload_threads: int,
    ):
        self._load = load
        self._changed = changed
        self._retry_seconds = max(0.0, retry_seconds)
        self._is_closed = False
        self._loads_at_start = futures.ThreadPoolExecutor(_THREADS_AT_START, "load")
        self._later_loads = futures.ThreadPoolExecutor(max(1, num_load_threads), "load")
        self._loads = self._loads_at_start
        self._unloads = futures.ThreadPoolExecutor(max(1, num_unload_threads), "unload")

    def end_start(self) -> None:
        """From now on load with fewer threads, as there are requests to answer."""
        with self._changed:
            self._loads = self._later_loads
        self._loads_at_start.shutdown(wait=False)

    def close(self) -> None:
        """Wait for what is in progress; by then the models must want nothing loaded."""
        with self._changed:
            self._is_closed = True
        for threads in (self._loads_at_start, self._later_loads, self._unloads):
            threads.shutdown()

    def act(self, model: Model) -> None:
        """Start what a change of this model makes necessary; the caller holds the lock."""
        loads, unloads = model.next_steps()
        for version in loads:
            self._loads.submit(self._try_to_load, model, version)
        for version in unloads:
            if not version.num_requests:
                self._unloads.submit(self._unload, model, version)
        self._changed.notify_all()

    def release(self, model: Model, version: Version) -> None:
        """Note the end of a request; the last one lets its version go if it is to be unloaded."""
        with self._changed:
            version.num_requests -= 1
            if version.num_requests or version.state != "UNLOADING":
                return
            if not self._is_closed:
                self._unloads.submit(self._unload, model, version)
                return
        self._unload(model, version)

    def load_again(self, model: Model, version: Version) -> None:
        """Give a version that has failed another chance at once."""
        with self._changed:
            if version.retry is not None:
                version.retry.cancel()
                self._try_again(model, version)
            elif version.has_failed:
                version.is_aspired = False  # Wanted as it is, it gets a new life.
                self.act(model)

    def _try_to_load(self, model: Model, version: Version) -> None:
        with self._changed:
            if not version.is_aspired:  # No more since this was submitted.
                version.end(version.error)
                self.act(model)
                return
            version.state = "LOADING"
            self._changed.notify_all()
        _LOG.info("Loading servable version %s", version)
        files: tuple[object, ...] = ()
        try:
            files = storage.fingerprint(version.path)
            predictor = self._load(model.name, version.number, version.path)
        except Exception as error:
            self._fail(model, version, _to_serving_error(error), files)
            return
        with self._changed:
            if version.is_aspired:
                version.state, version.predictor = "AVAILABLE", predictor
                version.error, version.failed_files = None, None
                _LOG.info("Successfully loaded servable version %s", version)
                self.act(model)
                return
        _LOG.info("Unloading just-loaded servable version %s", version)
        _close(version, predictor)
        with self._changed:
            version.end(errors.ServingError("CANCELLED", "Loading of servable cancelled"))
            self.act(model)

    def _fail(
        self, model: Model, version: Version, error: errors.ServingError, files: tuple[object, ...]
    ) -> None:
        _LOG.error("Loading servable: %s failed: %s", version, error)
        with self._changed:
            version.error, version.failed_files = error, files
            version.num_tries += 1
            if version.is_aspired and version.num_tries <= model.max_retries:
                version.retry = threading.Timer(
                    self._retry_seconds, self._try_again, (model, version)
                )
                version.retry.daemon = True
                version.retry.start()
                self._changed.notify_all()
                return
            version.end(error)
            self.act(model)
        _LOG.error("Servable %s cannot be loaded: %s", version, error)

    def _try_again(self, model: Model, version: Version) -> None:
        with self._changed:
            if version.retry is None:  # Cancelled just now.
                return
            version.retry = None
            _LOG.info("Retrying of Loading servable: %s retry: %d", version, version.num_tries)
            self._loads.submit(self._try_to_load, model, version)

    def _unload(self, model: Model, version: Version) -> None:
        with self._changed:
            predictor, version.predictor = version.predictor, None
        if predictor is not None:
            _close(version, predictor)
        _LOG.info("Done unloading servable version %s", version)
        with self._changed:
            version.end()
            self.act(model)


def _close(version: Version, predictor: Predictor) -> None:
    try:
        predictor.close()
    except Exception:  # Whatever is left of it must not stop the others' comings and goings.
        _LOG.exception("Could not unload servable version %s in order", version)


def _to_serving_error(error: Exception) -> errors.ServingError:
    if isinstance(error, errors.ServingError):
        # A copy, as the raised one holds the frames of the failed load, and so its memory.
        return errors.ServingError(error.code, error.text)
    return errors.ServingError("UNKNOWN", str(error))
