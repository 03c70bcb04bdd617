"""What HTTP answers beside the models' own API: the metrics, the list of models, error pages."""

import json
from collections.abc import Iterator

from serving import errors
from serving.model import ListedRepository, VersionStatus
from serving.telemetry.metrics import Metrics

_STATE = "/maru/serving/model_version_state"


def html(status: int, reason: str) -> bytes:
    """What libevent, the web server inside TensorFlow Serving, answers on its own."""
    return (
        f"<HTML><HEAD>\n<TITLE>{status} {reason}</TITLE>\n</HEAD><BODY>\n"
        f"<H1>{reason}</H1>\n</BODY></HTML>\n"
    ).encode()


def models(repository: ListedRepository) -> bytes:
    """All models with their labels and the states of their versions, newest first, as JSON."""
    listing = [
        {
            "name": name,
            "labels": {label: str(number) for label, number in repository.labels(name).items()},
            "versions": [
                {
                    "version": str(status.version),
                    "state": status.state,
                    "error_code": status.error_code,
                    "error_message": status.error_message,
                }
                for status in statuses
            ],
        }
        for name, statuses in _statuses(repository)
    ]
    return (json.dumps({"models": listing}, indent=1) + "\n").encode()


def metrics(repository: ListedRepository, figures: Metrics) -> bytes:
    """The page for Prometheus, with the states of the versions at this moment.

    Versions that were unloaded as they should be are left out.
    """
    states: dict[tuple[str, ...], float] = {
        (name, str(status.version), status.state): 1.0
        for name, statuses in _statuses(repository)
        for status in statuses
        if status.state != "END" or status.error_code != "OK"  # Those of the past grow in number.
    }
    figures.replace(_STATE, states)
    return figures.to_prometheus()


def _statuses(repository: ListedRepository) -> Iterator[tuple[str, list[VersionStatus]]]:
    for name in repository.model_names():
        try:
            yield name, repository.status(name)
        except errors.ServingError:  # A model without versions, or gone in between.
            yield name, []
