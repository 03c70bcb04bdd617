"""Classifier on top of any Hub module that turns texts into vectors.

Source: the interface "Text embedding",
https://www.tensorflow.org/hub/common_saved_model_apis/text: a batch of strings in,
`(batch, dim)` out.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import keras

from models.backbone import Backbone
from models.encoder import Encoder
from models.hub import vectors
from models.hub.config import HubModelConfig
from models.text import segments


@dataclasses.dataclass(frozen=True, kw_only=True)
class HubTextConfig(HubModelConfig):
    """A text module and how it is fine-tuned."""

    kind: Literal["hub_text"] = "hub_text"
    """Name of this model."""


def build(config: HubTextConfig) -> Backbone:
    """Build the network with the module's weights.

    Args:
        config: Module and fine-tuning.

    Returns:
        The backbone, of `text` `(batch,)` string. Layer `features` gives the module's vector; layer
        `backbone` is the module.

    Raises:
        ValueError: If the module cannot be used or does not turn texts into vectors.
        ConnectionError: If it must be fetched and cannot be.
    """
    text = keras.Input((), dtype="string", name="text")
    return Backbone("hub_text", {"text": text}, vectors.read(text, config))


def encoder(config: HubTextConfig) -> Encoder:
    """Return the encoder: the text `(batch,)` string as it is; the module does the rest."""
    return Encoder(lambda features: {"text": segments.joined(features)})
