"""What both protocols are given: the models, and how to count, log and refuse."""

import dataclasses
from collections.abc import Sequence
from typing import Protocol

from serving.frontend.admission import Admission
from serving.model import ListedRepository, Options
from serving.repository.model_config import ServedModel
from serving.telemetry.access_log import AccessLog
from serving.telemetry.metrics import Metrics


class ServedRepository(ListedRepository, Protocol):
    """A repository whose list of models can be replaced."""

    def apply(self, models: Sequence[ServedModel]) -> None:
        """Serve these models and no others; returns when each new one is available.

        Raises:
            ServingError: If a model cannot be served.
        """


@dataclasses.dataclass(frozen=True)
class Edge:
    """One per server, shared by `serving.rest.app` and `serving.rpc.server`."""

    repository: ServedRepository
    """What can be asked."""
    metrics: Metrics
    """Where requests are counted."""
    admission: Admission
    """Who may ask."""
    options: Options = Options()
    """How requests are answered."""
    access_log: AccessLog | None = None
    """Where each request leaves a line; None for no log."""
