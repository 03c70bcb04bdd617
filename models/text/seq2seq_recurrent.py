"""Recurrent network that reads a text and writes another, with or without attention.

Sources: Sutskever et al. (2014), https://arxiv.org/abs/1409.3215 (without attention all of a text
passes through one state); Cho et al. (2014), https://arxiv.org/abs/1406.1078 (GRU); Luong et al.
(2015), https://arxiv.org/abs/1508.04025, section 3 (attention after the cells, equation 5);
Bahdanau et al. (2014), https://arxiv.org/abs/1409.0473 (two directions, additive scores).
Differences: the text is not read backwards, attention is not fed back into the cells, and the first
states of all layers are the last ones of what was read.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import keras

from models import recipe as recipes
from models.backbone import Backbone
from models.bounds import Count
from models.encoder import Encoder
from models.layers import cudnn
from models.recipe import Recipe
from models.tensor import Tensor
from models.text import parallel
from models.writer import MASK, State, Writer

PAPER = Recipe(initializer="glorot_uniform", activation="tanh", normalization="none", dropout=0.2)
"""Luong et al., section 4.1: dropout between layers."""
_ALIGN, _JOIN = "alignment", "joined"


@dataclasses.dataclass(frozen=True)
class Seq2seqRecurrentConfig(parallel.ParallelConfig):
    """Architecture of the recurrent network."""

    kind: Literal["seq2seq_recurrent"] = "seq2seq_recurrent"
    """Name of this model."""
    cell: Literal["lstm", "gru"] = "lstm"
    """What carries the state from token to token."""
    attention: Literal["none", "dot", "general", "additive"] = "dot"
    """How what was read is looked at again for each token; `none`: only the last state tells."""
    units: Count = 256
    """Width of a state, of both directions together, and of a token vector."""
    num_layers: Count = 1
    """Layers on top of each other, that read and that write."""
    bidirectional: bool = True
    """Whether a text is read in both directions, each by half of the units."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bidirectional and self.units % 2:
            raise ValueError(
                "`bidirectional` gives each direction half of the units, so they must be even. "
                f"Received: units={self.units}"
            )


