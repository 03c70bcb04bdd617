"""MobileNet: depthwise separable convolutions.

Source: Howard et al. (2017), "MobileNets", https://arxiv.org/abs/1704.04861, table 1 and
section 3.3. Difference: the activation is unbounded ReLU, as in the paper's figure 3; later
releases cap it at 6.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import keras

from models import recipe as recipes
from models.backbone import Backbone, recipe_head
from models.bounds import Positive
from models.image import config as image_config
from models.image.input import pixels
from models.layers import blocks
from models.recipe import Recipe
from models.tensor import Tensor

PAPER = Recipe(
    initializer="glorot_uniform",
    activation="relu",
    normalization="batch",
    normalization_position="before",
    dropout=0.001,
)
"""Section 3.2; the dropout is the released code's, and no decay falls on depthwise kernels."""

BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip
"""Filters and stride of each separable convolution, table 1."""


@dataclasses.dataclass(frozen=True)
class MobileNetConfig(image_config.PooledImageModelConfig):
    """Architecture of MobileNet."""

    kind: Literal["mobilenet"] = "mobilenet"
    """Name of this model."""
    pixels: image_config.Pixels = "signed"
    """As in the other image models; the released network takes [-1, 1]."""
    width_multiplier: Positive = 1.0
    """Factor of all channel numbers, above 0; the paper's networks have 1, 0.75, 0.5 and 0.25."""
    stem: image_config.Stem = "imagenet"
    """Whether the first convolution and the second block halve the image; `small` keeps it, for
    images below 64 pixels."""

    def __post_init__(self) -> None:
        self.check_stem(self.stem, imagenet=32, small=8)


def build(config: MobileNetConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `image` `(batch, image_size, image_size, 3)` uint8. Layer `features` gives
        the pooled last block.
    """
    recipe = config.recipe.over(PAPER)
    image = pixels.image_input(config)
    is_small = config.stem == "small"

    x = pixels.normalize_pooled(image, config)
    x = blocks.convolution(x, _scaled(32, config), 3, recipe, "stem", stride=1 if is_small else 2)
    x = blocks.activate(x, recipe, "stem")
    for index, (filters, stride) in enumerate(BLOCKS, start=1):
        stride = 1 if is_small and index == 2 else stride
        x = _separable(x, _scaled(filters, config), stride, recipe, f"block_{index}")
    x = keras.layers.GlobalAveragePooling2D(name="features")(x)
    x = blocks.drop(x, recipe, "features")

    return Backbone("mobilenet", {"image": image}, x, recipe_head(recipe))


encoder = pixels.encoder


def _separable(x: Tensor, filters: int, stride: int, recipe: Recipe, name: str) -> Tensor:
    """One 3x3 filter per channel, then a 1x1 convolution across channels; figure 3 right."""
    x = keras.layers.ZeroPadding2D(1, name=f"{name}_depthwise_pad")(x)
    x = keras.layers.DepthwiseConv2D(
        3,
        stride,
        use_bias=not blocks.is_normalized_first(recipe),
        depthwise_initializer=recipes.depthwise_initializer(recipe, x.shape[-1]),
        name=f"{name}_depthwise_conv",
    )(x)
    x = blocks.activate(x, recipe, f"{name}_depthwise")
    x = blocks.convolution(x, filters, 1, recipe, f"{name}_pointwise")
    return blocks.activate(x, recipe, f"{name}_pointwise")


def _scaled(filters: int, config: MobileNetConfig) -> int:
    return max(1, int(filters * config.width_multiplier))
