"""VGG: stacks of 3x3 convolutions between poolings.

Source: Simonyan and Zisserman (2014), "Very Deep Convolutional Networks for Large-Scale Image
Recognition", https://arxiv.org/abs/1409.1556, table 1, columns A, B, D and E. Difference:
trained at once from the given initializer, as section 3.1 found possible with Glorot and
Bengio's, instead of from a trained shallower network.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

import keras
from annotated_types import Ge

from models.backbone import Backbone, recipe_head
from models.bounds import Count
from models.image import config as image_config
from models.image.input import pixels
from models.layers import blocks
from models.recipe import Recipe

DEPTHS: dict[int, tuple[int, ...]] = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
"""Convolutions per stage, by number of layers with weights."""

PAPER = Recipe(
    initializer="glorot_uniform",
    activation="relu",
    normalization="none",
    dropout=0.5,
    l2=2.5e-4,  # "L2 penalty multiplier set to 5e-4" of half the squares, section 3.1.
)
"""The paper's training choices, section 3.1."""


@dataclasses.dataclass(frozen=True)
class VGGConfig(image_config.ImageModelConfig):
    """Architecture of VGG."""

    kind: Literal["vgg"] = "vgg"
    """Name of this model."""
    image_size: Annotated[int, Ge(17), "Five poolings halve an image."] = 224
    """Side of the square input in pixels, at least 17; images are stretched to it."""
    depth: Literal[11, 13, 16, 19] = 16
    """Layers with weights."""
    pixels: image_config.Pixels = "channel_mean"
    """As in the other image models; the paper subtracts the mean per channel."""
    width: Count = 64
    """Channels of the first stage; each stage doubles them, up to eight times as many."""
    hidden_dim: Count = 4096
    """Units of each of the two hidden dense layers; far fewer suit small images."""


def build(config: VGGConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `image` `(batch, image_size, image_size, 3)` uint8. Layer `features` gives
        the last hidden layer.
    """
    recipe = config.recipe.over(PAPER)
    image = pixels.image_input(config)

    x = pixels.normalize(image, config)
    for stage, num_layers in enumerate(DEPTHS[config.depth], start=1):
        filters = min(config.width * 2 ** (stage - 1), 8 * config.width)
        for index in range(1, num_layers + 1):
            name = f"stage_{stage}_{index}"
            x = blocks.convolution(x, filters, 3, recipe, name)
            x = blocks.activate(x, recipe, name)
        # At 224 pixels every size is even; an odd one keeps its last row.
        x = keras.layers.MaxPooling2D(2, padding="same", name=f"stage_{stage}_pool")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for name in ("hidden_1", "hidden_2"):
        x = blocks.activate(blocks.dense(x, config.hidden_dim, recipe, name), recipe, name)
        x = blocks.drop(x, recipe, name)
    x = keras.layers.Identity(name="features")(x)

    return Backbone("vgg", {"image": image}, x, recipe_head(recipe))


encoder = pixels.encoder
