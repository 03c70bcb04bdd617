"""Courses of the learning rate: `training.schedule` in the YAML.

All of them span the whole training, and each may begin with a linear warm-up.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

from models.choices import check_share


@dataclasses.dataclass(frozen=True)
class Schedule:
    """What all schedules have."""

    warmup: float = 0.0
    """Share of all steps in which the rate first rises linearly, in [0, 1)."""

    def __post_init__(self) -> None:
        check_share("warmup", self.warmup)


@dataclasses.dataclass(frozen=True)
class Constant(Schedule):
    """The full rate throughout."""

    kind: Literal["constant"] = "constant"
    """Name of this schedule."""


@dataclasses.dataclass(frozen=True)
class Linear(Schedule):
    """A line to zero."""

    kind: Literal["linear"] = "linear"
    """Name of this schedule."""


@dataclasses.dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine to zero, Loshchilov and Hutter (2016), https://arxiv.org/abs/1608.03983."""

    kind: Literal["cosine"] = "cosine"
    """Name of this schedule."""


@dataclasses.dataclass(frozen=True)
class Step(Schedule):
    """The rate is multiplied by a factor at certain points."""

    kind: Literal["step"] = "step"
    """Name of this schedule."""
    at: tuple[float, ...] = (0.5, 0.75)
    """Shares of all steps after which the rate drops, rising, each in (0, 1); He et al. (2015),
    https://arxiv.org/abs/1512.03385, section 4.2, drop at half and three quarters."""
    factor: float = 0.1
    """What the rate is multiplied by at each point, in (0, 1)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        is_rising = list(self.at) == sorted(set(self.at))
        if not self.at or not is_rising or not 0 < self.at[0] <= self.at[-1] < 1:
            raise ValueError(
                "`at` must name at least one share of the steps, rising, each above 0 and below "
                f"1. Received: at={list(self.at)}"
            )
        if not 0 < self.factor < 1:
            raise ValueError(f"`factor` must be in (0, 1). Received: factor={self.factor}")


@dataclasses.dataclass(frozen=True)
class OneCycle(Schedule):
    """Up along a cosine and down again, Smith and Topin (2017), https://arxiv.org/abs/1708.07120.

    Differences: cosines instead of lines, as fastai found better, and momentum stays.
    """

    warmup: float = 0.3
    """Share of all steps until the peak, in [0, 1)."""
    kind: Literal["one_cycle"] = "one_cycle"
    """Name of this schedule."""
    start: float = 0.04
    """First rate as a share of the peak, in (0, 1); the peak is the first without `warmup`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.start < 1:
            raise ValueError(f"`start` must be in (0, 1). Received: start={self.start}")


SCHEDULES = {
    "constant": Constant,
    "cosine": Cosine,
    "linear": Linear,
    "one_cycle": OneCycle,
    "step": Step,
}
"""Courses by name."""