def build(config: Seq2seqRecurrentConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `source_ids` `(batch, sequence_length)` and `target_ids` `(batch,
        target_length + 1)` int32. Layer `features` gives the vector that each token is chosen by.
    """
    from models.layers.soft_alignment import SoftAlignment

    recipe = config.recipe.over(PAPER)
    given = parallel.ids(config)
    mask = keras.layers.Identity(name=parallel.MASK)(given.source_mask)
    embeddings = parallel.embeddings(config, config.units)

    def drop(name: str) -> keras.layers.Layer:
        return keras.layers.Dropout(recipe.dropout, name=f"{name}_dropout")

    x, states = drop("source")(embeddings.source(given.source)), []
    for name in _names("reading", config):
        x, *last = _reading(config, recipe, name)(x, mask=keras.ops.not_equal(mask, 0))
        states.append(_joined(last, config))
        x = drop(name)(x)
    memory = keras.layers.Identity(name=parallel.MEMORY)(x)
    first = {
        f"{name}_{part}": keras.layers.Identity(name=f"{name}_{part}")(state)
        for name, parts in zip(_names("writing", config), states, strict=True)
        for part, state in enumerate(parts)
    }

    writing = {
        name: (_writing(config, recipe, name), drop(name)) for name in _names("writing", config)
    }
    begin_drop, last_drop = drop("target"), drop("last")
    align = (
        None
        if config.attention == "none"
        else SoftAlignment(config.units, config.attention, recipe, name=_ALIGN)
    )
    join = _join(config, recipe)

    def written(before: Tensor) -> Tensor:
        x = begin_drop(embeddings.target(before))
        for name, (layer, dropped) in writing.items():
            begin = [first[f"{name}_{part}"] for part in range(_parts(config))]
            x = dropped(layer(x, initial_state=begin))
        if align is not None:
            context, _ = align(x, memory, mask)
            x = join(keras.ops.concatenate([context, x], axis=-1))
        return last_drop(x)

    return parallel.taught("seq2seq_recurrent", config, given, written, embeddings.logits, recipe)


encoder = parallel.encoder


def writer(config: Seq2seqRecurrentConfig, model: keras.Model, encoder: Encoder) -> Writer:
    """How a trained model writes.

    Args:
        config: Of the model.
        model: What `build` gave, with a head, and trained.
        encoder: Of the model.
    """
    from models.layers.attention import hidden_where

    names = _names("writing", config)
    parts = [f"{name}_{part}" for name in names for part in range(_parts(config))]
    layers = {name: model.get_layer(name) for name in names}
    embedding, logits = parallel.trained(config, model)
    align = None if config.attention == "none" else model.get_layer(_ALIGN)
    looked = [] if align is None else [parallel.MEMORY, parallel.MASK]
    reader = parallel.reader(model, [*parts, *looked])

    def read(inputs: dict[str, Tensor]) -> tuple[State, State]:
        found = reader(inputs)
        state = dict(zip(parts, found, strict=False))
        if align is None:
            return {}, state
        memory, mask = found[len(parts) :]
        bias = hidden_where(mask[:, None, :])
        kept = {MASK: mask, "bias": bias, "memory": memory, "scored": align.keep(memory)}
        return kept, state

    def step(ids: Tensor, place: Tensor, kept: State, state: State) -> tuple[Any, State, Any]:
        shape = keras.ops.shape(ids)
        x, after = embedding(keras.ops.reshape(ids, (-1,))), {}
        for name, layer in layers.items():
            own = [f"{name}_{part}" for part in range(_parts(config))]
            before = [keras.ops.reshape(state[one], (-1, config.units)) for one in own]
            x, found = layer.cell(x, before, training=False)
            found = found if isinstance(found, list | tuple) else [found]
            for one, value in zip(own, found, strict=True):
                after[one] = keras.ops.reshape(value, (*shape, config.units))
        x = keras.ops.reshape(x, (*shape, config.units))
        weights = keras.ops.zeros((*shape, 0))
        if align is not None:
            context, weights = align.attend(x, kept["memory"], kept["scored"], kept["bias"])
            x = model.get_layer(_JOIN)(keras.ops.concatenate([context, x], axis=-1))
        return logits(x), after, weights

    return parallel.writer(config, encoder, read, step)


def _names(prefix: str, config: Seq2seqRecurrentConfig) -> list[str]:
    return [f"{prefix}_{index}" for index in range(1, config.num_layers + 1)]


def _parts(config: Seq2seqRecurrentConfig) -> int:
    """Tensors of a state."""
    return 2 if config.cell == "lstm" else 1


def _cells(
    config: Seq2seqRecurrentConfig, recipe: Recipe, units: int, name: str, *, gives_state: bool
) -> keras.layers.Layer:
    kind = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[config.cell]
    layer = kind(
        units,
        activation=recipes.activation_inside(recipe, f"{name}_{recipe.activation}"),
        kernel_initializer=recipes.initializer(recipe),
        kernel_regularizer=recipes.regularizer(recipe),
        recurrent_regularizer=recipes.regularizer(recipe),
        return_sequences=True,
        return_state=gives_state,
        name=name,
    )
    cudnn.allow(layer, False)
    return layer


def _reading(config: Seq2seqRecurrentConfig, recipe: Recipe, name: str) -> keras.layers.Layer:
    """All states, and the last one of each direction; padding leaves a state as it is."""
    if not config.bidirectional:
        return _cells(config, recipe, config.units, name, gives_state=True)
    half = _cells(config, recipe, config.units // 2, name, gives_state=True)
    return keras.layers.Bidirectional(half, name=name)


def _writing(config: Seq2seqRecurrentConfig, recipe: Recipe, name: str) -> keras.layers.Layer:
    return _cells(config, recipe, config.units, name, gives_state=False)


def _joined(last: list[Tensor], config: Seq2seqRecurrentConfig) -> list[Tensor]:
    """The last states of both directions, side by side."""
    if not config.bidirectional:
        return last
    count = _parts(config)
    return [
        keras.ops.concatenate([last[part], last[count + part]], axis=-1) for part in range(count)
    ]


def _join(config: Seq2seqRecurrentConfig, recipe: Recipe) -> keras.layers.Layer:
    """Luong et al., equation 5: what was looked at and the state become one vector."""
    return keras.layers.Dense(
        config.units,
        activation="tanh",
        use_bias=False,
        kernel_initializer=recipes.initializer(recipe),
        kernel_regularizer=recipes.regularizer(recipe),
        name=_JOIN,
    )
