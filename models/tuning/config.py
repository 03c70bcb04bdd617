"""What a search over the fields of a config is."""

import dataclasses
import math
from collections.abc import Iterable
from typing import Any, Literal

Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...] | None
MAX_SEED = 2**32 - 2
"""Largest seed of a search."""
_ROUNDING = 1e-9
"""Steps by which rounding may miss the end of a range."""


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
        values = self.values or ()
        kinds = [_identity(value) for value in values]  # No set: lists have no hash.
        twice = [value for i, value in enumerate(values) if kinds[i] in kinds[:i]]
        if twice:
            raise ValueError(
                "`values` must be different from each other, as each is tried by itself. "
                f"Received: {twice[0]!r} more than once in {list(values)}"
            )
        if bounds and bounds[0] >= bounds[1]:
            raise ValueError(f"needs low < high. Received: {list(bounds)}")
        if self.log and self.log[0] <= 0:
            raise ValueError(f"`log` needs bounds above 0. Received: {list(self.log)}")
        if self.step is not None:
            self._check_step(self.step, bounds)

    def stepped(self) -> list[int | float]:
        """The values of a range with `step`, in order."""
        low, high = self.linear or self.log or (0, 0)
        step = self.step or 1
        if self.log:
            count = math.floor(math.log(high / low, step) + _ROUNDING)
            found = [low * step**index for index in range(count + 1)]
        else:
            count = math.floor((high - low) / step + _ROUNDING)
            found = [low + index * step for index in range(count + 1)]
        if isinstance(low, int) and isinstance(high, int):
            return [int(value) for value in found]
        # Sums of decimal fractions are rarely exact: 0.1 + 2 * 0.1 is meant to be 0.3.
        return [float(f"{value:.12g}") for value in found]

    @property
    def ends(self) -> tuple[Value, ...]:
        """All values that are named: the choices, or both ends of a range."""
        return self.values or self.linear or self.log or ()

    def has_every_value_named(self) -> bool:
        """Whether there is a list of all values: `values`, a `step`, or whole numbers."""
        is_whole = self.linear is not None and all(isinstance(end, int) for end in self.linear)
        return self.values is not None or self.step is not None or is_whole

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


def _identity(value: Any) -> Any:
    """Something equal for values that mean the same, as 1 and 1.0 do, but 1 and True do not."""
    if isinstance(value, (list, tuple)):
        return [_identity(item) for item in value]
    return isinstance(value, bool), value


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
    objective: str | None = None
    """What the best trial is best at, on the eval split: `val_loss`, or what the task watches, such
    as `val_accuracy`; default: the task's first."""
    seed: int = 1337
    """Seed of the choice of trials, from 0 to 2 ** 32 - 2."""
    workers: int = 1
    """Processes that run trials at the same time, each with its share of the processor's cores; 1
    runs them one after another without further processes."""

    def check(self, monitored: Iterable[str]) -> None:
        """Refuse an objective that the task does not watch.

        Args:
            monitored: What it watches.

        Raises:
            ValueError: Naming what there is.
        """
        if self.objective is not None and self.objective not in monitored:
            raise ValueError(
                f"`tuning.objective` must be one of {', '.join(monitored)}. "
                f"Received: objective={self.objective!r}"
            )

    def __post_init__(self) -> None:
        if not self.space:
            raise ValueError("`space` is empty; name at least one field to search.")
        for field in ("trials", "workers"):
            if getattr(self, field) < 1:
                raise ValueError(f"`{field}` must be at least 1. Received: {getattr(self, field)}")
        if not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"`seed` must be from 0 to 2 ** 32 - 2. Received: seed={self.seed}")
        if self.algorithm == "grid":
            self._check_grid()
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

    def _check_grid(self) -> None:
        for path, searched in self.space.items():
            if not searched.has_every_value_named():
                raise ValueError(
                    "`algorithm: grid` tries every combination, so a range needs a `step`. "
                    f"Received: {path} from {list(searched.linear or searched.log or ())} without "
                    "one. Give `step` or `values`, or choose another algorithm."
                )
