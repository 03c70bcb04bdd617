"""Residual network for images, and the plain network it is compared with.

Source: He, Zhang, Ren and Sun (2015), "Deep Residual Learning for Image Recognition",
https://arxiv.org/abs/1512.03385, table 1 and section 4.2. Differences: a bottleneck
block strides in its 3x3 convolution rather than its first 1x1 (as torchvision does,
after Goyal et al. 2017, https://arxiv.org/abs/1706.02677), and every shortcut that
changes shape is a projection (option B), also with the small stem.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

import keras
from annotated_types import MinLen

from models.backbone import Backbone, recipe_head
from models.bounds import Count
from models.image import config as image_config
from models.image.input import pixels
from models.layers import blocks
from models.recipe import Recipe
from models.tensor import Tensor

PAPER = Recipe(
    initializer="he_normal",  # "We initialize the weights as in [13]", section 3.4.
    activation="relu",
    normalization="batch",
    normalization_position="before",
    l2=5e-5,  # "a weight decay of 0.0001", section 3.4.
)
"""He et al.'s training choices."""

Block = Literal["basic", "bottleneck"]

DEPTHS: dict[int, tuple[Block, tuple[int, ...]]] = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}


@dataclasses.dataclass(frozen=True)
class ResNetConfig(image_config.PooledImageModelConfig):
    """Architecture of the residual network; give either `depth` or `blocks`."""

    kind: Literal["resnet"] = "resnet"
    """Name of this model."""
    depth: Literal[18, 34, 50, 101, 152] | None = None
    """Depth of a published network; implies `blocks` and `block`."""
    blocks: Annotated[tuple[Count, ...], MinLen(1)] | None = None
    """Number of blocks per stage; each stage halves the image and doubles the width."""
    block: Block | None = None
    """Two 3x3 convolutions, or 1x1, 3x3, 1x1 with four times the width at the end; `basic` unless
    `depth` implies the other."""
    shortcuts: Literal["residual", "plain"] = "residual"
    """Whether blocks add their input to their output."""
    stem: image_config.Stem = "imagenet"
    """7x7 convolution and pooling that quarter the image, or one 3x3 for images below 64 pixels."""
    width: Count = 64
    """Channels of the first stage."""

    def __post_init__(self) -> None:
        if (self.depth is None) == (self.blocks is None):
            raise ValueError(
                f"Give exactly one of `depth` (one of {list(DEPTHS)}) and `blocks` (for example "
                f"[2, 2, 2, 2]). Received: depth={self.depth}, blocks={self.blocks}"
            )
        if self.depth is not None and self.block not in (None, DEPTHS[self.depth][0]):
            raise ValueError(
                f"`depth: {self.depth}` is made of {DEPTHS[self.depth][0]} blocks. "
                f"Received: block={self.block!r}. Leave out `block`, or give `blocks` "
                "instead of `depth`."
            )
        stages = len(_stages(self)[1])
        smallest = 2 ** (stages - 1)
        self.check_stem(
            self.stem, 4 * smallest, smallest, f" and {stages} stages, which halve it each"
        )


def build(config: ResNetConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `image` `(batch, image_size, image_size, 3)` uint8. Layer `features` gives
        the pooled last stage.
    """
    block, stages = _stages(config)
    recipe = config.recipe.over(PAPER)
    image = pixels.image_input(config)

    x = _stem(pixels.normalize_pooled(image, config), config.width, recipe, config.stem)
    for stage, num_blocks in enumerate(stages, start=1):
        for index in range(1, num_blocks + 1):
            stride = 2 if stage > 1 and index == 1 else 1
            name = f"stage_{stage}_block_{index}"
            y = BLOCKS[block](x, config.width * 2 ** (stage - 1), stride, recipe, name)
            if config.shortcuts == "residual":
                y = _add_shortcut(x, y, stride, recipe, name)
            x = blocks.activated(y, recipe, name)
    x = keras.layers.GlobalAveragePooling2D(name="features")(x)
    x = blocks.drop(x, recipe, "features")

    return Backbone("resnet", {"image": image}, x, recipe_head(recipe))


encoder = pixels.encoder


def _stages(config: ResNetConfig) -> tuple[Block, tuple[int, ...]]:
    if config.depth is not None:
        return DEPTHS[config.depth]
    return config.block or "basic", config.blocks or ()


def _stem(x: Tensor, width: int, recipe: Recipe, kind: str) -> Tensor:
    """`(batch, size, size, 3)` -> width channels, a quarter of the size or all of it."""
    if kind == "small":
        return blocks.activated(_conv(x, width, 3, 1, recipe, "stem"), recipe, "stem")
    x = blocks.activated(_conv(x, width, 7, 2, recipe, "stem"), recipe, "stem")
    return keras.layers.MaxPooling2D(3, 2, padding="same", name="stem_pool")(x)


def _basic(x: Tensor, width: int, stride: int, recipe: Recipe, name: str) -> Tensor:
    """Two 3x3 convolutions, He et al. figure 5 left."""
    y = _conv(x, width, 3, stride, recipe, f"{name}_1")
    y = blocks.activated(y, recipe, f"{name}_1")
    return _conv(y, width, 3, 1, recipe, f"{name}_2")


def _bottleneck(x: Tensor, width: int, stride: int, recipe: Recipe, name: str) -> Tensor:
    """1x1, 3x3 and 1x1 convolutions, He et al. figure 5 right."""
    y = blocks.activated(_conv(x, width, 1, 1, recipe, f"{name}_1"), recipe, f"{name}_1")
    y = blocks.activated(_conv(y, width, 3, stride, recipe, f"{name}_2"), recipe, f"{name}_2")
    return _conv(y, 4 * width, 1, 1, recipe, f"{name}_3")


def _add_shortcut(x: Tensor, y: Tensor, stride: int, recipe: Recipe, name: str) -> Tensor:
    """Block output plus block input, projected where the shape changed."""
    if stride > 1 or x.shape[-1] != y.shape[-1]:
        x = _conv(x, y.shape[-1], 1, stride, recipe, f"{name}_shortcut")
    return keras.layers.Add(name=f"{name}_add")([x, y])


def _conv(
    x: Tensor, filters: int, kernel_size: int, stride: int, recipe: Recipe, name: str
) -> Tensor:
    """Convolution and what normalisation stands before the activation."""
    x = blocks.convolution(x, filters, kernel_size, recipe, name, stride=stride)
    return blocks.normalized(x, recipe, name)


BLOCKS = {"basic": _basic, "bottleneck": _bottleneck}
