"""What both protocols are given: the models, and how to count, log and refuse."""

import dataclasses

from serving.access_log import AccessLog
from serving.admission import Admission
from serving.metrics import Metrics
from serving.model import Options
from serving.pages import ListedRepository


@dataclasses.dataclass(frozen=True)
class Edge:
    """One per server, shared by `serving.app` and `serving.grpc_server`."""

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
