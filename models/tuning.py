"""Search over the fields of a config with KerasTuner."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, Literal

import keras_tuner

Scalar = bool | int | float | str


@dataclasses.dataclass(frozen=True)
class SearchRange:
    """Values one field may take: exactly one of `values`, `linear` or `log`."""

    values: tuple[Scalar, ...] | None = None
    """A list to choose from."""
    linear: tuple[int | float, int | float] | None = None
    """Lowest and highest value, sampled evenly; two whole numbers give whole numbers."""
    log: tuple[int | float, int | float] | None = None
    """Lowest and highest value, both above 0, sampled evenly in the logarithm."""
    step: int | float | None = None
    """Distance of neighbours in `linear`, factor in `log`."""

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


@dataclasses.dataclass(frozen=True)
class TuningConfig:
    """Which fields are searched, how, and for what."""

    space: dict[str, SearchRange]
    """Dotted field of `model` or `training` to the values it may take."""
    algorithm: Literal["random", "grid", "bayesian", "hyperband"] = "random"
    """How the next trial is chosen. Hyperband gives weak trials fewer epochs."""
    trials: int = 10
    """Number of trials at most; hyperband decides by itself."""
    objective: Literal["val_accuracy", "val_loss"] = "val_accuracy"
    """What the best trial is best at, on the eval split."""
    seed: int = 1337
    """Seed of the choice of trials."""

    def __post_init__(self) -> None:
        if not self.space:
            raise ValueError("`space` is empty; name at least one field to search.")
        if self.trials < 1:
            raise ValueError(f"`trials` must be at least 1. Received: {self.trials}")
        for path in self.space:
            if not path.startswith(("model.", "training.")):
                raise ValueError(
                    "`space` may search fields of `model` and `training`, as in "
                    f"`training.learning_rate`. Received: {path!r}"
                )


def declare(space: Mapping[str, SearchRange], hp: keras_tuner.HyperParameters) -> dict[str, Any]:
    """Register the space on `hp`; the values it chose, by dotted path."""
    return {path: _declare_one(path, searched, hp) for path, searched in space.items()}


def _declare_one(path: str, searched: SearchRange, hp: keras_tuner.HyperParameters) -> Any:
    if searched.values is not None:
        return hp.Choice(path, list(searched.values))
    low, high = searched.linear or searched.log or (0, 0)
    sampling = "log" if searched.log else "linear"
    if isinstance(low, int) and isinstance(high, int):
        return hp.Int(path, low, high, step=searched.step, sampling=sampling)
    return hp.Float(path, low, high, step=searched.step, sampling=sampling)


def build_tuner(
    config: TuningConfig,
    hypermodel: keras_tuner.HyperModel,
    directory: pathlib.Path,
    max_epochs: int,
) -> keras_tuner.Tuner:
    """The tuner of `config.algorithm`, resuming from `directory` if it holds trials.

    Args:
        config: What is searched.
        hypermodel: Builds and fits one trial.
        directory: Where trials are kept.
        max_epochs: Longest a trial may train.
    """
    direction = "max" if config.objective == "val_accuracy" else "min"
    common = {
        "objective": keras_tuner.Objective(config.objective, direction),
        "directory": str(directory),
        "project_name": "trials",
        "seed": config.seed,
    }
    return _ALGORITHMS[config.algorithm](config, hypermodel, common, max_epochs)


def _random(config, hypermodel, common, max_epochs) -> keras_tuner.Tuner:
    return keras_tuner.RandomSearch(hypermodel, max_trials=config.trials, **common)


def _grid(config, hypermodel, common, max_epochs) -> keras_tuner.Tuner:
    return keras_tuner.GridSearch(hypermodel, max_trials=config.trials, **common)


def _bayesian(config, hypermodel, common, max_epochs) -> keras_tuner.Tuner:
    return keras_tuner.BayesianOptimization(hypermodel, max_trials=config.trials, **common)


def _hyperband(config, hypermodel, common, max_epochs) -> keras_tuner.Tuner:
    return keras_tuner.Hyperband(hypermodel, max_epochs=max_epochs, **common)


_ALGORITHMS: dict[str, Callable[..., keras_tuner.Tuner]] = {
    "random": _random,
    "grid": _grid,
    "bayesian": _bayesian,
    "hyperband": _hyperband,
}
