"""Transformer that reads a text and writes another, trained from scratch.

Source: Vaswani et al. (2017), "Attention Is All You Need", https://arxiv.org/abs/1706.03762;
pre-norm: Xiong et al. (2020), https://arxiv.org/abs/2002.04745; one matrix for both embeddings and
the logits: Press and Wolf (2016), https://arxiv.org/abs/1608.05859. Learned positions are those of
Gehring et al. (2017), https://arxiv.org/abs/1705.03122.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

import keras
import keras_hub
from annotated_types import MultipleOf

from models.backbone import Backbone
from models.bounds import Count
from models.encoder import Encoder
from models.recipe import Recipe
from models.tensor import Tensor
from models.text import parallel
from models.writer import MASK, State, Writer

PAPER = Recipe(initializer="glorot_uniform", activation="relu", normalization="layer", dropout=0.1)
"""Sections 3.3 and 5.4."""
_LAST = "writing_ln"


@dataclasses.dataclass(frozen=True)
class Seq2seqTransformerConfig(parallel.ParallelConfig):
    """Architecture of the Transformer."""

    kind: Literal["seq2seq_transformer"] = "seq2seq_transformer"
    """Name of this model."""
    hidden_dim: Annotated[Count, MultipleOf(2)] = 192
    """Width of a token vector; even."""
    num_layers: Count = 3
    """Blocks that read, and as many that write."""
    num_heads: Count = 4
    """Attention heads; divides `hidden_dim`."""
    mlp_dim: Count = 512
    """Units of the hidden layer of each block's perceptron."""
    positions: Literal["sinusoidal", "learned"] = "sinusoidal"
    """How a token knows its place."""
    normalization: Literal["pre", "post"] = "pre"
    """Whether each part's input is normalised or, as in the paper, each sum; pre-norm trains with
    less warm-up."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.hidden_dim % self.num_heads:
            raise ValueError(
                f"`num_heads` must divide `hidden_dim` ({self.hidden_dim}). "
                f"Received: num_heads={self.num_heads}"
            )


def build(config: Seq2seqTransformerConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `source_ids` `(batch, sequence_length)` and `target_ids` `(batch,
        target_length + 1)` int32. Layer `features` gives the vector that each token is chosen by.
    """
    from models.layers.writing_blocks import ReadingBlock, Size, WritingBlock

    recipe = config.recipe.over(PAPER)
    size = Size(config.hidden_dim, config.num_heads, config.mlp_dim, config.normalization == "pre")
    given = parallel.ids(config)
    mask = keras.layers.Identity(name=parallel.MASK)(given.source_mask)
    embeddings = parallel.embeddings(config, config.hidden_dim)
    places = {name: _positions(config, name) for name in ("source", "target")}
    drops = {
        name: keras.layers.Dropout(recipe.dropout, name=f"{name}_dropout")
        for name in ("source", "target")
    }
    scale = keras.layers.Rescaling(config.hidden_dim**0.5, name="embedding_scale")
    blocks = [
        WritingBlock(size, recipe, name=name) for name in _names("writing", config.num_layers)
    ]
    last = keras.layers.LayerNormalization(epsilon=1e-6, name=_LAST)

    def written(before: Tensor) -> Tensor:
        # Section 3.4: the embedding is scaled up, or the positions would drown it.
        x = scale(embeddings.target(before))
        x = drops["target"](x + places["target"](x))
        for block in blocks:
            x = block(x, memory, mask)
        return last(x) if size.is_norm_first else x

    x = scale(embeddings.source(given.source))
    x = drops["source"](x + places["source"](x))
    for name in _names("reading", config.num_layers):
        x = ReadingBlock(size, recipe, name=name)(x, mask)
    if size.is_norm_first:
        x = keras.layers.LayerNormalization(epsilon=1e-6, name="reading_ln")(x)
    memory = keras.layers.Identity(name=parallel.MEMORY)(x)

    return parallel.taught("seq2seq_transformer", config, given, written, embeddings.logits, recipe)


encoder = parallel.encoder


def writer(config: Seq2seqTransformerConfig, model: keras.Model, encoder: Encoder) -> Writer:
    """How a trained model writes.

    Args:
        config: Of the model.
        model: What `build` gave, with a head, and trained.
        encoder: Of the model.
    """
    from models.layers.attention import hidden_where

    blocks = {name: model.get_layer(name) for name in _names("writing", config.num_layers)}
    embedding, logits = parallel.trained(config, model)
    places = model.get_layer("target_positions")
    reader = parallel.reader(model, [parallel.MEMORY, parallel.MASK])
    size = config.num_heads, config.hidden_dim // config.num_heads

    def read(inputs: dict[str, Tensor]) -> tuple[State, State]:
        memory, mask = reader(inputs)
        kept = {MASK: mask, "bias": hidden_where(mask[:, None, None, :])}
        state: dict[str, Tensor] = {}
        empty = keras.ops.zeros((keras.ops.shape(memory)[0], size[0], 0, size[1]), memory.dtype)
        for name, block in blocks.items():
            kept[f"{name}_keys"], kept[f"{name}_values"] = block.keep(memory)
            state |= {f"{name}_keys": empty, f"{name}_values": empty}
        return kept, state

    def step(ids: Tensor, place: Tensor, kept: State, state: State) -> tuple[Any, State, Any]:
        x = embedding(ids) * config.hidden_dim**0.5
        x = x + places(x[:, :1], start_index=place)
        state, found = dict(state), []
        for name, block in blocks.items():
            keys, values = f"{name}_keys", f"{name}_values"
            past, read = (state[keys], state[values]), (kept[keys], kept[values])
            x, (state[keys], state[values]), weights = block.step(x, past, read, kept["bias"])
            found.append(weights)
        if config.normalization == "pre":
            x = model.get_layer(_LAST)(x)
        return logits(x), state, found[-1]

    return parallel.writer(config, encoder, read, step)


def _names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}_{index}" for index in range(1, count + 1)]


def _positions(config: Seq2seqTransformerConfig, name: str) -> keras.layers.Layer:
    """Vectors of places, of the shape of what they are called with."""
    if config.positions == "sinusoidal":
        return keras_hub.layers.SinePositionEncoding(name=f"{name}_positions")
    longest = max(config.sequence_length, config.target_length)
    return keras_hub.layers.PositionEmbedding(longest, name=f"{name}_positions")
