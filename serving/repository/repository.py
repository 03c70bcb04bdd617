"""The served models: follows the disk and the configuration, swaps versions, lends them out.

A version is unloaded only after a newer one is available and its own last request has been
answered, so a swap drops nothing. A version that does not load is tried again a few times,
reported as `END` with the reason, and tried again when its files change.

Source: TensorFlow Serving, `model_servers/server_core.cc` and `core/basic_manager.cc`, texts
included. Differences: a missing base folder holds up no other model, a repeated complaint about
the disk is logged once, a model listed anew is available when any of its versions is, and a
folder of models can be followed.
"""

import contextlib
import dataclasses
import logging
import pathlib
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence

from serving import errors
from serving.model import ModelSpec, Predictor, VersionStatus
from serving.repository import model_config, storage
from serving.repository.loading import Load, Loader
from serving.repository.model_config import ServedModel
from serving.repository.storage import Disk, Sighting
from serving.repository.versions import Model, Select, Version

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class RepositoryConfig:
    """How to follow the disk and to load."""

    poll_seconds: float = 1.0
    """Time between two looks at the disk; 0 or less looks only when a configuration is applied."""
    max_load_retries: int = 5
    """Attempts to load a version of a configured model after the first failed one."""
    load_retry_seconds: float = 60.0
    """Time between two attempts; a negative one means at once."""
    num_load_threads: int = 0
    """Versions loaded at a time, except at the start, when it is four per processor; 0 means 1."""
    num_unload_threads: int = 0
    """Versions unloaded at a time; 0 means 1."""
    allow_labels_for_unavailable: bool = False
    """Accept a new label for a version that is not available."""


_DEFAULTS = RepositoryConfig()


