"""AlexNet: five convolutions and three dense layers.

Source: Krizhevsky, Sutskever and Hinton (2012), "ImageNet Classification with Deep
Convolutional Neural Networks", NeurIPS 25, sections 3 and 5. Differences: one device holds
both halves, the input is padded so that 224 pixels give the paper's 55x55 maps, and the
optimizer is the caller's.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import keras

from models.backbone import Backbone, recipe_head
from models.bounds import Positive
from models.image import config as image_config
from models.image.input import pixels
from models.layers import blocks
from models.recipe import Recipe
from models.tensor import Tensor

PAPER = Recipe(
    initializer="random_normal",
    initializer_std=0.01,
    activation="relu",
    normalization="none",
    dropout=0.5,
    l2=2.5e-4,  # "weight decay of 0.0005", section 5.
)
"""The paper's training choices, sections 3.1, 4.2 and 5."""


@dataclasses.dataclass(frozen=True)
class AlexNetConfig(image_config.ImageModelConfig):
    """Architecture of AlexNet."""

    kind: Literal["alexnet"] = "alexnet"
    """Name of this model."""
    pixels: image_config.Pixels = "mean_image"
    """As in the other image models; the paper subtracts the mean image."""
    stem: image_config.Stem = "imagenet"
    """First convolution: 11x11 with stride 4, or 5x5 with stride 1 for images below 64 pixels."""
    width: Positive = 1.0
    """Factor of all channel and unit numbers, above 0; 1 is the paper's network."""
    response_normalization: bool = True
    """Whether neighbouring channels inhibit each other after the first two convolutions,
    section 3.3."""

    def __post_init__(self) -> None:
        # Three poolings of 3 pixels with stride 2 leave one of 15; the large stem makes 15 of 63.
        self.check_stem(self.stem, imagenet=63, small=15)


def build(config: AlexNetConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `image` `(batch, image_size, image_size, 3)` uint8. Layer `features` gives
        the last hidden layer.
    """
    recipe = config.recipe.over(PAPER)
    image = pixels.image_input(config)
    filters = [_even(count * config.width) for count in (96, 256, 384, 384, 256)]
    units = _even(4096 * config.width)

    x = pixels.normalize(image, config)
    kernel_size, stride = (11, 4) if config.stem == "imagenet" else (5, 1)
    x = _conv(x, filters[0], kernel_size, recipe, "conv_1", stride=stride, padding=2)
    x = _normalize_and_pool(x, config, "pool_1")
    x = _conv(x, filters[1], 5, recipe, "conv_2", groups=2, bias_initializer="ones")
    x = _normalize_and_pool(x, config, "pool_2")
    x = _conv(x, filters[2], 3, recipe, "conv_3")
    x = _conv(x, filters[3], 3, recipe, "conv_4", groups=2, bias_initializer="ones")
    x = _conv(x, filters[4], 3, recipe, "conv_5", groups=2, bias_initializer="ones")
    x = keras.layers.MaxPooling2D(3, 2, name="pool_5")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for name in ("hidden_1", "hidden_2"):
        x = blocks.drop(x, recipe, name)
        x = blocks.dense(x, units, recipe, name, bias_initializer="ones")
        x = blocks.activate(x, recipe, name)
    x = keras.layers.Identity(name="features")(x)

    return Backbone("alexnet", {"image": image}, x, recipe_head(recipe))


encoder = pixels.encoder


def _conv(
    x: Tensor, filters: int, kernel_size: int, recipe: Recipe, name: str, **options: Any
) -> Tensor:
    x = blocks.convolution(x, filters, kernel_size, recipe, name, **options)
    return blocks.activate(x, recipe, name)


def _normalize_and_pool(x: Tensor, config: AlexNetConfig, name: str) -> Tensor:
    if config.response_normalization:
        from models.layers.response_normalization import ResponseNormalization

        x = ResponseNormalization(name=f"{name}_response")(x)
    return keras.layers.MaxPooling2D(3, 2, name=name)(x)


def _even(count: float) -> int:
    """Nearest even number above zero: every second channel belongs to the other group."""
    return max(2, 2 * round(count / 2))
