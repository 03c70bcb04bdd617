"""The optimizer that a training config describes."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import keras

from models.tensor import Tensor
from models.training import schedules
from models.training.config import TrainingConfig

if TYPE_CHECKING:
    _Optimizer: TypeAlias = keras.optimizers.Optimizer
else:
    _Optimizer = object  # A mixin: what it is put before in the bases of a class is an optimizer.


class _PerWeight(_Optimizer):
    """Before an optimizer in the bases of a class: weights with rates of their own.

    The rate is scaled, not the gradient: Adam and its kin divide by the gradients' size, so that
    they would undo it. Decoupled weight decay is scaled with the rate, as in parameter groups of
    other frameworks.

    Args:
        factors: Factor of the learning rate by `id` of a weight; others have 1.
        **arguments: The optimizer's.
    """

    weight_decay: float | None

    def __init__(self, factors: Mapping[int, float], **arguments: Any) -> None:
        super().__init__(**arguments)
        self._factor_by_id = dict(factors)
        self._factors: list[float] = []

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the optimizer's own variables."""
        super().build(variables)
        self._factors = [self._factor_by_id.get(id(variable), 1.0) for variable in variables]

    def update_step(
        self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor
    ) -> None:
        """Update one weight at its own rate."""
        factor = self._factors[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * factor)

    def _apply_weight_decay(self, variables: Sequence[keras.Variable]) -> None:
        if self.weight_decay is None:
            return
        decay = self.weight_decay
        for variable in variables:
            self.weight_decay = decay * self._factors[self._get_variable_index(variable)]
            super()._apply_weight_decay([variable])
        self.weight_decay = decay


OPTIMIZERS = {
    "adafactor": keras.optimizers.Adafactor,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "lamb": keras.optimizers.Lamb,
    "lion": keras.optimizers.Lion,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def build(
    training: TrainingConfig,
    steps: int,
    first: int = 0,
    factors: Mapping[int, float] | None = None,
) -> keras.optimizers.Optimizer:
    """Build a fresh optimizer.

    Args:
        training: Update rule, learning rate, schedule and clipping.
        steps: Steps of the whole training, which the schedule spans.
        first: Step of the whole training that is the optimizer's first.
        factors: Factor of the learning rate by `id` of a weight; others have 1.

    Returns:
        The optimizer. Biases and the scale and shift of normalisations do not decay, as in the
        BERT recipe (Devlin et al. 2018, https://arxiv.org/abs/1810.04805).
    """
    fields = dataclasses.asdict(training.optimizer)
    kind = fields.pop("kind")
    if fields.get("weight_decay") == 0 and kind != "adamw":  # Keras's insists on a number.
        fields["weight_decay"] = None
    optimizer = _maker(OPTIMIZERS[kind], factors)(
        # Keras counts every step here, also those that only accumulate.
        learning_rate=schedules.build(training.schedule, training.learning_rate, steps, first),
        global_clipnorm=training.clip_norm,
        gradient_accumulation_steps=training.accumulate if training.accumulate > 1 else None,
        **fields,
    )
    if fields.get("weight_decay"):
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _maker(kind: type, factors: Mapping[int, float] | None) -> Callable[..., Any]:
    if not factors:
        return kind
    return functools.partial(type(kind.__name__, (_PerWeight, kind), {}), factors)
