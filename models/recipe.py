"""How a network built from scratch starts, bends, normalises and is regularised.

Every model built from scratch has a field `recipe`. What it leaves out is the choice of
the model's paper, so one line of YAML changes one thing of a published network.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import keras

from models.bounds import NotNegative, Positive, Share
from models.tensor import Tensor


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Choices shared by all networks built from scratch; absent: the paper's.

    They are about the kernels of dense, convolution and recurrent layers and what follows them.
    Embeddings, positions and class tokens start in their own way and are not penalised; the kernels
    that carry a recurrent state start orthogonal; penalties spare depthwise kernels.
    """

    initializer: (
        Literal[
            "zeros", "random_normal", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform"
        ]
        | None
    ) = None
    """Distribution of the first weights. Glorot and Bengio (2010), proceedings.mlr.press/v9/
    glorot10a.html, equation 16; He et al. (2015), arXiv:1502.01852, equation 10."""
    initializer_std: Positive | None = None
    """Standard deviation of `random_normal`, above 0."""
    activation: Literal["sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu"] | None = None
    """Nonlinearity of the hidden layers; `leaky_relu` has the slope 0.01 below zero."""
    elu_alpha: Positive | None = None
    """Value that `elu` tends to below zero, negated; above 0."""
    normalization: Literal["none", "batch", "layer"] | None = None
    """Ioffe and Szegedy (2015), arXiv:1502.03167, or Ba et al. (2016), arXiv:1607.06450."""
    normalization_position: Literal["before", "after"] | None = None
    """Whether the normalisation stands before or after the activation."""
    dropout: Share | None = None
    """Rate, in [0, 1), at the places where the paper drops activations."""
    l1: NotNegative | None = None
    """Factor of the sum of absolute kernel weights in the loss, at least 0; with `l2`: elastic
    net."""
    l2: NotNegative | None = None
    """Factor of the sum of squared kernel weights in the loss, at least 0; half of what papers
    call weight decay."""

    def refuse(self, fields: Sequence[str], why: str) -> None:
        """Refuse choices that a model cannot follow.

        Raises:
            ValueError: Naming all of the fields that are given.
        """
        given = {name: getattr(self, name) for name in fields if getattr(self, name) is not None}
        if given:
            named = ", ".join(f"`recipe.{name}`" for name in given)
            received = ", ".join(f"{name}={value}" for name, value in given.items())
            raise ValueError(
                f"{named} would change nothing: {why}. Received: {received}. Leave it out."
            )

    def over(self, paper: Recipe) -> Recipe:
        """This recipe, with what it leaves out taken from `paper`, then from `PLAIN`."""
        fields = [field.name for field in dataclasses.fields(self)]
        chosen = {name: getattr(self, name) for name in fields}
        for fallback in (paper, PLAIN):
            chosen = {
                name: getattr(fallback, name) if value is None else value
                for name, value in chosen.items()
            }
        return Recipe(**chosen)

    def unread(self, paper: Recipe) -> Iterator[tuple[str, str]]:
        """Fields that another choice leaves without effect, and which choice would read each.

        Args:
            paper: What holds where this recipe says nothing.
        """
        chosen = self.over(paper)
        for field, reader, needed in (
            ("initializer_std", "initializer", "random_normal"),
            ("elu_alpha", "activation", "elu"),
        ):
            value, choice = getattr(self, field), getattr(chosen, reader)
            if value is not None and choice != needed:
                yield (
                    field,
                    f"is read with `recipe.{reader}: {needed}` alone. Received: {value} with "
                    f"{reader}={choice}"
                    + ("" if getattr(self, reader) else ", the paper's")
                    + f". Leave it out, or add `{reader}: {needed}`.",
                )
        if self.normalization_position is not None and chosen.normalization == "none":
            yield (
                "normalization_position",
                "would change nothing without a normalisation. Received: "
                f"{self.normalization_position} with normalization=none"
                + ("" if self.normalization else ", the paper's")
                + ". Leave it out, or add `normalization: batch` or `layer`.",
            )


PLAIN = Recipe(
    initializer="glorot_uniform",
    initializer_std=0.01,
    activation="relu",
    elu_alpha=1.0,
    normalization="none",
    normalization_position="before",
    dropout=0.0,
    l1=0.0,
    l2=0.0,
)
"""What neither the user nor a paper says."""


def initializer(recipe: Recipe) -> keras.initializers.Initializer:
    """A fresh initializer of a complete recipe; call it once per weight."""
    if recipe.initializer == "random_normal":
        return keras.initializers.RandomNormal(stddev=recipe.initializer_std)
    return keras.initializers.get(recipe.initializer)


def depthwise_initializer(recipe: Recipe, channels: int) -> keras.initializers.Initializer:
    """As `initializer`, for a kernel with a filter of its own for each channel.

    Keras counts the inputs and outputs of all channels together, but a filter sees one.

    Args:
        recipe: Complete.
        channels: Number of filters.
    """
    chosen = initializer(recipe)
    if not isinstance(chosen, keras.initializers.VarianceScaling):
        return chosen
    counted = channels if chosen.mode == "fan_in" else (channels + 1) / 2
    return keras.initializers.VarianceScaling(
        chosen.scale * counted, chosen.mode, chosen.distribution
    )


def regularizer(recipe: Recipe) -> keras.regularizers.Regularizer | None:
    """The penalty on kernels; None without one."""
    if not recipe.l1 and not recipe.l2:
        return None
    return keras.regularizers.L1L2(recipe.l1, recipe.l2)


def activation(recipe: Recipe, name: str) -> keras.layers.Layer:
    """The nonlinearity as a layer."""
    if recipe.activation == "leaky_relu":
        return keras.layers.LeakyReLU(negative_slope=0.01, name=name)
    if recipe.activation == "elu":
        return keras.layers.ELU(recipe.elu_alpha, name=name)
    if recipe.activation == "relu":
        return keras.layers.ReLU(name=name)
    return keras.layers.Activation(recipe.activation, name=name)


def activation_inside(recipe: Recipe, name: str) -> Callable[..., Any]:
    """The nonlinearity for use inside a layer: Keras's own function wherever there is one.

    By the function `tanh` Keras knows a recurrent layer that cuDNN can compute.
    """
    if recipe.activation in ("leaky_relu", "elu"):  # Keras's own slopes may be others.
        return activation(recipe, name)
    return keras.activations.get(recipe.activation)


def normalize(
    x: Tensor, recipe: Recipe, name: str, *, epsilon: float = 1e-5, mask: Tensor | None = None
) -> Tensor:
    """Normalise over channels; `normalization` must not be `none`.

    Args:
        x: `(batch, ..., channels)`.
        recipe: Complete recipe.
        name: Prefix of the layer's name.
        epsilon: Added to variances.
        mask: For tokens `(batch, length, channels)`: `(batch, length)`, 0 at padding, which then is
            no part of a batch's statistics; None: every place counts.
    """
    if recipe.normalization == "batch":
        layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=epsilon, name=f"{name}_bn")
        return layer(x, mask=mask)
    return keras.layers.LayerNormalization(epsilon=epsilon, name=f"{name}_ln")(x)
