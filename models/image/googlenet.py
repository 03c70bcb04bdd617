"""GoogLeNet: inception modules of parallel convolutions.

Source: Szegedy et al. (2014), "Going Deeper with Convolutions",
https://arxiv.org/abs/1409.4842, table 1 and figure 3. Differences: no auxiliary classifiers,
which a batch normalisation (`recipe: {normalization: batch}`) makes unnecessary (Ioffe and
Szegedy 2015, https://arxiv.org/abs/1502.03167), and no response normalisation.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import keras

from models.backbone import Backbone, recipe_head
from models.bounds import Positive
from models.image import config as image_config
from models.image.input import pixels
from models.layers import blocks
from models.recipe import Recipe
from models.tensor import Tensor

PAPER = Recipe(initializer="glorot_uniform", activation="relu", normalization="none", dropout=0.4)
"""Section 5 gives the dropout; of the initializer the paper says nothing."""


@dataclasses.dataclass(frozen=True)
class _Module:
    """Channels of one inception module, a row of table 1."""

    conv_1: int
    reduce_3: int
    conv_3: int
    reduce_5: int
    conv_5: int
    pool: int


STAGES: tuple[tuple[_Module, ...], ...] = (
    (_Module(64, 96, 128, 16, 32, 32), _Module(128, 128, 192, 32, 96, 64)),
    (
        _Module(192, 96, 208, 16, 48, 64),
        _Module(160, 112, 224, 24, 64, 64),
        _Module(128, 128, 256, 24, 64, 64),
        _Module(112, 144, 288, 32, 64, 64),
        _Module(256, 160, 320, 32, 128, 128),
    ),
    (_Module(256, 160, 320, 32, 128, 128), _Module(384, 192, 384, 48, 128, 128)),
)
"""Modules 3a to 5b; a pooling halves the maps between stages."""


@dataclasses.dataclass(frozen=True)
class GoogLeNetConfig(image_config.PooledImageModelConfig):
    """Architecture of GoogLeNet."""

    kind: Literal["googlenet"] = "googlenet"
    """Name of this model."""
    pixels: image_config.Pixels = "channel_mean"
    """As in the other image models; the paper subtracts the mean per channel."""
    stem: image_config.Stem = "imagenet"
    """Convolutions and poolings that reduce the image eightfold, or one 3x3 convolution for
    images below 64 pixels."""
    width: Positive = 1.0
    """Factor of all channel numbers, above 0; 1 is the paper's network."""

    def __post_init__(self) -> None:
        self.check_stem(self.stem, imagenet=32, small=4)


def build(config: GoogLeNetConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `image` `(batch, image_size, image_size, 3)` uint8. Layer `features` gives
        the pooled last module.
    """
    recipe = config.recipe.over(PAPER)
    image = pixels.image_input(config)

    x = _stem(pixels.normalize_pooled(image, config), config, recipe)
    for stage, modules in enumerate(STAGES, start=3):
        if stage > 3:
            x = _pool(x, 2, f"stage_{stage}_pool")
        for letter, module in zip("abcde", modules, strict=False):
            x = _inception(x, module, config.width, recipe, f"inception_{stage}{letter}")
    x = keras.layers.GlobalAveragePooling2D(name="features")(x)
    x = blocks.drop(x, recipe, "features")

    return Backbone("googlenet", {"image": image}, x, recipe_head(recipe))


encoder = pixels.encoder


def _stem(x: Tensor, config: GoogLeNetConfig, recipe: Recipe) -> Tensor:
    if config.stem == "small":
        return _conv(x, _scaled(192, config.width), 3, recipe, "stem_1")
    x = _conv(x, _scaled(64, config.width), 7, recipe, "stem_1", stride=2)
    x = _pool(x, 2, "stem_pool_1")
    x = _conv(x, _scaled(64, config.width), 1, recipe, "stem_2")
    x = _conv(x, _scaled(192, config.width), 3, recipe, "stem_3")
    return _pool(x, 2, "stem_pool_2")


def _inception(x: Tensor, module: _Module, width: float, recipe: Recipe, name: str) -> Tensor:
    """Four views of the same maps, side by side; figure 2b."""

    def conv(x: Tensor, filters: int, kernel_size: int, part: str) -> Tensor:
        return _conv(x, _scaled(filters, width), kernel_size, recipe, f"{name}_{part}")

    views = [
        conv(x, module.conv_1, 1, "1x1"),
        conv(conv(x, module.reduce_3, 1, "3x3_reduce"), module.conv_3, 3, "3x3"),
        conv(conv(x, module.reduce_5, 1, "5x5_reduce"), module.conv_5, 5, "5x5"),
        conv(_pool(x, 1, f"{name}_pool"), module.pool, 1, "pool_project"),
    ]
    return keras.layers.Concatenate(name=f"{name}_concat")(views)


def _conv(
    x: Tensor, filters: int, kernel_size: int, recipe: Recipe, name: str, stride: int = 1
) -> Tensor:
    x = blocks.convolution(x, filters, kernel_size, recipe, name, stride=stride)
    return blocks.activate(x, recipe, name)


def _pool(x: Tensor, stride: int, name: str) -> Tensor:
    return keras.layers.MaxPooling2D(3, stride, padding="same", name=name)(x)


def _scaled(filters: int, width: float) -> int:
    return max(1, round(filters * width))
