"""What a search over the fields of a config is."""

import dataclasses
import math
from typing import Annotated, Any, Literal

import pydantic
from annotated_types import Ge, Gt, Le, MinLen

from models.bounds import Count

Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...] | None
_Ends = tuple[int | float, int | float]
MAX_SEED = 2**32 - 2
"""Largest seed of a search."""
_ROUNDING = 1e-9
"""Steps by which rounding may miss the end of a range."""


def _check_distinct(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Refuse a value that is named twice."""
    kinds = [_identity(value) for value in values]  # No set: lists have no hash.
    twice = [value for i, value in enumerate(values) if kinds[i] in kinds[:i]]
    if twice:
        raise ValueError(
            "must be different from each other, as each is tried by itself. "
            f"Received: {twice[0]!r} more than once in {list(values)}"
        )
    return values


def _check_ends(ends: _Ends) -> _Ends:
    """Refuse a range without anything inside."""
    if ends[0] >= ends[1]:
        raise ValueError(f"needs low < high. Received: {list(ends)}")
    return ends


def _check_positive(ends: _Ends) -> _Ends:
    """Refuse a range that has no logarithms."""
    if ends[0] <= 0:
        raise ValueError(f"needs both ends above 0. Received: {list(ends)}")
    return ends


@dataclasses.dataclass(frozen=True)
class SearchRange:
    """Values one field may take: exactly one of `values`, `linear` or `log`."""

    values: (
        Annotated[
            tuple[Value, ...],
            MinLen(1),
            pydantic.AfterValidator(_check_distinct),
            "Give at least one value to try.",
        ]
        | None
    ) = None
    """A list to choose from: numbers, words, `true`, `null` or lists, also mixed."""
    linear: Annotated[_Ends, pydantic.AfterValidator(_check_ends)] | None = None
    """Lowest and highest value, sampled evenly; two whole numbers give whole numbers."""
    log: (
        Annotated[
            _Ends, pydantic.AfterValidator(_check_ends), pydantic.AfterValidator(_check_positive)
        ]
        | None
    ) = None
    """Lowest and highest value, both above 0, sampled evenly in the logarithm."""
    step: Annotated[int | float, Gt(0)] | None = None
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


def _check_path(path: str) -> str:
    """Refuse a path into another section than those that a trial can vary."""
    if not path.startswith(("model.", "training.", "augmentation.")):
        raise ValueError(
            "only fields of `model` and `training`, and of operations, are searched, as in "
            f"`training.learning_rate` or `augmentation.0.degrees`. Received: {path!r}"
        )
    return path


@dataclasses.dataclass(frozen=True)
class TuningConfig:
    """Which fields are searched, how, and for what."""

    space: Annotated[
        dict[Annotated[str, pydantic.AfterValidator(_check_path)], SearchRange],
        MinLen(1),
        "Name at least one field to search.",
    ]
    """Dotted field of `model`, `training` or `augmentation` to the values it may take; operations
    are counted from 0, as in `augmentation.0.degrees`."""
    algorithm: Literal["random", "grid", "bayesian", "hyperband"] = "random"
    """How the next trial is chosen. Hyperband gives weak trials fewer epochs."""
    trials: Count = 10
    """Number of trials at most; hyperband decides by itself."""
    objective: str | None = None
    """What the best trial is best at, on the eval split: `val_loss`, or what the task watches, such
    as `val_accuracy`; default: the task's first."""
    seed: Annotated[int, Ge(0), Le(MAX_SEED)] = 1337
    """Seed of the choice of trials, from 0 to 2 ** 32 - 2."""
    workers: Count = 1
    """Processes that run trials at the same time, each with its share of the processor's cores; 1
    runs them one after another without further processes."""

    def __post_init__(self) -> None:
        if self.algorithm == "grid":
            self._check_grid()
        if self.algorithm == "hyperband" and "training.epochs" in self.space:
            raise ValueError(
                "`algorithm: hyperband` gives each trial its epochs itself, `training.epochs` at "
                "most. Received: training.epochs from "
                f"{list(self.space['training.epochs'].ends)} in `space`. Leave it out, or choose "
                "another algorithm."
            )

    def _check_grid(self) -> None:
        for path, searched in self.space.items():
            if not searched.has_every_value_named():
                raise ValueError(
                    "`algorithm: grid` tries every combination, so a range needs a `step`. "
                    f"Received: {path} from {list(searched.linear or searched.log or ())} without "
                    "one. Give `step` or `values`, or choose another algorithm."
                )
