"""Classifier on top of any Hub module that turns images into vectors.

Source: the interface "Image feature vector",
https://www.tensorflow.org/hub/common_saved_model_apis/images: `(batch, height, width, 3)` with
values in [0, 1] in, `(batch, dim)` out.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import keras

from models.backbone import Backbone
from models.bounds import Count
from models.encoder import Encoder
from models.hub import vectors
from models.hub.config import HubModelConfig
from models.image.input import decode


@dataclasses.dataclass(frozen=True, kw_only=True)
class HubImageConfig(HubModelConfig):
    """An image module and how it is fine-tuned."""

    kind: Literal["hub_image"] = "hub_image"
    """Name of this model."""
    image_size: Count = 224
    """Side of the square input in pixels, as the module was published for; images are stretched
    to it."""
    pixels: Literal["unit", "signed"] = "unit"
    """Range of the pixel values that the module takes: [0, 1], as the interface says, or [-1, 1]
    as some modules do."""


def build(config: HubImageConfig) -> Backbone:
    """Build the network with the module's weights.

    Args:
        config: Module and fine-tuning.

    Returns:
        The backbone, of `image` `(batch, image_size, image_size, 3)` uint8. Layer `features` gives
        the module's vector; layer `backbone` is the module.

    Raises:
        ValueError: If the module cannot be used or does not turn such images into vectors.
        ConnectionError: If it must be fetched and cannot be.
    """
    image = keras.Input((config.image_size, config.image_size, 3), dtype="uint8", name="image")
    scale, offset = {"unit": (1 / 255, 0.0), "signed": (1 / 127.5, -1.0)}[config.pixels]
    x = keras.layers.Rescaling(scale, offset, dtype="float32", name="pixels")(image)
    return Backbone("hub_image", {"image": image}, vectors.read(x, config))


def encoder(config: HubImageConfig) -> Encoder:
    """Return the encoder: `image_bytes` `(batch,)` string to `image`, see `decode.decode`."""
    return Encoder(
        lambda features: {"image": decode.decode(features["image_bytes"], config.image_size)}
    )
