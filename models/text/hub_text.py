"""Classifier on top of any Hub module that turns texts into vectors.

Source: the interface "Text embedding",
https://www.tensorflow.org/hub/common_saved_model_apis/text: a batch of strings in,
`(batch, dim)` out.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import keras

from models.encoder import Encoder
from models.hub import classifier
from models.hub.config import HubModelConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class HubTextConfig(HubModelConfig):
    """A text module and how it is fine-tuned."""

    kind: Literal["hub_text"] = "hub_text"
    """Name of this model."""


def build(config: HubTextConfig, num_classes: int) -> keras.Model:
    """Build the classifier with the module's weights and a fresh head.

    Args:
        config: Module and fine-tuning.
        num_classes: Number of labels, at least 2.

    Returns:
        A model mapping `text` `(batch,)` string to `logits` `(batch, num_classes)` float32. Layer
        `features` gives the module's vector; layer `backbone` is the module.

    Raises:
        ValueError: If the module cannot be used or does not turn texts into vectors.
        ConnectionError: If it must be fetched and cannot be.
    """
    text = keras.Input((), dtype="string", name="text")
    logits = classifier.classify(text, config, num_classes)
    return keras.Model({"text": text}, logits, name="hub_text")


def encoder(config: HubTextConfig) -> Encoder:
    """Return the encoder: `text` `(batch,)` string as it is; the module does the rest."""
    return Encoder(lambda features: {"text": features["text"]})
