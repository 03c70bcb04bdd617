"""The Transformer encoder block, shared by text and image models.

Source: Vaswani et al. (2017), "Attention Is All You Need", https://arxiv.org/abs/1706.03762,
section 3.1 (post-norm); Xiong et al. (2020), https://arxiv.org/abs/2002.04745, figure 1
(pre-norm).
"""

from __future__ import annotations

import keras

from models import recipe as recipes
from models.layers import blocks
from models.recipe import Recipe
from models.tensor import Tensor


def encoder_block(
    x: Tensor,
    num_heads: int,
    mlp_dim: int,
    recipe: Recipe,
    name: str,
    *,
    is_norm_first: bool,
    mask: Tensor | None = None,
) -> Tensor:
    """Self-attention and a two-layer perceptron, each with a residual connection.

    Args:
        x: `(batch, length, dim)`.
        num_heads: Attention heads; divides `dim`.
        mlp_dim: Units of the perceptron's hidden layer.
        recipe: Complete recipe; its activation is the perceptron's, its dropout falls on
            attention weights and on what each part adds.
        name: Prefix of the layers' names.
        is_norm_first: Normalise what goes into each part (pre-norm) instead of each sum.
        mask: `(batch, length)`, 0 at padding, which is not attended to and is no part of a batch's
            statistics; None: there is none.

    Returns:
        `(batch, length, dim)`.
    """

    def attend(x: Tensor) -> Tensor:
        y = keras.layers.MultiHeadAttention(
            num_heads,
            x.shape[-1] // num_heads,
            dropout=recipe.dropout,
            kernel_initializer=recipes.initializer(recipe),
            kernel_regularizer=recipes.regularizer(recipe),
            name=f"{name}_attention",
        )(x, x, key_mask=mask)
        return blocks.drop(y, recipe, f"{name}_attention")

    def transform(x: Tensor) -> Tensor:
        y = _dense(x, mlp_dim, recipe, f"{name}_mlp_1")
        y = recipes.activation(recipe, f"{name}_mlp_{recipe.activation}")(y)
        y = blocks.drop(y, recipe, f"{name}_mlp_1")
        y = _dense(y, x.shape[-1], recipe, f"{name}_mlp_2")
        return blocks.drop(y, recipe, f"{name}_mlp_2")

    for part, layer in (("attention", attend), ("mlp", transform)):
        add = keras.layers.Add(name=f"{name}_{part}_add")
        if is_norm_first:
            x = add([x, layer(normalized(x, recipe, f"{name}_{part}", mask))])
        else:
            x = normalized(add([x, layer(x)]), recipe, f"{name}_{part}", mask)
    return x


def normalized(x: Tensor, recipe: Recipe, name: str, mask: Tensor | None = None) -> Tensor:
    """Token vectors after the recipe's normalisation; `mask` as in `recipes.normalize`."""
    if recipe.normalization == "none":
        return x
    return recipes.normalize(x, recipe, name, epsilon=1e-6, mask=mask)


def _dense(x: Tensor, units: int, recipe: Recipe, name: str) -> Tensor:
    """With a bias, whatever the recipe normalises: the norms stand elsewhere."""
    return keras.layers.Dense(
        units,
        kernel_initializer=recipes.initializer(recipe),
        kernel_regularizer=recipes.regularizer(recipe),
        name=f"{name}_dense",
    )(x)
