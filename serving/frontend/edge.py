"""What both protocols are given: the models, and how to count, log and refuse."""

import dataclasses

from serving.frontend.admission import Admission
from serving.model import ListedRepository, Options
from serving.telemetry.access_log import AccessLog
from serving.telemetry.metrics import Metrics


@dataclasses.dataclass(frozen=True)
class Edge:
    """One per server, shared by `serving.rest.app` and `serving.rpc.server`."""

    repository: ListedRepository
    """What can be asked."""
    metrics: Metrics
    """Where requests are counted."""
    admission: Admission
    """Who may ask."""
    options: Options = Options()
    """How requests are answered."""
    access_log: AccessLog | None = None
    """Where each request leaves a line; None for no log."""
