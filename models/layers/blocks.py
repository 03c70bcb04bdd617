"""Convolution and dense layers with what a recipe puts around them."""

from __future__ import annotations

import keras

from models import recipe as recipes
from models.recipe import Recipe
from models.tensor import Tensor


def convolution(
    x: Tensor,
    filters: int,
    kernel_size: int,
    recipe: Recipe,
    name: str,
    *,
    stride: int = 1,
    padding: int | None = None,
    groups: int = 1,
    bias_initializer: str = "zeros",
) -> Tensor:
    """Convolution without its activation: `(batch, rows, columns, channels)` to as many filters.

    It has a bias unless a normalisation follows at once, which has its own. Groups are layers of
    their own: Keras compiles a grouped convolution with XLA, which is slow on the CPU, and
    TensorFlow Serving's GPU images do not run what must be compiled.

    Args:
        x: Feature maps.
        filters: Number of output channels.
        kernel_size: Side of the kernel, odd.
        recipe: Complete recipe.
        name: Prefix of the layers' names.
        stride: Step in both directions.
        padding: Zeros on each side; None: `kernel_size // 2`, which keeps the size.
        groups: Number of groups of channels that do not see each other; divides both numbers of
            channels.
        bias_initializer: Where the biases start.
    """
    padding = kernel_size // 2 if padding is None else padding
    if padding:
        x = keras.layers.ZeroPadding2D(padding, name=f"{name}_pad")(x)
    elif stride > 1:
        # The same values. oneDNN in TensorFlow 2.21 crashes in the gradient of a narrow 1x1
        # convolution with strides (memory freed twice, on processors with AVX-512).
        x = keras.layers.MaxPooling2D(1, stride, name=f"{name}_subsample")(x)
        stride = 1

    def convolve(part: Tensor, filters: int, layer_name: str) -> Tensor:
        return keras.layers.Conv2D(
            filters,
            kernel_size,
            stride,
            use_bias=not is_normalized_first(recipe),
            kernel_initializer=recipes.initializer(recipe),
            bias_initializer=bias_initializer,
            kernel_regularizer=recipes.regularizer(recipe),
            name=layer_name,
        )(part)

    if groups == 1:
        return convolve(x, filters, f"{name}_conv")
    parts = keras.ops.split(x, groups, axis=-1)
    parts = [
        convolve(part, filters // groups, f"{name}_conv_{index}")
        for index, part in enumerate(parts, 1)
    ]
    return keras.layers.Concatenate(name=f"{name}_conv")(parts)


def dense(
    x: Tensor, units: int, recipe: Recipe, name: str, *, bias_initializer: str = "zeros"
) -> Tensor:
    """Dense layer without its activation: `(..., dim)` -> `(..., units)`; see `convolution`."""
    return keras.layers.Dense(
        units,
        use_bias=not is_normalized_first(recipe),
        kernel_initializer=recipes.initializer(recipe),
        bias_initializer=bias_initializer,
        kernel_regularizer=recipes.regularizer(recipe),
        name=f"{name}_dense",
    )(x)


def normalized(x: Tensor, recipe: Recipe, name: str, mask: Tensor | None = None) -> Tensor:
    """The recipe's normalisation, if it stands before the activation; otherwise `x`."""
    return recipes.normalize(x, recipe, name, mask=mask) if is_normalized_first(recipe) else x


def activated(x: Tensor, recipe: Recipe, name: str, mask: Tensor | None = None) -> Tensor:
    """The recipe's activation, and its normalisation if that stands after."""
    x = recipes.activation(recipe, f"{name}_{recipe.activation}")(x)
    if recipe.normalization != "none" and not is_normalized_first(recipe):
        x = recipes.normalize(x, recipe, name, mask=mask)
    return x


def activate(x: Tensor, recipe: Recipe, name: str, mask: Tensor | None = None) -> Tensor:
    """Normalisation and activation in the recipe's order; `mask` as in `recipes.normalize`."""
    return activated(normalized(x, recipe, name, mask), recipe, name, mask)


def drop(x: Tensor, recipe: Recipe, name: str) -> Tensor:
    """Dropout at the recipe's rate."""
    return keras.layers.Dropout(recipe.dropout, name=f"{name}_dropout")(x)


def is_normalized_first(recipe: Recipe) -> bool:
    """True if a normalisation stands between a kernel and its activation."""
    return recipe.normalization != "none" and recipe.normalization_position == "before"
