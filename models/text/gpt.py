"""GPT with fresh weights: a Transformer that tells what follows, of any size.

Sources: Radford et al. (2018), "Improving Language Understanding by Generative Pre-Training",
section 4.1; Radford et al. (2019), "Language Models are Unsupervised Multitask Learners", section
2.3. What it learned is written as a preset of KerasHub's `GPT2Backbone`, whose layout it has.
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any, Literal

import keras
import keras_hub

from models.backbone import Backbone
from models.bounds import Count
from models.encoder import Encoder
from models.recipe import Recipe
from models.tensor import Tensor
from models.text import continuing, encoder_module
from models.writer import State, Writer

_STDDEV = 0.02
"""Of the first weights: Radford et al. (2018), section 4.1."""
_EPSILON = 1e-5
_WIDER = 4
"""How much wider a perceptron's hidden layer is, where the config does not say."""
_POSITIONS, _LAST = "position_embedding", "layer_norm"


@dataclasses.dataclass(frozen=True)
class GptConfig(continuing.NetworkConfig):
    """Size of the network."""

    kind: Literal["gpt"] = "gpt"
    """Name of this model."""
    num_layers: Count = 4
    """Blocks; 12 in GPT-2's smallest."""
    num_heads: Count = 4
    """Attention heads; divides `hidden_dim`."""
    hidden_dim: Count = 256
    """Width of a token vector; 768 in GPT-2's smallest."""
    intermediate_dim: Count | None = None
    """Units of the hidden layer of each block's perceptron; left out: four times `hidden_dim`."""

    def __post_init__(self) -> None:
        if self.hidden_dim % self.num_heads:
            raise ValueError(
                f"`num_heads` must divide `hidden_dim` ({self.hidden_dim}). "
                f"Received: num_heads={self.num_heads}"
            )


def build(config: GptConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Its size.

    Returns:
        The backbone, of `token_ids` and `padding_mask`, each `(batch, sequence_length)` int32.
    """
    from models.layers.causal_block import CausalBlock
    from models.layers.writing_blocks import Size

    width = config.intermediate_dim or _WIDER * config.hidden_dim
    size = Size(config.hidden_dim, config.num_heads, width, True, _EPSILON)
    recipe = Recipe(
        initializer="random_normal",
        initializer_std=_STDDEV,
        dropout=config.dropout,
    ).over(Recipe())
    given = continuing.inputs(config)
    tokens = continuing.trimmed(given)
    embedding = continuing.embedding(config, config.hidden_dim, _STDDEV)
    x = embedding(tokens["token_ids"])
    places = keras_hub.layers.PositionEmbedding(
        config.sequence_length,
        initializer=keras.initializers.RandomNormal(stddev=_STDDEV),
        name=_POSITIONS,
    )
    x = keras.layers.Dropout(config.dropout, name="embedding_dropout")(x + places(x))
    for name in _blocks(config):
        x = CausalBlock(size, recipe, name=name)(x)
    x = keras.layers.LayerNormalization(epsilon=_EPSILON, name=_LAST)(x)
    return continuing.taught("gpt", given, tokens, x, embedding)


encoder = continuing.encoder


def writer(config: GptConfig, model: keras.Model, encoder: Encoder) -> Writer:
    """How a trained model writes.

    Args:
        config: Of the model.
        model: What `build` gave, with a head, and trained.
        encoder: Of the model.
    """
    from models.layers.attention import hidden_where

    ops = keras.ops
    blocks = {name: model.get_layer(name) for name in _blocks(config)}
    embedding = continuing.trained_embedding(model)
    places, last = model.get_layer(_POSITIONS), model.get_layer(_LAST)

    def read(ids: Tensor, sizes: Tensor) -> State:
        ids = ids[:, :-1]
        x = embedding(ids)
        x = x + places(x)
        is_read = ops.arange(ops.shape(ids)[1])[None] < sizes[:, None]
        state: dict[str, Tensor] = {"place": sizes[:, None], "is_read": is_read[..., None]}
        for name, block in blocks.items():
            x, (state[f"{name}_keys"], state[f"{name}_values"]) = block.read(x, training=False)
        return state

    def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
        place, is_read = state["place"], state["is_read"]
        x = embedding(ids)
        x = x + ops.take(places.position_embeddings, place[..., 0], axis=0)
        is_read = ops.concatenate([is_read, ops.ones_like(is_read[:, :, :1])], axis=2)
        after: dict[str, Tensor] = {"place": place + 1, "is_read": is_read}
        bias = hidden_where(is_read[:, :, None, None, :, 0])
        for name, block in blocks.items():
            keys, values = f"{name}_keys", f"{name}_values"
            x, (after[keys], after[values]) = block.step(x, (state[keys], state[values]), bias)
        return embedding(last(x), reverse=True), after

    return continuing.writer(config, encoder, read, step)


def save_pretrained(config: GptConfig, model: keras.Model, folder: pathlib.Path) -> None:
    """Write what other tasks fine-tune: `preset`, as KerasHub reads it.

    Args:
        config: Of the model, with its `tokenizer_file`.
        model: Trained.
        folder: To be made.
    """
    whole = keras_hub.models.GPT2Backbone(
        vocabulary_size=config.vocabulary_size,
        num_layers=config.num_layers,
        num_heads=config.num_heads,
        hidden_dim=config.hidden_dim,
        intermediate_dim=config.intermediate_dim or _WIDER * config.hidden_dim,
        dropout=config.dropout,
        max_sequence_length=config.sequence_length,
    )
    for name in ("token_embedding", _POSITIONS, _LAST):
        whole.get_layer(name).set_weights(model.get_layer(name).get_weights())
    for index, name in enumerate(_blocks(config)):
        _copy(model.get_layer(name), whole.get_layer(f"transformer_layer_{index}"))
    from models.text import gpt_preset

    preset = folder / encoder_module.PRESET
    preset.mkdir(parents=True)
    whole.save_to_preset(str(preset))
    tokenizer = gpt_preset.GptTokenizer(proto=continuing.tokenizer(config).proto)
    tokenizer.save_to_preset(str(preset))


def _copy(block: Any, theirs: keras.layers.Layer) -> None:
    """Give a block's weights to KerasHub's, which has the same in other shapes."""
    attention = block.attentions["self"]
    layers = {
        "self_attention/query": attention.query,
        "self_attention/key": attention.key,
        "self_attention/value": attention.value,
        "self_attention/attention_output": attention.output_,
        "self_attention_layer_norm": block.norms["self"],
        "feedforward_intermediate_dense": block.hidden,
        "feedforward_output_dense": block.shown,
        "feedforward_layer_norm": block.norms["mlp"],
    }
    ours = {
        f"{name}/{weight.name}": weight
        for name, layer in layers.items()
        for weight in layer.weights
    }
    for weight in theirs.weights:
        found = ours[weight.path.split("/", 1)[1]]
        weight.assign(keras.ops.reshape(found, weight.shape))


def _blocks(config: GptConfig) -> list[str]:
    return [f"block_{index}" for index in range(1, config.num_layers + 1)]
