"""What a model gives to a task: its inputs, and vectors that a head stands on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import keras

from models import recipe as recipes
from models.pieces import MASKED
from models.recipe import Recipe

Tensors = dict[str, Any]
"""Keras tensors by name, each `(batch, ...)`."""
Provided = Literal[
    "vector", "tokens", "pieces", "patches", "directions", "continuation", "decoder", "sentinels"
]
"""What a head may stand on: a field of `Backbone`, or, of `sentinels`, its `decoder`, among whose
pieces are those of `models/sentinels.py`."""
PLACES = "unit_places"
"""Input of models of units: which token each unit of a text begins with, -1 beyond its end."""


def plain_head(units: int, name: str) -> keras.layers.Layer:
    """A dense layer with Keras's own initializer; float32, whatever the rest computes in."""
    return keras.layers.Dense(units, dtype="float32", name=name)


def recipe_head(recipe: Recipe) -> Callable[[int, str], keras.layers.Layer]:
    """Dense layers as a complete recipe starts and regularises them, always with a bias."""

    def head(units: int, name: str) -> keras.layers.Layer:
        return keras.layers.Dense(
            units,
            kernel_initializer=recipes.initializer(recipe),
            kernel_regularizer=recipes.regularizer(recipe),
            dtype="float32",
            name=name,
        )

    return head


@dataclasses.dataclass(frozen=True)
class PieceVectors:
    """What a head that tells pieces stands on."""

    vectors: Any
    """`(batch, length, dim)`, of each token, special ones included."""
    embedding: keras.layers.Layer
    """KerasHub's `ReversibleEmbedding` of the pieces."""
    pooled: Callable[[], Any]
    """Gives `(batch, dim)`: the first token's vector after the layer that is pre-trained for it."""
    initializer: keras.initializers.Initializer
    """Of the head's weights."""


@dataclasses.dataclass(frozen=True)
class DirectionVectors:
    """What a head that tells the neighbours of tokens stands on."""

    vectors: Any
    """`(batch, length, 2 dim)`, of each token: states that saw it and those before it, and states
    that saw it and those after it."""
    embedding: keras.layers.Layer
    """KerasHub's `ReversibleEmbedding` of the pieces, `dim` wide."""
    token_ids: Any
    """`(batch, length)` int32."""
    padding_mask: Any
    """`(batch, length)` int32, 1 where a token stands."""


@dataclasses.dataclass(frozen=True)
class NextVectors:
    """What a head that tells what follows stands on."""

    vectors: Any
    """`(batch, length, dim)`, of each token: states that saw it and those before it alone."""
    logits: Callable[[Any], Any]
    """Such vectors to float32 logits of the piece that follows, `(batch, length, pieces)`."""
    token_ids: Any
    """`(batch, length)` int32; the first of each is what stands before the text that is told."""
    padding_mask: Any
    """`(batch, length)` int32, 1 where a token stands."""


@dataclasses.dataclass(frozen=True)
class NextTold:
    """What a network without vectors itself tells of each token, by those before it."""

    told: Any
    """`(batch, length, 3)` float32: the logarithm of its probability in nats, which piece is the
    likeliest in its place and the logarithm of that one's; of the first token nothing."""
    least: int
    """Id of the first of the pieces that are told: the second one is the next id, and so on."""
    token_ids: Any
    """As of `NextVectors`."""
    padding_mask: Any
    """As of `NextVectors`."""


