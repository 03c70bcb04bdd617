"""Where LSTM and GRU layers may compute with cuDNN: in training, and nowhere else.

On a machine with a GPU, Keras traces such a layer as one operation of cuDNN, many times faster than
a loop over the tokens. No CPU runs that operation, XLA does not compile it, and its arithmetic
cannot be counted, so models are built without it and exported without it.
"""

from __future__ import annotations

import keras


def allow(model: keras.layers.Layer, is_allowed: bool) -> None:
    """Let a recurrent layer, or those of a model, use cuDNN from the next tracing on, or not.

    Keras uses it if a layer has the activations of its paper and there is a GPU.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.LSTM | keras.layers.GRU):
            layer.use_cudnn = "auto" if is_allowed else False
            layer.supports_jit = not is_allowed
