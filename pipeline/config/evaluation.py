"""What a model must reach: everything under `evaluation:` in the YAML."""

from __future__ import annotations

import dataclasses

from pipeline import did_you_mean

SHARES = ("accuracy", "macro_f1")
"""Metrics from 0 to 1, of which more is better."""
METRICS = (*SHARES, "cross_entropy")
"""Metrics the Evaluator reports and thresholds may name."""


@dataclasses.dataclass(frozen=True)
class EvaluationConfig:
    """What a model must reach before it is pushed."""

    must_reach: dict[str, float] = dataclasses.field(default_factory=dict)
    """Threshold by metric on the whole split: at least for `accuracy` and `macro_f1` (0 to 1), at
    most for `cross_entropy` (nats)."""
    may_lose: dict[str, float] = dataclasses.field(default_factory=dict)
    """By how much each metric may be worse than the last blessed model's, for example
    `{accuracy: 0.01}`. Metrics not named are compared but never block."""
    slices: tuple[str, ...] = ()
    """Columns whose values are evaluated apart; `text_length` and `image_size` are derived."""

    def __post_init__(self) -> None:
        for field in ("must_reach", "may_lose"):
            for metric in getattr(self, field):
                if metric not in METRICS:
                    raise ValueError(
                        f"`{field}` has the unknown metric {metric!r}. "
                        f"{did_you_mean.suggest(metric, METRICS)}"
                    )
        for metric, threshold in self.must_reach.items():
            if threshold < 0 or (metric in SHARES and threshold > 1):
                bounds = "from 0 to 1, as in 0.8 for 80 %" if metric in SHARES else "at least 0"
                raise ValueError(f"`must_reach.{metric}` must be {bounds}. Received: {threshold}")
        for metric, loss in self.may_lose.items():
            if loss < 0:
                raise ValueError(
                    f"`may_lose.{metric}` must be at least 0. Received: {loss}. For a model that "
                    "must be better, use `must_reach`."
                )
