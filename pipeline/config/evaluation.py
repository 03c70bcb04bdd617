"""What a model must reach: everything under `evaluation:` in the YAML."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from annotated_types import Ge

from models.tasks.task import Metric
from pipeline import did_you_mean
from pipeline.config.problems import Problem

_Loss = Annotated[float, Ge(0), "For a model that must be better, use `must_reach`."]


@dataclasses.dataclass(frozen=True)
class EvaluationConfig:
    """What a model must reach before it is pushed."""

    must_reach: dict[str, float] = dataclasses.field(default_factory=dict)
    """Threshold by metric of the task on the whole split: at least for what is better high, such as
    `accuracy` and `macro_f1` (0 to 1), at most for what is better low, such as `cross_entropy`
    (nats)."""
    may_lose: dict[str, _Loss] = dataclasses.field(default_factory=dict)
    """By how much each metric may be worse than the last blessed model's, for example
    `{accuracy: 0.01}`. Metrics not named are compared but never block."""
    slices: tuple[str, ...] = ()
    """Columns whose values are evaluated apart; `text_length` and `image_size` are derived."""

    def problems(self, metrics: Iterable[Metric]) -> Iterator[Problem]:
        """Thresholds of what a task has no metric for, or beyond its bounds.

        Args:
            metrics: Of the task.
        """
        known = {metric.name: metric for metric in metrics}
        for field in ("must_reach", "may_lose"):
            for name in getattr(self, field):
                if name not in known:
                    text = f"unknown metric {name!r}. {did_you_mean.suggest(name, known)}"
                    yield Problem(f"evaluation.{field}.{name}", text)
        for name, threshold in self.must_reach.items():
            low, high = known[name].bounds if name in known else (-math.inf, math.inf)
            if not low <= threshold <= high:
                yield Problem(
                    f"evaluation.must_reach.{name}",
                    f"must be {_between(low, high)}. Received: {threshold}",
                )

    def missed(self, metrics: Iterable[Metric], figures: Mapping[str, float]) -> list[str]:
        """Which thresholds of `must_reach` figures do not reach, in words.

        Args:
            metrics: Of the task.
            figures: By name, of all metrics.
        """
        return [
            worded(
                metric.name,
                figures[metric.name],
                self.must_reach[metric.name],
                is_better_high=metric.is_better_high,
            )
            for metric in metrics
            if metric.name in self.must_reach
            # Not the other way round: a figure that is no number reaches nothing.
            and not metric.rank(figures[metric.name]) >= metric.rank(self.must_reach[metric.name])
        ]


def worded(metric: str, figure: float, bound: float, *, is_better_high: bool) -> str:
    """A threshold that was not reached, in words."""
    demand = "must reach" if is_better_high else "may be at most"
    return f"{metric} is {figure:.4f}, {demand} {bound:g}"


def _between(low: float, high: float) -> str:
    if (low, high) == (0, 1):
        return "from 0 to 1, as in 0.8 for 80 %"
    if math.isinf(high):
        return f"at least {low:g}"
    return f"at most {high:g}" if math.isinf(low) else f"from {low:g} to {high:g}"
