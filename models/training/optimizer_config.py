"""Update rules and their fields: `training.optimizer` in the YAML."""

from __future__ import annotations

import dataclasses
from typing import Literal

from models.bounds import NotNegative, Share


@dataclasses.dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent with momentum."""

    kind: Literal["sgd"] = "sgd"
    """Name of this optimizer."""
    momentum: Share = 0.9
    """Share of the last update that is kept, in [0, 1)."""
    nesterov: bool = False
    """Whether the gradient is taken after the momentum step."""
    weight_decay: NotNegative = 0.0
    """As in `adamw`."""


@dataclasses.dataclass(frozen=True)
class Adam:
    """Adam, Kingma and Ba (2014), https://arxiv.org/abs/1412.6980."""

    kind: Literal["adam"] = "adam"
    """Name of this optimizer."""
    beta_1: Share = 0.9
    """Decay of the mean gradient, in [0, 1)."""
    beta_2: Share = 0.999
    """Decay of the mean squared gradient, in [0, 1)."""


@dataclasses.dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay, Loshchilov and Hutter (2017), arXiv:1711.05101."""

    kind: Literal["adamw"] = "adamw"
    """Name of this optimizer."""
    weight_decay: NotNegative = 0.01
    """Share of a weight removed per step and unit of learning rate, at least 0; biases and
    normalisation parameters do not decay."""
    beta_1: Share = 0.9
    """Decay of the mean gradient, in [0, 1)."""
    beta_2: Share = 0.999
    """Decay of the mean squared gradient, in [0, 1)."""


@dataclasses.dataclass(frozen=True)
class Lamb:
    """Adam with a rate for each weight array by its norm, for large batches.

    You et al. (2019), https://arxiv.org/abs/1904.00962, algorithm 2, as Keras has it: weight decay
    is decoupled as in `adamw` and does not enter the norms' ratio.
    """

    kind: Literal["lamb"] = "lamb"
    """Name of this optimizer."""
    weight_decay: NotNegative = 0.01
    """As in `adamw`."""
    beta_1: Share = 0.9
    """Decay of the mean gradient, in [0, 1)."""
    beta_2: Share = 0.999
    """Decay of the mean squared gradient, in [0, 1)."""


@dataclasses.dataclass(frozen=True)
class Adafactor:
    """Rates by the size of each weight array, squared gradients kept by row and column.

    Shazeer and Stern (2018), https://arxiv.org/abs/1804.04235, algorithm 4, as Keras has it. The
    learning rate is a share of a weight array's root mean square, T5's is 0.01, and never above 1
    by the root of the steps done.
    """

    kind: Literal["adafactor"] = "adafactor"
    """Name of this optimizer."""


@dataclasses.dataclass(frozen=True)
class RMSprop:
    """Gradient divided by a running mean of its magnitude (Hinton, lecture 6e, 2012)."""

    kind: Literal["rmsprop"] = "rmsprop"
    """Name of this optimizer."""
    rho: Share = 0.9
    """Decay of the mean squared gradient, in [0, 1)."""
    momentum: Share = 0.0
    """Share of the last update that is kept, in [0, 1)."""


@dataclasses.dataclass(frozen=True)
class Lion:
    """Sign of the momentum, Chen et al. (2023), https://arxiv.org/abs/2302.06675.

    Its learning rate is a third to a tenth of AdamW's, its decay three to ten times as large.
    """

    kind: Literal["lion"] = "lion"
    """Name of this optimizer."""
    weight_decay: NotNegative = 0.03
    """As in `adamw`."""
    beta_1: Share = 0.9
    """Share of the momentum in the update, in [0, 1)."""
    beta_2: Share = 0.99
    """Decay of the momentum, in [0, 1)."""


Decaying = AdamW | Lamb | Lion | SGD
"""Those that can let weights decay: with a field `weight_decay`."""
OPTIMIZERS = {
    "adafactor": Adafactor,
    "adam": Adam,
    "adamw": AdamW,
    "lamb": Lamb,
    "lion": Lion,
    "rmsprop": RMSprop,
    "sgd": SGD,
}
"""Update rules by name."""
