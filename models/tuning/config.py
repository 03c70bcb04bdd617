"""What a search over the fields of a config is."""

import dataclasses
from typing import Literal

Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...] | None


@dataclasses.dataclass(frozen=True)
class SearchRange:
    """Values one field may take: exactly one of `values`, `linear` or `log`."""

    values: tuple[Value, ...] | None = None
    """A list to choose from: numbers, words, `true`, `null` or lists, also mixed."""
    linear: tuple[int | float, int | float] | None = None
    """Lowest and highest value, sampled evenly; two whole numbers give whole numbers."""
    log: tuple[int | float, int | float] | None = None
    """Lowest and highest value, both above 0, sampled evenly in the logarithm."""
    step: int | float | None = None
    """Distance of neighbours in `linear`, above 0; factor in `log`, above 1; whole between whole
    numbers."""

    def __post_init__(self) -> None:
        given = [name for name in ("values", "linear", "log") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                "needs exactly one of `values: [a, b, c]`, `linear: [low, high]` or "
                f"`log: [low, high]`. Received: {given or 'none'}"
            )
        bounds = self.linear or self.log
        if self.values is not None and len(self.values) == 0:
            raise ValueError("`values` is empty; give at least one value to try.")
        if bounds and bounds[0] >= bounds[1]:
            raise ValueError(f"needs low < high. Received: {list(bounds)}")
        if self.log and self.log[0] <= 0:
            raise ValueError(f"`log` needs bounds above 0. Received: {list(self.log)}")
        if self.step is not None:
            self._check_step(self.step, bounds)

    def _check_step(self, step: int | float, bounds: tuple[int | float, ...] | None) -> None:
        if bounds is None:
            raise ValueError(
                f"`values` are tried as they are, without `step`. Received: step={step}. Leave it "
                "out, or give `linear: [low, high]` or `log: [low, high]`."
            )
        if step <= 0:
            raise ValueError(f"`step` must be above 0. Received: step={step}")
        if self.log and step <= 1:
            raise ValueError(
                f"`step` is a factor in `log`, so it must be above 1. Received: step={step}"
            )
        if all(isinstance(bound, int) for bound in bounds) and step % 1:
            raise ValueError(
                f"between whole numbers `step` must be whole, too. Received: step={step} with "
                f"{list(bounds)}. For other values write the bounds with a point, as in "
                f"[{bounds[0]}.0, {bounds[1]}.0]."
            )


@dataclasses.dataclass(frozen=True)
class TuningConfig:
    """Which fields are searched, how, and for what."""

    space: dict[str, SearchRange]
    """Dotted field of `model`, `training` or `augmentation` to the values it may take; operations
    are counted from 0, as in `augmentation.0.degrees`."""
    algorithm: Literal["random", "grid", "bayesian", "hyperband"] = "random"
    """How the next trial is chosen. Hyperband gives weak trials fewer epochs."""
    trials: int = 10
    """Number of trials at most; hyperband decides by itself."""
    objective: Literal["val_accuracy", "val_loss"] = "val_accuracy"
    """What the best trial is best at, on the eval split."""
    seed: int = 1337
    """Seed of the choice of trials."""
    workers: int = 1
    """Processes that run trials at the same time, each with its share of the processor's cores; 1
    runs them one after another without further processes."""

    def __post_init__(self) -> None:
        if not self.space:
            raise ValueError("`space` is empty; name at least one field to search.")
        for field in ("trials", "workers"):
            if getattr(self, field) < 1:
                raise ValueError(f"`{field}` must be at least 1. Received: {getattr(self, field)}")
        if self.algorithm == "hyperband" and "training.epochs" in self.space:
            raise ValueError(
                "`algorithm: hyperband` gives each trial its epochs itself, `training.epochs` at "
                "most. Received: training.epochs in `space`. Leave it out, or choose another "
                "algorithm."
            )
        for path in self.space:
            if not path.startswith(("model.", "training.", "augmentation.")):
                raise ValueError(
                    "`space` may search fields of `model` and `training`, and of operations, as in "
                    f"`training.learning_rate` or `augmentation.0.degrees`. Received: {path!r}"
                )