class Repository:
    """The served versions; see `serving.model.Repository`. Every method is thread-safe.

    Call `apply` to load what is there, then `start` to follow the disk, and at last `close`.

    Args:
        load: Loads one version; what it raises becomes the version's status.
        config: How to follow the disk and to load.
        models_dir: A folder whose subfolders are models named after them, now and later; None for
            none. Of these models the newest version that loads is served, and those that do not
            load wait for a change of their files. A configured model of the same name wins.
    """

    def __init__(
        self,
        load: Load,
        config: RepositoryConfig = _DEFAULTS,
        models_dir: pathlib.Path | None = None,
    ):
        self._config = config
        self._configured: dict[str, ServedModel] = {}
        self._labels: dict[str, Mapping[str, int]] = {}
        self._models: dict[str, Model] = {}
        self._is_first = True
        self._changed = threading.Condition()  # Guards everything above, and the models.
        self._polling = threading.Lock()
        self._disk = Disk(models_dir)  # Guarded by `_polling`.
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loader = Loader(
            load,
            self._changed,
            config.load_retry_seconds,
            config.num_load_threads,
            config.num_unload_threads,
        )

    def apply(self, models: Sequence[ServedModel]) -> None:
        """Replace the list of configured models; those no longer in it are unloaded.

        Blocks until each newly listed model has an available version or none that could become
        so; a model without a version on disk is waited for. The first call waits for the models
        of `models_dir`, too, whose failures raise nothing.

        Raises:
            ServingError: INVALID_ARGUMENT or FAILED_PRECONDITION, and the old list stays in force.
                With the new list in force: UNKNOWN if a new model did not become available,
                NOT_FOUND if it has no version and the disk is not looked at again.
                CANCELLED after `close`.
        """
        new = self._accept(models)
        self.poll()
        failed = self._wait(new)
        with self._changed:
            is_first, self._is_first = self._is_first, False
        if is_first:
            self._loader.end_start()
        if failed:
            raise _unavailable(failed, "servable(s)" if is_first else "model(s)")

    def start(self) -> None:
        """Look at the disk every `poll_seconds` in a thread of its own."""
        if self._config.poll_seconds > 0 and self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="repository", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop looking, loading and retrying, and unload everything.

        A load in progress is waited for, as nothing can interrupt it. A version that a request
        still uses is unloaded by the end of that request.
        """
        with self._changed:
            self._stop.set()
            self._configured, self._labels = {}, {}
            for model in self._models.values():
                self._aspire(model, {}, _all)
        if self._thread is not None:
            self._thread.join()
        self._loader.close()

    def poll(self) -> None:
        """Look at the disk now; what is to be loaded and unloaded is left to other threads."""
        with self._polling:
            with self._changed:
                configured = list(self._configured.values())
                known = [name for name, model in self._models.items() if model.is_aspired()]
            for sighting in self._disk.look(configured, known):
                self._note(sighting)

    @contextlib.contextmanager
    def lease(self, spec: ModelSpec) -> Iterator[Predictor]:
        """Keep a version loaded while one request uses it."""
        model, version, predictor = self._acquire(spec)
        try:
            yield predictor
        finally:
            self._loader.release(model, version)

    def status(self, name: str, version: int | None = None) -> list[VersionStatus]:
        """States of a model's versions, newest first; those of the past included."""
        with self._changed:
            statuses = self._models[name].statuses() if name in self._models else []
        if version is not None:
            statuses = [status for status in statuses if status.version == version]
            if not statuses:
                raise errors.not_found(f"Could not find version {version} of model {name}")
        if not statuses:
            raise errors.not_found(f"Could not find any versions of model {name}")
        return statuses

    def model_names(self) -> list[str]:
        """Names of all models that have or had a version."""
        with self._changed:
            return sorted(self._models)

    def labels(self, name: str) -> dict[str, int]:
        """Version by label of a model; empty for a model without labels or an unknown one."""
        with self._changed:
            return dict(self._labels.get(name, {}))

    def is_ready(self) -> bool:
        """True once every model, configured or in `models_dir`, has an available version."""
        with self._changed:
            wanted = {name for name, model in self._models.items() if model.is_aspired()}
            wanted |= self._configured.keys()
            return bool(wanted) and all(self._is_available(name) for name in wanted)

    def _accept(self, models: Sequence[ServedModel]) -> list[ServedModel]:
        """Put a list in force; returns its models that the one before did not have."""
        with self._changed:
            self._refuse_if_closed()
            model_config.check_platforms(list(self._configured.values()), models)
            self._labels = self._check_labels(models)
            before, self._configured = self._configured, {model.name: model for model in models}
            for name in (before.keys() - self._configured.keys()) & self._models.keys():
                self._aspire(self._models[name], {}, _all)
        for model in models:
            _LOG.info(" (Re-)adding model: %s", model.name)
        return [model for model in models if model.name not in before]

    def _check_labels(self, models: Sequence[ServedModel]) -> dict[str, Mapping[str, int]]:
        for model in models:
            for label, number in model.labels.items():
                bound = self._labels.get(model.name, {}).get(label, number)
                if self._config.allow_labels_for_unavailable and bound == number:
                    continue
                known = self._models.get(model.name)
                version = known.versions.get(number) if known else None
                if version is None or version.state != "AVAILABLE":
                    raise errors.ServingError(
                        "FAILED_PRECONDITION",
                        f"Request to assign label to version {number} of model {model.name}, "
                        "which is not currently available for inference",
                    )
        return {model.name: model.labels for model in models}

    def _wait(self, new: Sequence[ServedModel]) -> list[Version]:
        """Return the failures of new models, when nothing more is to be expected of any of them."""
        poll_seconds = self._config.poll_seconds
        if poll_seconds <= 0:
            self._require_versions(new)
        while True:
            with self._changed:
                timeout = poll_seconds if poll_seconds > 0 else None
                is_settled = self._changed.wait_for(lambda: self._is_settled(new), timeout)
                self._refuse_if_closed()
                if is_settled:
                    models = [self._models[name] for name in self._awaited(new)]
                    return [model.failed()[0] for model in models if model.newest is None]
            self.poll()

    def _is_settled(self, new: Sequence[ServedModel]) -> bool:
        if self._stop.is_set():
            return True
        if self._is_first and not all(model.is_settled() for model in self._models.values()):
            return False
        models = [self._models.get(name) for name in self._awaited(new)]
        return all(model and model.is_aspired() and model.is_settled() for model in models)

    def _awaited(self, new: Sequence[ServedModel]) -> list[str]:
        """Names that no later list has dropped."""
        return [served.name for served in new if served.name in self._configured]

    def _require_versions(self, new: Sequence[ServedModel]) -> None:
        with self._changed:
            for served in new:
                model = self._models.get(served.name)
                if model is None or not model.is_aspired():
                    raise errors.not_found(
                        "Unable to find a numerical version path for servable "
                        f"{served.name} at: {served.base_path}"
                    )

    def _is_available(self, name: str) -> bool:
        return name in self._models and self._models[name].newest is not None

    def _refuse_if_closed(self) -> None:
        if self._stop.is_set():
            raise errors.ServingError("CANCELLED", "The server is shutting down.")

    def _follow(self) -> None:
        while not self._stop.wait(self._config.poll_seconds):
            try:
                self.poll()
            except OSError as error:  # The disk may be away; what is served still answers.
                _LOG.error("Could not look for new versions, trying again: %s", error)

    def _note(self, sighting: Sighting) -> None:
        changed = self._changed_failures(sighting)
        with self._changed:
            # Another list may have come into force during the look.
            is_current = self._configured.get(sighting.name) is sighting.model
            is_new = sighting.name not in self._models
            if self._stop.is_set() or not is_current or (is_new and not sighting.versions):
                return
            model = self._models.setdefault(sighting.name, Model(sighting.name))
            if sighting.model is None:
                model.max_retries = 0
                self._aspire(model, sighting.versions, storage.newest_that_loads)
            else:
                model.max_retries = self._config.max_load_retries
                self._aspire(model, sighting.versions, _all)
            for version in changed:
                self._loader.load_again(model, version)

    def _changed_failures(self, sighting: Sighting) -> list[Version]:
        """Failed versions whose files are others now."""
        with self._changed:
            model = self._models.get(sighting.name)
            stuck = model.stuck() if model else []
        return [
            version
            for version in stuck
            if version.number in sighting.versions
            and version.has_changed(storage.fingerprint(sighting.versions[version.number]))
        ]

    def _aspire(self, model: Model, found: Mapping[int, pathlib.Path], select: Select) -> None:
        model.aspire(found, select)
        self._loader.act(model)

    def _acquire(self, spec: ModelSpec) -> tuple[Model, Version, Predictor]:
        with self._changed:
            number = spec.version
            if spec.label is not None:
                number = self._labels.get(spec.name, {}).get(spec.label)
                if number is None:
                    raise errors.invalid_argument(
                        f"Unrecognized servable version label: {spec.label}"
                    )
            model = self._models.get(spec.name)
            if model is not None:
                version = model.newest if number is None else model.versions.get(number)
                if version is not None and version.state == "AVAILABLE" and version.predictor:
                    version.num_requests += 1
                    return model, version, version.predictor
        wanted = f"Latest({spec.name})" if number is None else f"Specific({spec.name}, {number})"
        raise errors.not_found(f"Servable not found for request: {wanted}")


def _all(versions: Collection[int], failed: Collection[int]) -> set[int]:
    return set(versions)


def _unavailable(versions: Sequence[Version], noun: str) -> errors.ServingError:
    reasons = "".join(f"{{{version} due to error: {version.error}}}, " for version in versions)
    return errors.ServingError(
        "UNKNOWN", f"{len(versions)} {noun} did not become available: {{{reasons}}}"
    )
