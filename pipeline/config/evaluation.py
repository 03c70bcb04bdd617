"""What a model must reach: everything under `evaluation:` in the YAML."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

from models.tasks.task import Metric
from pipeline import did_you_mean


@dataclasses.dataclass(frozen=True)
class EvaluationConfig:
    """What a model must reach before it is pushed."""

    must_reach: dict[str, float] = dataclasses.field(default_factory=dict)
    """Threshold by metric of the task on the whole split: at least for what is better high, such as
    `accuracy` and `macro_f1` (0 to 1), at most for what is better low, such as `cross_entropy`
    (nats)."""
    may_lose: dict[str, float] = dataclasses.field(default_factory=dict)
    """By how much each metric may be worse than the last blessed model's, for example
    `{accuracy: 0.01}`. Metrics not named are compared but never block."""
    slices: tuple[str, ...] = ()
    """Columns whose values are evaluated apart; `text_length` and `image_size` are derived."""

    def __post_init__(self) -> None:
        for metric, loss in self.may_lose.items():
            if loss < 0:
                raise ValueError(
                    f"`may_lose.{metric}` must be at least 0. Received: {loss}. For a model that "
                    "must be better, use `must_reach`."
                )

    def check(self, metrics: Iterable[Metric]) -> None:
        """Refuse thresholds of what a task has no metric for, or beyond its bounds.

        Args:
            metrics: Of the task.

        Raises:
            ValueError: In terms of the YAML.
        """
        known = {metric.name: metric for metric in metrics}
        for field in ("must_reach", "may_lose"):
            for name in getattr(self, field):
                if name not in known:
                    raise ValueError(
                        f"`evaluation.{field}` has the unknown metric {name!r}. "
                        f"{did_you_mean.suggest(name, known)}"
                    )
        for name, threshold in self.must_reach.items():
            low, high = known[name].bounds
            if not low <= threshold <= high:
                raise ValueError(
                    f"`evaluation.must_reach.{name}` must be {_between(low, high)}. "
                    f"Received: {threshold}"
                )


def _between(low: float, high: float) -> str:
    if (low, high) == (0, 1):
        return "from 0 to 1, as in 0.8 for 80 %"
    if math.isinf(high):
        return f"at least {low:g}"
    return f"at most {high:g}" if math.isinf(low) else f"from {low:g} to {high:g}"
