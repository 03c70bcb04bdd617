"""Recurrent network that tells what follows, trained from scratch.

Sources: Mikolov et al. (2010), "Recurrent neural network based language model", Interspeech;
Zaremba et al. (2014), https://arxiv.org/abs/1409.2329 (dropout between layers alone); Press and
Wolf (2017), https://arxiv.org/abs/1608.05859 (logits by the embedding).
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import keras

from models.backbone import Backbone
from models.bounds import Count
from models.encoder import Encoder
from models.layers import cudnn
from models.tensor import Tensor
from models.text import continuing
from models.writer import State, Writer


@dataclasses.dataclass(frozen=True)
class LanguageRecurrentConfig(continuing.NetworkConfig):
    """Architecture of the recurrent network."""

    kind: Literal["language_recurrent"] = "language_recurrent"
    """Name of this model."""
    cell: Literal["rnn", "lstm", "gru"] = "lstm"
    """What carries the state from token to token."""
    units: Count = 256
    """Width of a state and of a token vector."""
    num_layers: Count = 1
    """Layers on top of each other."""


def build(config: LanguageRecurrentConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `token_ids` and `padding_mask`, each `(batch, sequence_length)` int32.
    """
    given = continuing.inputs(config)
    tokens = continuing.trimmed(given)
    embedding = continuing.embedding(config, config.units, config.units**-0.5)
    x = keras.layers.Dropout(config.dropout, name="embedding_dropout")(
        embedding(tokens["token_ids"])
    )
    for name in _layers(config):
        x, *_ = _cells(config, name)(x)
        x = keras.layers.Dropout(config.dropout, name=f"{name}_dropout")(x)
    return continuing.taught("language_recurrent", given, tokens, x, embedding)


encoder = continuing.encoder


def writer(config: LanguageRecurrentConfig, model: keras.Model, encoder: Encoder) -> Writer:
    """How a trained model writes.

    Args:
        config: Of the model.
        model: What `build` gave, with a head, and trained.
        encoder: Of the model.
    """
    ops = keras.ops
    layers = {name: model.get_layer(name) for name in _layers(config)}
    embedding = continuing.trained_embedding(model)

    def read(ids: Tensor, sizes: Tensor) -> State:
        x = embedding(ids)
        mask = ops.arange(ops.shape(ids)[1])[None] < sizes[:, None]
        state: dict[str, Tensor] = {}
        for name, layer in layers.items():
            x, *last = layer(x, mask=mask, training=False)
            state |= {f"{name}_{part}": value for part, value in enumerate(last)}
        return state

    def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
        shape = ops.shape(ids)
        x, after = embedding(ops.reshape(ids, (-1,))), {}
        for name, layer in layers.items():
            own = [f"{name}_{part}" for part in range(_parts(config))]
            before = [ops.reshape(state[one], (-1, config.units)) for one in own]
            x, found = layer.cell(x, before, training=False)
            found = found if isinstance(found, list | tuple) else [found]
            for one, value in zip(own, found, strict=True):
                after[one] = ops.reshape(value, (*shape, config.units))
        logits = embedding(x, reverse=True)
        return ops.reshape(logits, (*shape, config.vocabulary_size)), after

    return continuing.writer(config, encoder, read, step)


def _layers(config: LanguageRecurrentConfig) -> list[str]:
    return [f"layer_{index}" for index in range(1, config.num_layers + 1)]


def _parts(config: LanguageRecurrentConfig) -> int:
    """Tensors of a state."""
    return 2 if config.cell == "lstm" else 1


def _cells(config: LanguageRecurrentConfig, name: str) -> keras.layers.Layer:
    kind = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
    layer = kind[config.cell](config.units, return_sequences=True, return_state=True, name=name)
    cudnn.allow(layer, False)
    return layer