@dataclasses.dataclass(frozen=True)
class Backbone:
    """A network with fresh or pretrained weights, without its task."""

    name: str
    """Of the model."""
    inputs: Tensors
    """What it reads; an encoder makes them, see `models/encoder.py`."""
    vector: Any
    """`(batch, dim)`, what the layer `features` gives, after dropout; None of a network that gives
    no vectors."""
    head: Callable[[int, str], keras.layers.Layer] = plain_head
    """`head(units, name)` is a dense layer to put on what is provided."""
    tokens: Callable[[], Any] | None = None
    """Gives `(batch, length, dim)`, of each token, after dropout; None if the model has none."""
    patches: Callable[[], Any] | None = None
    """Gives `(batch, patches, dim)`, of each patch, row by row; None if the model has none."""
    at_patches: Any = None
    """`(batch, patches, dim)`; see `of_patches`."""
    decoder: Any = None
    """`(batch, written, pieces)` float32, logits of each next piece of a text; None if the model
    writes none."""
    at_units: Any = None
    """`(batch, units, dim)`, of the tokens that a text's units begin with; see `of_units`."""
    at_first: Any = None
    """`(batch, dim)`, of the first token, where units are read; `[CLS]` of a preset."""
    pieces: PieceVectors | None = None
    """None if the model does not learn to tell pieces."""
    directions: DirectionVectors | None = None
    """None if the model does not read texts in two directions that never see each other."""
    continuation: NextVectors | NextTold | None = None
    """None if the model does not tell what follows a text."""

    def of_patches(self) -> Backbone:
        """The same network with `at_patches`, what its layer `features` gives.

        Raises:
            ValueError: If the network gives no vectors of patches.
        """
        if self.patches is None:
            raise ValueError(
                f"Expected a model that gives a vector for each patch. Received: {self.name}, "
                "which gives one for an image. See `provides` in models/zoo.py."
            )
        at_patches = keras.layers.Identity(name="features")(self.patches())
        return dataclasses.replace(self, at_patches=at_patches)

    def of_units(self) -> Backbone:
        """The same network with `at_units`, what its layer `features` gives, and `at_first`.

        It also reads `PLACES`, `(batch, units)` int32; a unit that is not there has zeros.

        Raises:
            ValueError: If the network gives no vectors of tokens.
        """
        from models.layers.tokens_at import TokensAt

        if self.tokens is None:
            raise ValueError(
                f"Expected a model that gives a vector for each token. Received: {self.name}, "
                "which gives one for a text. See `provides` in models/zoo.py."
            )
        places = keras.Input((None,), dtype="int32", name=PLACES)
        vectors = self.tokens()
        picked = TokensAt(name="features")([vectors, places])
        inputs = {**self.inputs, PLACES: places}
        return dataclasses.replace(self, inputs=inputs, at_units=picked, at_first=vectors[:, 0])

    def of_pieces(self) -> Backbone:
        """The same network that also reads `MASKED`, and gives what its layer `features` gives.

        Raises:
            ValueError: If the network does not tell pieces.
        """
        if self.pieces is None:
            raise ValueError(
                "Expected a model that can be pre-trained. Received: "
                f"{self.name}, which cannot tell pieces. See `provides` in models/zoo.py."
            )
        masked = keras.Input((None,), dtype="int32", name=MASKED)
        vectors = keras.layers.Identity(name="features")(self.pieces.vectors)
        found = dataclasses.replace(self.pieces, vectors=vectors)
        return dataclasses.replace(self, inputs={**self.inputs, MASKED: masked}, pieces=found)

    def of_directions(self) -> Backbone:
        """The same network, of which `directions` gives what its layer `features` gives.

        Raises:
            ValueError: If the network has no two directions.
        """
        if self.directions is None:
            raise ValueError(
                "Expected a model of two directions. Received: "
                f"{self.name}, which mixes what comes before with what comes after. See `provides` "
                "in models/zoo.py."
            )
        vectors = keras.layers.Identity(name="features")(self.directions.vectors)
        found = dataclasses.replace(self.directions, vectors=vectors)
        return dataclasses.replace(self, directions=found)

    def of_continuation(self) -> Backbone:
        """The same network, of which `continuation` gives what its layer `features` gives, if any.

        Raises:
            ValueError: If the network does not tell what follows.
        """
        if self.continuation is None:
            raise ValueError(
                "Expected a model that reads from the first token to the last. Received: "
                f"{self.name}, which sees what follows. See `provides` in models/zoo.py."
            )
        if isinstance(self.continuation, NextTold):
            return self
        vectors = keras.layers.Identity(name="features")(self.continuation.vectors)
        found = dataclasses.replace(self.continuation, vectors=vectors)
        return dataclasses.replace(self, continuation=found)

    def model(self, outputs: Any) -> keras.Model:
        """The whole model; the caller compiles it.

        Args:
            outputs: What a task's head made of the vectors.
        """
        return keras.Model(self.inputs, outputs, name=self.name)
