"""Every trainable model: its config, how it is built and what it eats.

Adding a model is one file and one line here. Importing this module touches no
attribute of Keras or TensorFlow, so a program that wants the configs alone may
defer loading them (`pipeline/lazy.py`).
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable
from typing import Any, Literal

from models.encoder import Encoder
from models.image import resnet
from models.text import pretrained, text_cnn

Recipe = Literal["token_ids", "text", "image_bytes"]


@dataclasses.dataclass(frozen=True)
class Entry:
    """What the rest of the system needs to know about one model."""

    config: type
    """Frozen dataclass of the model's fields; `kind` is its name in `MODELS`."""
    build: Callable[[Any, int], Any]
    """`build(config, num_classes)` returns an uncompiled `keras.Model` that maps a dict of inputs
    to `logits` `(batch, num_classes)` float32 and whose layer `features` gives `(batch, dim)`."""
    encoder: Callable[[Any], Encoder]
    """`encoder(config)` returns the function from transformed features to the model's inputs."""
    recipe: Recipe
    """The transformed feature the encoder reads: `token_ids` `(batch, sequence_length)` int,
    `text` `(batch,)` string or `image_bytes` `(batch,)` string."""


MODELS: dict[str, Entry] = {
    "pretrained_text": Entry(
        pretrained.PretrainedTextConfig, pretrained.build, pretrained.encoder, "text"
    ),
    "resnet": Entry(resnet.ResNetConfig, resnet.build, resnet.encoder, "image_bytes"),
    "text_cnn": Entry(text_cnn.TextCNNConfig, text_cnn.build, text_cnn.encoder, "token_ids"),
}


def lookup(name: str) -> Entry:
    """Return the entry of a model.

    Raises:
        ValueError: If there is no such model; the message names the closest one.
    """
    if name in MODELS:
        return MODELS[name]
    close = difflib.get_close_matches(name, MODELS, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"Unknown model {name!r}.{hint} Known models: {', '.join(sorted(MODELS))}")
