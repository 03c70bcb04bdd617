"""From a module's input to its vector; what text and image models on modules share."""

from __future__ import annotations

import keras

from models.finetuning import config as finetuning
from models.hub.config import HubModelConfig
from models.tensor import Tensor


def read(inputs: Tensor, config: HubModelConfig) -> Tensor:
    """Apply the module, and dropout to its vector.

    Args:
        inputs: What the module takes.
        config: Module and fine-tuning.

    Returns:
        The vector `(batch, dim)` after dropout; layer `backbone` is the `HubLayer`, layer
        `features` gives its vector.

    Raises:
        ValueError: If the module cannot take the inputs or gives no vector per example.
        ConnectionError: If it must be fetched and cannot be.
    """
    from models.finetuning import course
    from models.hub.layer import HubLayer

    is_partial = isinstance(config.fine_tuning, finetuning.Partial)
    has_pattern = config.trainable_pattern is not None
    layer = HubLayer(
        config.handle,
        pattern=config.trainable_pattern,
        last_blocks=config.trainable_layers if is_partial and not has_pattern else None,
        output=config.output,
        cache_folder=config.cache_folder,
        sha256=config.sha256,
        trainable=not isinstance(config.fine_tuning, finetuning.Frozen),
        name=course.BACKBONE,
    )
    try:
        vector = layer(inputs)
    # TensorFlow refuses a wrong shape or type with either, over a page of signatures.
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The module {config.handle!r} does not take {inputs.name} {tuple(inputs.shape)} "
            f"{inputs.dtype}. It takes: {layer.describe_inputs()}. Choose another `handle`, or "
            "another `image_size` for images."
        ) from error
    if isinstance(vector, dict | list | tuple):
        raise ValueError(
            f"The module {config.handle!r} has several outputs; name one with `output`. It has: "
            f"{layer.describe_outputs()}"
        )
    if len(vector.shape) != 2 or vector.shape[1] is None:
        raise ValueError(
            f"The module {config.handle!r} must give a vector for each example, (batch, dim). "
            f"Received: {tuple(vector.shape)}. Choose another `output` or `handle`. It has: "
            f"{layer.describe_outputs()}"
        )
    x = keras.layers.Identity(name="features")(vector)
    return keras.layers.Dropout(config.dropout, name="dropout")(x)
