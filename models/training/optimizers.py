"""The optimizer that a training config describes."""

import dataclasses

import keras

from models.training import schedules
from models.training.config import TrainingConfig

OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "lion": keras.optimizers.Lion,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def build(training: TrainingConfig, steps: int) -> keras.optimizers.Optimizer:
    """Build a fresh optimizer.

    Args:
        training: Update rule, learning rate, schedule and clipping.
        steps: Steps of the whole training, which the schedule spans.

    Returns:
        The optimizer. Biases and the scale and shift of normalisations do not decay, as in the
        BERT recipe (Devlin et al. 2018, https://arxiv.org/abs/1810.04805).
    """
    fields = dataclasses.asdict(training.optimizer)
    # Updates are what Keras counts when it accumulates.
    updates = max(1, steps // training.accumulate)
    optimizer = OPTIMIZERS[fields.pop("kind")](
        learning_rate=schedules.build(training.schedule, training.learning_rate, updates),
        global_clipnorm=training.clip_norm,
        use_ema=training.averaging is not None,
        ema_momentum=training.averaging or 0.0,
        gradient_accumulation_steps=training.accumulate if training.accumulate > 1 else None,
        **{
            name: value or None if name == "weight_decay" else value
            for name, value in fields.items()
        },
    )
    if fields.get("weight_decay"):
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
