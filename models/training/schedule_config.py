"""Courses of the learning rate: `training.schedule` in the YAML.

All of them span the whole training, and each may begin with a linear warm-up.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

import pydantic
from annotated_types import MinLen

from models.bounds import Between0And1, Share


@dataclasses.dataclass(frozen=True)
class Schedule:
    """What all schedules have."""

    warmup: Share = 0.0
    """Share of all steps in which the rate first rises linearly, in [0, 1)."""


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
class InverseRoot(Schedule):
    """The rate falls with the root of the step, Vaswani et al. (2017), equation 3.

    https://arxiv.org/abs/1706.03762; `learning_rate` is the peak, where the warm-up ends.
    """

    warmup: Between0And1 = 0.1
    """Share of all steps in which the rate first rises linearly, in (0, 1)."""
    kind: Literal["inverse_root"] = "inverse_root"
    """Name of this schedule."""


def _check_ascending(shares: tuple[float, ...]) -> tuple[float, ...]:
    """Refuse points that are not one after the other."""
    if list(shares) != sorted(set(shares)):
        raise ValueError(f"must name rising shares of the steps. Received: {list(shares)}")
    return shares


@dataclasses.dataclass(frozen=True)
class Step(Schedule):
    """The rate is multiplied by a factor at certain points."""

    kind: Literal["step"] = "step"
    """Name of this schedule."""
    at: Annotated[
        tuple[Between0And1, ...], MinLen(1), pydantic.AfterValidator(_check_ascending)
    ] = (0.5, 0.75)
    """Shares of all steps after which the rate drops, rising, each in (0, 1); He et al. (2015),
    https://arxiv.org/abs/1512.03385, section 4.2, drop at half and three quarters."""
    factor: Between0And1 = 0.1
    """What the rate is multiplied by at each point, in (0, 1)."""


@dataclasses.dataclass(frozen=True)
class OneCycle(Schedule):
    """Up along a cosine and down again, Smith and Topin (2017), https://arxiv.org/abs/1708.07120.

    Differences: cosines instead of lines, as fastai found better, and momentum stays.
    """

    warmup: Share = 0.3
    """Share of all steps until the peak, in [0, 1)."""
    kind: Literal["one_cycle"] = "one_cycle"
    """Name of this schedule."""
    start: Between0And1 = 0.04
    """First rate as a share of the peak, in (0, 1); the peak is the first without `warmup`."""


SCHEDULES = {
    "constant": Constant,
    "cosine": Cosine,
    "inverse_root": InverseRoot,
    "linear": Linear,
    "one_cycle": OneCycle,
    "step": Step,
}
"""Courses by name."""
