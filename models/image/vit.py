"""Vision Transformer: an encoder over patches of the image.

Source: Dosovitskiy et al. (2020), "An Image is Worth 16x16 Words",
https://arxiv.org/abs/2010.11929, section 3.1 and table 1; the sizes tiny and small are those
of Touvron et al. (2020), "DeiT", https://arxiv.org/abs/2012.12877, table 1. Difference: the
head is one linear layer, as the paper's is at fine-tuning.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import keras

from models import recipe as recipes
from models.backbone import Backbone, recipe_head
from models.bounds import Count
from models.image import config as image_config
from models.image.input import pixels
from models.layers import blocks, transformer
from models.recipe import Recipe

PAPER = Recipe(
    initializer="glorot_uniform",
    activation="gelu",
    normalization="layer",
    dropout=0.1,
)
"""Section 3.1 and table 3."""


@dataclasses.dataclass(frozen=True)
class _Size:
    """Widths and depth of a published network."""

    hidden_dim: int
    num_layers: int
    num_heads: int
    mlp_dim: int


SIZES = {
    "tiny": _Size(192, 12, 3, 768),
    "small": _Size(384, 12, 6, 1536),
    "base": _Size(768, 12, 12, 3072),
    "large": _Size(1024, 24, 16, 4096),
}


@dataclasses.dataclass(frozen=True)
class ViTConfig(image_config.ImageModelConfig):
    """Architecture of the Vision Transformer."""

    kind: Literal["vit"] = "vit"
    """Name of this model."""
    size: Literal["tiny", "small", "base", "large"] = "tiny"
    """Published network that the fields below start from."""
    pixels: image_config.Pixels = "signed"
    """As in the other image models; the released network takes [-1, 1]."""
    patch_size: Count = 16
    """Side of a patch in pixels; divides `image_size`. 4 suits images of 32 pixels."""
    hidden_dim: Count | None = None
    """Width of a token vector; absent: of `size`."""
    num_layers: Count | None = None
    """Encoder blocks; absent: of `size`."""
    num_heads: Count | None = None
    """Attention heads; divides `hidden_dim`; absent: of `size`."""
    mlp_dim: Count | None = None
    """Units of the hidden layer of each block's perceptron; absent: of `size`."""

    def __post_init__(self) -> None:
        self.recipe.refuse(
            ["normalization_position"], "a normalisation stands before each part of a block"
        )
        if self.image_size % self.patch_size:
            raise ValueError(
                f"`patch_size` must divide `image_size` ({self.image_size} pixels). "
                f"Received: patch_size={self.patch_size}"
            )
        resolved = resolve(self)
        if resolved.hidden_dim % resolved.num_heads:
            raise ValueError(
                f"`num_heads` must divide `hidden_dim` ({resolved.hidden_dim}). "
                f"Received: num_heads={resolved.num_heads}"
            )


def resolve(config: ViTConfig) -> _Size:
    """The fields of `size` with the given ones put over them."""
    size = SIZES[config.size]
    given = {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(size)
        if getattr(config, field.name) is not None
    }
    return dataclasses.replace(size, **given)


def build(config: ViTConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `image` `(batch, image_size, image_size, 3)` uint8. Layer `features` gives
        the class token's last vector.
    """
    from models.layers.class_token import ClassToken
    from models.layers.positions import LearnedPositions

    recipe = config.recipe.over(PAPER)
    size = resolve(config)
    image = pixels.image_input(config)

    x = keras.layers.Conv2D(
        size.hidden_dim,
        config.patch_size,
        config.patch_size,
        kernel_initializer=recipes.initializer(recipe),
        kernel_regularizer=recipes.regularizer(recipe),
        name="patches",
    )(pixels.normalize(image, config))
    num_patches = (config.image_size // config.patch_size) ** 2
    # (batch, rows, columns, hidden_dim) -> (batch, patches, hidden_dim)
    x = keras.layers.Reshape((num_patches, size.hidden_dim), name="tokens")(x)
    x = ClassToken(name="class_token")(x)
    x = LearnedPositions(name="positions")(x)
    x = blocks.drop(x, recipe, "tokens")
    for index in range(1, size.num_layers + 1):
        x = transformer.encoder_block(
            x, size.num_heads, size.mlp_dim, recipe, f"block_{index}", is_norm_first=True
        )
    x = transformer.normalized(x, recipe, "last")
    vectors = x
    x = keras.layers.Cropping1D((0, num_patches), name="class_vector")(x)
    x = keras.layers.Flatten(name="features")(x)

    return Backbone(
        "vit",
        {"image": image},
        x,
        recipe_head(recipe),
        patches=lambda: keras.layers.Cropping1D((1, 0), name="patch_vectors")(vectors),
    )


encoder = pixels.encoder
