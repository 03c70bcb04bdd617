"""What loading a version means: its session, batching around it, its warm-up requests."""

import dataclasses
import pathlib

from serving.batching.batcher import Batcher
from serving.execution import warmup
from serving.execution.saved_model import SavedModelPredictor
from serving.execution.session import Session, SessionSettings
from serving.model import Predictor
from serving.telemetry.metrics import Metrics


@dataclasses.dataclass(frozen=True)
class LoadingConfig:
    """What all versions are loaded with."""

    session: SessionSettings = SessionSettings()
    """Tags of the graph, threads and devices of TensorFlow."""
    warm_up: bool = True
    """Whether a version's warm-up requests are replayed before it answers."""
    warm_up_iterations: int = 1
    """Times each of them is replayed, at least 1."""


class VersionLoader:
    """Loads versions; see `serving.repository.repository.Load`.

    Args:
        config: What all versions are loaded with.
        metrics: Where warm-up is counted.
        batcher: Runs concurrent requests together; None runs each on its own.
    """

    def __init__(self, config: LoadingConfig, metrics: Metrics, batcher: Batcher | None = None):
        self._config = config
        self._metrics = metrics
        self._batcher = batcher

    def __call__(self, name: str, version: int, folder: pathlib.Path) -> Predictor:
        """Load one version and warm it up.

        Args:
            name: Served name.
            version: Number the protocols report.
            folder: Where `saved_model.pb` is.

        Raises:
            ServingError: If the model does not load or a warm-up request fails.
        """

        def wrap(session: Session) -> Session:
            if self._batcher is None:
                return session
            return self._batcher.wrap(session, name, version, folder)

        predictor = SavedModelPredictor(folder, version, wrap, self._config.session)
        if not self._config.warm_up:
            return predictor
        try:
            warmup.run(predictor, name, folder, self._config.warm_up_iterations, self._metrics)
        except BaseException:
            predictor.close()
            raise
        return predictor
