"""Learning rate as a function of the step.

Source of the cosine: Loshchilov and Hutter (2016), "SGDR", https://arxiv.org/abs/1608.03983,
equation 5 without restarts. The linear warm-up is that of Goyal et al. (2017),
https://arxiv.org/abs/1706.02677, section 2.2, measured in steps.
"""

import keras

from models.training.config import Schedule


def build(
    schedule: Schedule, peak: float, steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Build the schedule of a training.

    Args:
        schedule: Shape and warm-up.
        peak: Highest learning rate, reached after the warm-up.
        steps: Steps of the whole training, at least 1.

    Returns:
        A schedule over steps 0 to `steps`. With `w` warm-up steps, step `t < w` has
        `peak * (t + 1) / w`, so the first step already learns; after it, with
        `p = (t - w) / (steps - w)`, the rate is `peak` (constant),
        `peak * (1 - p)` (linear) or `peak * (1 + cos(pi * p)) / 2` (cosine).
    """
    return WarmUp(peak, schedule.kind, round(schedule.warmup * steps), steps)


@keras.saving.register_keras_serializable(package="maru")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise, then one of the `SHAPES`.

    Args:
        peak: Highest learning rate.
        shape: Key of `SHAPES`.
        warmup_steps: Steps of the rise, below `steps`.
        steps: Steps of the whole training.
    """

    def __init__(self, peak: float, shape: str, warmup_steps: int, steps: int) -> None:
        super().__init__()
        self.peak = peak
        self.shape = shape
        self.warmup_steps = warmup_steps
        self.steps = steps

    def __call__(self, step):
        """Learning rate of a step, scalar float32."""
        step = keras.ops.cast(step, "float32")
        rising = (step + 1) / max(self.warmup_steps, 1)
        progress = (step - self.warmup_steps) / max(self.steps - self.warmup_steps, 1)
        falling = SHAPES[self.shape](keras.ops.clip(progress, 0.0, 1.0))
        return self.peak * keras.ops.where(step < self.warmup_steps, rising, falling)

    def get_config(self):
        """Arguments of the constructor."""
        return {
            "peak": self.peak,
            "shape": self.shape,
            "warmup_steps": self.warmup_steps,
            "steps": self.steps,
        }


SHAPES = {
    "constant": lambda progress: keras.ops.ones_like(progress),
    "cosine": lambda progress: (1 + keras.ops.cos(3.141592653589793 * progress)) / 2,
    "linear": lambda progress: 1 - progress,
}
