"""Where and in which arithmetic a model is trained."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence

import keras
import tensorflow as tf

_LOGGER = logging.getLogger(__name__)


def strategy(devices: str, names: Sequence[str] | None = None) -> tf.distribute.Strategy:
    """How TensorFlow spreads a training over devices.

    Build, compile and fit the model in the strategy's `scope()`.

    Args:
        devices: `one` or `all`.
        names: Devices that `all` means; None: every GPU of this machine.

    Returns:
        A mirrored strategy over at least two devices, otherwise TensorFlow's default.
    """
    if devices == "one":
        return tf.distribute.get_strategy()
    names = names or [gpu.name for gpu in tf.config.list_logical_devices("GPU")]
    if len(names) < 2:
        _LOGGER.warning("`training.devices: all` found %d GPUs; training on one device", len(names))
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy(names)


@contextlib.contextmanager
def precision(name: str) -> Iterator[None]:
    """Build layers of a dtype policy: `float32`, `mixed_bfloat16` or `mixed_float16`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
