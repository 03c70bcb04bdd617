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


def encoder_block(
    x,
    num_heads: int,
    mlp_dim: int,
    recipe: Recipe,
    name: str,
    *,
    is_norm_first: bool,
    attention_mask=None,
):
    """Self-attention and a two-layer perceptron, each with a residual connection.

    Args:
        x: `(batch, length, dim)`.
        num_heads: Attention heads; divides `dim`.
        mlp_dim: Units of the perceptron's hidden layer.
        recipe: Complete recipe; its activation is the perceptron's, its dropout falls on
            attention weights and on what each part adds.
        name: Prefix of the layers' names.
        is_norm_first: Normalise what goes into each part (pre-norm) instead of each sum.
        attention_mask: `(batch, length, length)` booleans, True where attention is allowed.

    Returns:
        `(batch, length, dim)`.
    """

    def attend(x):
        y = keras.layers.MultiHeadAttention(
            num_heads,
            x.shape[-1] // num_heads,
            dropout=recipe.dropout,
            kernel_initializer=recipes.initializer(recipe),
            kernel_regularizer=recipes.regularizer(recipe),
            name=f"{name}_attention",
        )(x, x, attention_mask=attention_mask)
        return blocks.drop(y, recipe, f"{name}_attention")

    def transform(x):
        y = _dense(x, mlp_dim, recipe, f"{name}_mlp_1")
        y = recipes.activation(recipe, f"{name}_mlp_{recipe.activation}")(y)
        y = blocks.drop(y, recipe, f"{name}_mlp_1")
        y = _dense(y, x.shape[-1], recipe, f"{name}_mlp_2")
        return blocks.drop(y, recipe, f"{name}_mlp_2")

    for part, layer in (("attention", attend), ("mlp", transform)):
        add = keras.layers.Add(name=f"{name}_{part}_add")
        norm = normalization(recipe, f"{name}_{part}")
        x = add([x, layer(norm(x))]) if is_norm_first else norm(add([x, layer(x)]))
    return x


def normalization(recipe: Recipe, name: str) -> keras.layers.Layer:
    """The recipe's normalisation of token vectors; one that does nothing for `none`."""
    if recipe.normalization == "none":
        return keras.layers.Identity(name=f"{name}_identity")
    return recipes.normalization(recipe, name, epsilon=1e-6)


def _dense(x, units: int, recipe: Recipe, name: str):
    """With a bias, whatever the recipe normalises: the norms stand elsewhere."""
    return keras.layers.Dense(
        units,
        kernel_initializer=recipes.initializer(recipe),
        kernel_regularizer=recipes.regularizer(recipe),
        name=f"{name}_dense",
    )(x)
