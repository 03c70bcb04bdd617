"""Anomalies of the data, in words."""

from collections.abc import Mapping
from typing import Any


def describe(anomalies: Mapping[str, Any]) -> list[str]:
    """One line per anomaly.

    Args:
        anomalies: Split name to TFDV's `Anomalies` message.

    Returns:
        Lines such as `eval split, column 'label': unexpected string values: ...`.
    """
    lines = []
    for split, found in anomalies.items():
        for column, info in sorted(found.anomaly_info.items()):
            lines.append(f"{split} split, column {column!r}: {info.description}")
        if found.HasField("dataset_anomaly_info"):
            lines.append(f"{split} split: {found.dataset_anomaly_info.description}")
    return lines
