"""How a model is trained: everything under `training:` in the YAML.

Needs neither Keras nor TensorFlow.
"""

from __future__ import annotations

import dataclasses
import difflib
from typing import Annotated, Any, Literal

import pydantic


def _check_share(field: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"`{field}` must be in [0, 1). Received: {field}={value}")


@dataclasses.dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent with momentum."""

    kind: Literal["sgd"] = "sgd"
    """Name of this optimizer."""
    momentum: float = 0.9
    """Share of the last update that is kept, in [0, 1)."""
    nesterov: bool = False
    """Whether the gradient is taken after the momentum step."""

    def __post_init__(self) -> None:
        _check_share("momentum", self.momentum)


@dataclasses.dataclass(frozen=True)
class Adam:
    """Adam, Kingma and Ba (2014), https://arxiv.org/abs/1412.6980."""

    kind: Literal["adam"] = "adam"
    """Name of this optimizer."""
    beta_1: float = 0.9
    """Decay of the mean gradient, in [0, 1)."""
    beta_2: float = 0.999
    """Decay of the mean squared gradient, in [0, 1)."""

    def __post_init__(self) -> None:
        _check_share("beta_1", self.beta_1)
        _check_share("beta_2", self.beta_2)


@dataclasses.dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay, Loshchilov and Hutter (2017), arXiv:1711.05101."""

    kind: Literal["adamw"] = "adamw"
    """Name of this optimizer."""
    weight_decay: float = 0.01
    """Share of a weight removed per step and unit of learning rate, at least 0; biases and
    normalisation parameters do not decay."""
    beta_1: float = 0.9
    """Decay of the mean gradient, in [0, 1)."""
    beta_2: float = 0.999
    """Decay of the mean squared gradient, in [0, 1)."""

    def __post_init__(self) -> None:
        _check_share("beta_1", self.beta_1)
        _check_share("beta_2", self.beta_2)
        if self.weight_decay < 0:
            raise ValueError(
                "`weight_decay` must be at least 0. "
                f"Received: weight_decay={self.weight_decay}. For none, use `optimizer: adam`."
            )


@dataclasses.dataclass(frozen=True)
class RMSprop:
    """Gradient divided by a running mean of its magnitude (Hinton, lecture 6e, 2012)."""

    kind: Literal["rmsprop"] = "rmsprop"
    """Name of this optimizer."""
    rho: float = 0.9
    """Decay of the mean squared gradient, in [0, 1)."""
    momentum: float = 0.0
    """Share of the last update that is kept, in [0, 1)."""

    def __post_init__(self) -> None:
        _check_share("rho", self.rho)
        _check_share("momentum", self.momentum)


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Course of the learning rate over all steps of the training."""

    kind: Literal["constant", "cosine", "linear"] = "constant"
    """Shape after the warm-up: the full rate throughout, half a cosine to 0, or a line to 0."""
    warmup: float = 0.0
    """Share of all steps in which the rate first rises linearly, in [0, 1)."""

    def __post_init__(self) -> None:
        _check_share("warmup", self.warmup)


@dataclasses.dataclass(frozen=True)
class EarlyStopping:
    """Stop when the validation loss stops falling, and keep the best weights."""

    patience: int = 3
    """Epochs without a new lowest validation loss after which training ends, at least 1."""

    def __post_init__(self) -> None:
        if self.patience < 1:
            raise ValueError(
                f"`patience` must be at least 1 epoch. Received: patience={self.patience}. "
                "To train all epochs, leave out `early_stopping`."
            )


OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
SCHEDULES = ("constant", "cosine", "linear")


def _expand_kind(names: tuple[str, ...], what: str, shape: Any) -> pydantic.BeforeValidator:
    """Accept a name where a mapping with that `kind` is meant: `optimizer: adamw`."""

    def expand(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value not in names:
            close = difflib.get_close_matches(value, names, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"Unknown {what} {value!r}.{hint} Known: {', '.join(names)}")
        return {"kind": value}

    return pydantic.BeforeValidator(expand, json_schema_input_type=Literal[names] | shape)


_AnyOptimizer = Annotated[SGD | Adam | AdamW | RMSprop, pydantic.Discriminator("kind")]
Optimizer = Annotated[_AnyOptimizer, _expand_kind(OPTIMIZERS, "optimizer", _AnyOptimizer)]


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How long, how fast and with what a model is trained."""

    epochs: int = 10
    """Passes over the training examples, at least 1; fewer if `early_stopping` ends it."""
    batch_size: int = 32
    """Examples per step, at least 1."""
    learning_rate: float = 1e-3
    """Highest learning rate, above 0; `schedule` lowers it."""
    optimizer: Optimizer = Adam()
    """Update rule: a name, or a mapping of `kind` and its own fields."""
    schedule: Annotated[Schedule, _expand_kind(SCHEDULES, "schedule", Schedule)] = Schedule()
    """Course of the learning rate: a name, or a mapping of `kind` and `warmup`."""
    early_stopping: EarlyStopping | None = None
    """When to stop before `epochs`; absent: never, and the last weights are kept."""
    clip_norm: float | None = None
    """Largest norm of all gradients together, above 0; absent: no clipping."""
    seed: int = 0
    """Seed of weights, dropout and the order of examples, at least 0."""
    cache_mib: int = 512
    """Memory in MiB that prepared examples of one split may fill, at least 0; a larger split is
    prepared anew each epoch."""

    def __post_init__(self) -> None:
        for field, minimum in (("epochs", 1), ("batch_size", 1), ("seed", 0), ("cache_mib", 0)):
            value = getattr(self, field)
            if value < minimum:
                raise ValueError(f"`{field}` must be at least {minimum}. Received: {field}={value}")
        if self.learning_rate <= 0:
            raise ValueError(
                f"`learning_rate` must be above 0. Received: learning_rate={self.learning_rate}"
            )
        if self.clip_norm is not None and self.clip_norm <= 0:
            raise ValueError(
                f"`clip_norm` must be above 0. Received: clip_norm={self.clip_norm}. "
                "For no clipping, leave it out."
            )
