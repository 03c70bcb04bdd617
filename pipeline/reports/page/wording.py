"""Sentences that stand in several places."""

from collections.abc import Mapping
from typing import Any


def headline(summary: Mapping[str, Any]) -> str:
    """The task's first metric with its interval, beside what a simple model reaches.

    Args:
        summary: Of a run, see `reports/run_summary.py`.
    """
    name, (low, high) = summary["shown"][0], summary["interval"]
    baseline = summary["baseline"]
    value = summary["metrics"]["all"][name]
    return (
        f"{name.replace('_', ' ')} {value:.3f} (95 % interval {low:.3f} to {high:.3f}) on "
        f"{round(summary['metrics']['all']['example_count']):,} {summary['split']} examples; "
        f"{baseline['name']}: {baseline['simple']:.3f}"
    )
