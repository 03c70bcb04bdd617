"""What models are compared by, as tables and charts need it."""

from __future__ import annotations

import dataclasses

from models.tasks.task import Metric

_SHARE = (0.0, 1.0)


@dataclasses.dataclass(frozen=True)
class Headline:
    """The first of a task's metrics, without its functions."""

    name: str
    """Key of `figures`."""
    is_better_high: bool
    """Whether more is better."""
    is_share: bool
    """Whether it lies between 0 and 1, so that differences can be told in percentage points."""
    is_proportion: bool
    """Whether it is the share of examples that are right."""

    @property
    def words(self) -> str:
        """In tables and charts."""
        return self.name.replace("_", " ")

    @property
    def direction(self) -> str:
        """What needs to be said beside the words; nothing where more is better."""
        return "" if self.is_better_high else ", less is better"


def of(metric: Metric) -> Headline:
    """The headline that a metric is."""
    return Headline(
        metric.name, metric.is_better_high, metric.bounds == _SHARE, metric.is_proportion
    )
