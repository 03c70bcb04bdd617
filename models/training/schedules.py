"""Learning rate as a function of the step.

The linear warm-up is that of Goyal et al. (2017), https://arxiv.org/abs/1706.02677,
section 2.2, measured in steps.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import keras

from models.tensor import Tensor
from models.training import schedule_config


def build(
    schedule: schedule_config.Schedule, peak: float, steps: int, first: int = 0
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Build the schedule of a training.

    Args:
        schedule: Shape and warm-up.
        peak: Highest learning rate, reached after the warm-up.
        steps: Steps of the whole training, at least 1.
        first: Step of the whole training that is step 0 of the optimizer.

    Returns:
        A schedule over steps 0 to `steps`. With `w` warm-up steps, step `t < w` has
        `peak * (t + 1) / w`, so the first step already learns (`one_cycle`: half a cosine from
        `start * peak`); after it, with `p = (t - w) / (steps - w)`, the rate is `peak`
        (constant), `peak * (1 - p)` (linear), `peak * (1 + cos(pi * p)) / 2` (cosine, one_cycle)
        `peak * sqrt(w / t)` (inverse_root) or `peak` times `factor` for each point of `at` that
        lies before `t / steps` (step).
    """
    warmup_steps = round(schedule.warmup * steps)
    return WarmUpThenDecay(peak, dataclasses.asdict(schedule), warmup_steps, steps, first)


@keras.saving.register_keras_serializable(package="maru")
class WarmUpThenDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A rise, then one of the `FALLS`.

    Args:
        peak: Highest learning rate.
        schedule: Fields of the schedule; `kind` is a key of `FALLS`.
        warmup_steps: Steps of the rise, below `steps`.
        steps: Steps of the whole training.
        first: Step of the whole training that is step 0 here.
    """

    def __init__(
        self,
        peak: float,
        schedule: dict[str, Any],
        warmup_steps: int,
        steps: int,
        first: int = 0,
    ) -> None:
        super().__init__()
        self.peak = peak
        self.schedule = schedule
        self.warmup_steps = warmup_steps
        self.steps = steps
        self.first = first

    def __call__(self, step: Tensor) -> Tensor:
        """Learning rate of a step, scalar float32."""
        step = keras.ops.cast(step, "float32") + self.first
        rising = (step + 1) / max(self.warmup_steps, 1)
        if self.schedule["kind"] == "one_cycle":
            start = self.schedule["start"]
            angle = math.pi * step / max(self.warmup_steps, 1)
            rising = start + (1 - start) * (1 - keras.ops.cos(angle)) / 2
        progress = (step - self.warmup_steps) / max(self.steps - self.warmup_steps, 1)
        fall = FALLS[self.schedule["kind"]]
        falling = fall(keras.ops.clip(progress, 0.0, 1.0), step / self.steps, self.schedule)
        return self.peak * keras.ops.where(step < self.warmup_steps, rising, falling)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {
            "peak": self.peak,
            "schedule": self.schedule,
            "warmup_steps": self.warmup_steps,
            "steps": self.steps,
            "first": self.first,
        }


def _cosine(progress: Tensor, share: Tensor, schedule: Mapping[str, Any]) -> Tensor:
    return (1 + keras.ops.cos(math.pi * progress)) / 2


def _drops(progress: Tensor, share: Tensor, schedule: Mapping[str, Any]) -> Tensor:
    passed = sum(keras.ops.cast(share >= point, "float32") for point in schedule["at"])
    return schedule["factor"] ** passed


def _inverse_root(progress: Tensor, share: Tensor, schedule: Mapping[str, Any]) -> Tensor:
    warmup = schedule["warmup"]
    return (warmup / keras.ops.maximum(share, warmup)) ** 0.5


FALLS = {
    "constant": lambda progress, share, schedule: keras.ops.ones_like(progress),
    "cosine": _cosine,
    "inverse_root": _inverse_root,
    "linear": lambda progress, share, schedule: 1 - progress,
    "one_cycle": _cosine,
    "step": _drops,
}
"""Share of the peak by kind: of the progress after the warm-up, the share of all steps and the
schedule's fields."""
