"""The optimizer that a training config describes."""

import dataclasses

import keras

from models.training import schedules
from models.training.config import TrainingConfig

OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def build(training: TrainingConfig, steps: int) -> keras.optimizers.Optimizer:
    """Build a fresh optimizer.

    Args:
        training: Update rule, learning rate, schedule and clipping.
        steps: Steps of the whole training, which the schedule spans.

    Returns:
        The optimizer. With `adamw`, biases and the scale and shift of normalisations do not
        decay, as in the BERT recipe (Devlin et al. 2018, https://arxiv.org/abs/1810.04805).
    """
    fields = dataclasses.asdict(training.optimizer)
    optimizer = OPTIMIZERS[fields.pop("kind")](
        learning_rate=schedules.build(training.schedule, training.learning_rate, steps),
        global_clipnorm=training.clip_norm,
        **fields,
    )
    if "weight_decay" in fields:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
