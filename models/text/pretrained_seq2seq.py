"""Pretrained networks that read a text and write another, fine-tuned: the families T5 and BART.

Sources: Raffel et al. (2019), "T5", https://arxiv.org/abs/1910.10683 (one network for many tasks,
told apart by the words before each text); Lewis et al. (2019), "BART",
https://arxiv.org/abs/1910.13461. Layers, weights and pieces are KerasHub's; texts are looked for by
`models/tasks/writing/search.py` with the keys and values that KerasHub's layers keep.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

import keras
import keras_hub
from annotated_types import Ge

from models.backbone import Backbone
from models.bounds import NotEmpty
from models.encoder import Encoder
from models.tensor import Tensor
from models.text import presets
from models.text.parallel import SOURCE, TARGET
from models.writer import State, Writer

_FAMILIES = ("T5", "Bart")
"""Of KerasHub: names of classes begin with them."""
_PADDING = 0
"""In targets, whatever the preset pads with."""


@dataclasses.dataclass(frozen=True)
class PretrainedSeq2seqConfig:
    """Which pretrained network reads and writes; all of it is trained."""

    kind: Literal["pretrained_seq2seq"] = "pretrained_seq2seq"
    """Name of this model."""
    preset: Annotated[NotEmpty, "Example: `preset: t5_small_multi`"] = "t5_small_multi"
    """A KerasHub preset name, a handle such as hf://organisation/model, or a folder, relative to
    the YAML; of T5 or BART."""
    prefix: str = ""
    """What is put before each text that is read, as `translate English to German: ` for T5."""
    sequence_length: Annotated[int, Ge(2)] = 128
    """Tokens of a text that is read, its signs included; longer ones are cut."""
    target_length: Annotated[int, Ge(2)] = 128
    """Tokens of a text that is written, its end included; longer ones are cut in training, and
    answers have no more."""


def build(config: PretrainedSeq2seqConfig) -> Backbone:
    """Build the network with the preset's weights.

    Args:
        config: Preset and lengths.

    Returns:
        The backbone, of `source_ids` `(batch, sequence_length)` and `target_ids` `(batch,
        target_length + the signs before a text)` int32. Layer `features` gives the vector that each
        token is chosen by; layer `backbone` is the preset's network.

    Raises:
        ValueError: If the preset cannot be loaded, is of another family or reads fewer tokens.
    """
    from models.layers.trim_padding import TrimPadding

    signs = _Signs(_tokenizer(config))
    backbone = _network(config)
    source = keras.Input((config.sequence_length,), dtype="int32", name=SOURCE)
    target = keras.Input((config.target_length + len(signs.before),), dtype="int32", name=TARGET)
    is_read = keras.ops.cast(keras.ops.not_equal(source, signs.padding), "int32")
    read = TrimPadding(multiple=1, name="trim_source")(
        {"token_ids": source, "padding_mask": is_read}
    )
    follows = keras.ops.cast(keras.ops.not_equal(target[:, 1:], signs.padding), "int32")
    written = TrimPadding(multiple=1, name="trim_target")(
        {"token_ids": target[:, :-1], "padding_mask": follows}
    )
    # What is behind the end of a text is seen by no token of it.
    vectors = backbone(
        {
            "encoder_token_ids": read["token_ids"],
            "encoder_padding_mask": read["padding_mask"],
            "decoder_token_ids": written["token_ids"],
            "decoder_padding_mask": keras.ops.ones_like(written["token_ids"]),
        }
    )["decoder_sequence_output"]
    x = keras.layers.Identity(name="features")(vectors)
    return Backbone(
        "pretrained_seq2seq", {SOURCE: source, TARGET: target}, x, decoder=_logits(backbone, x)
    )


def encoder(config: PretrainedSeq2seqConfig) -> Encoder:
    """Return the encoder of `text`, `(batch,)` string; targets are texts of the same shape.

    Raises:
        ValueError: If the preset cannot be loaded.
    """
    import tensorflow as tf

    tokenizer = _tokenizer(config)
    signs = _Signs(tokenizer)

    def packed(pieces: Tensor, before: tuple[int, ...], length: int) -> Tensor:
        """Between its signs, cut and filled up, `(n, length)` int32."""

        def column(sign: int) -> Tensor:
            return tf.fill([pieces.nrows(), 1], tf.cast(sign, pieces.dtype))

        ids = tf.concat([*map(column, before), pieces, column(signs.end)], axis=1)
        return tf.cast(ids.to_tensor(signs.padding, shape=[None, length]), tf.int32)

    # Outside a graph KerasHub's tokenizers give Python's lists.
    @tf.function(autograph=False)
    def encode(features: dict[str, Tensor]) -> dict[str, Tensor]:
        pieces = tokenizer(tf.strings.join([config.prefix, features["text"]]))
        room = config.sequence_length - len(signs.before_read) - 1
        return {SOURCE: packed(pieces[:, :room], signs.before_read, config.sequence_length)}

    @tf.function(autograph=False)
    def learned(inputs: dict[str, Tensor], texts: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        # A text that is too long has no end: its last piece is not the last one.
        ids = packed(tokenizer(texts), signs.before, config.target_length + len(signs.before))
        follows = ids[:, 1:]
        # Signs before a text are given, not learned.
        is_learned = (follows != signs.padding) & (
            tf.range(tf.shape(follows)[1]) >= len(signs.before) - 1
        )
        return {**inputs, TARGET: ids}, tf.where(is_learned, follows, _PADDING)

    def lengths(inputs: dict[str, Tensor]) -> Tensor:
        counts = [
            tf.math.count_nonzero(inputs[name] != signs.padding, axis=1)
            for name in (TARGET, SOURCE)
        ]
        return tf.stack(counts, axis=1)

    return Encoder(
        encode,
        (tokenizer,),
        learned=learned,
        written=tokenizer.vocabulary_size(),
        lengths=lengths,
    )


def writer(config: PretrainedSeq2seqConfig, model: keras.Model, encoder: Encoder) -> Writer:
    """How a trained model writes.

    Args:
        config: Of the model.
        model: What `build` gave, with a head, and trained.
        encoder: Of the model.
    """
    import tensorflow as tf

    (tokenizer,) = encoder.trackable
    signs, backbone = _Signs(tokenizer), model.get_layer("backbone")
    network = _whole(backbone)
    lead = len(signs.before) - 1
    heads = (backbone.num_layers, 2, config.target_length + lead, backbone.num_heads)
    size = getattr(backbone, "key_value_dim", None) or backbone.hidden_dim // backbone.num_heads

    def read(inputs: dict[str, Tensor]) -> tuple[State, State]:
        ids = inputs[SOURCE]
        mask = tf.cast(ids != signs.padding, tf.int32)
        ids, mask = _trimmed(ids, mask)
        memory = network.call_encoder(ids, mask)
        rows = tf.shape(ids)[0]
        empty = tf.zeros((rows, *heads, size), memory.dtype)
        unread = tf.zeros((rows, *heads[:2], tf.shape(ids)[1], heads[3], size), memory.dtype)
        # The signs before a text are written here, the last of them once more by `step`.
        _, _, own, crossed = network.call_decoder_with_cache(
            memory, mask, tf.tile([signs.before], [rows, 1]), empty, 0, unread, 0
        )
        return {"memory": memory, "padding": mask, "crossed": crossed}, {"own": own}

    def step(ids: Tensor, place: Tensor, kept: State, state: State) -> tuple[Any, State, Any]:
        rows, k = tf.shape(ids)[0], tf.shape(ids)[1]
        memory, mask, crossed = (
            tf.repeat(kept[name], k, axis=0) for name in ("memory", "padding", "crossed")
        )
        own = tf.reshape(state["own"], (rows * k, *heads, size))
        logits, _, own, _ = network.call_decoder_with_cache(
            memory, mask, tf.reshape(ids, [-1, 1]), own, place + lead, crossed, None
        )
        logits = tf.cast(tf.reshape(logits, [rows, k, backbone.vocabulary_size]), tf.float32)
        return (
            logits,
            {"own": tf.reshape(own, [rows, k, *heads, size])},
            tf.zeros([rows, k, 0]),
        )

    size_of_text = tokenizer.vocabulary_size()
    # A network may have rows that no piece has, so that their number suits machines.
    words = [tokenizer.id_to_token(place) for place in range(size_of_text)]
    names = tf.constant([*words, *[""] * (backbone.vocabulary_size - size_of_text)])
    return Writer(
        read=read,
        step=step,
        begin=signs.before[-1],
        end=signs.end,
        never=(*signs.never, *range(size_of_text, backbone.vocabulary_size)),
        longest=config.target_length,
        sizes=lambda inputs: tf.math.count_nonzero(
            inputs[SOURCE] != signs.padding, axis=1, dtype=tf.int32
        ),
        text=tokenizer.detokenize,
        pieces=lambda ids: tf.gather(names, ids),
        pieces_read=lambda inputs: tf.gather(names, inputs[SOURCE]),
    )


class _Signs:
    """Ids around texts, as the family was pre-trained."""

    def __init__(self, tokenizer: Any) -> None:
        self.padding = int(tokenizer.pad_token_id)
        self.end = int(tokenizer.end_token_id)
        is_t5 = type(tokenizer).__name__.startswith(_FAMILIES[0])
        start = () if is_t5 else (int(tokenizer.start_token_id),)
        self.before_read = start
        """Before what is read."""
        self.before = (self.padding,) if is_t5 else (self.end, *start)
        """Before what is written."""
        unknown = tokenizer.token_to_id("<unk>")
        mask = () if is_t5 else (tokenizer.token_to_id("<mask>"),)
        self.never = tuple({self.padding, *start, int(unknown), *(int(one) for one in mask)})
        """That are not written."""


def _network(config: PretrainedSeq2seqConfig) -> keras.Model:
    backbone = presets.load(
        keras_hub.models.Backbone.from_preset,
        config.preset,
        # A preset remembers its dtype; the training's counts.
        dtype=keras.config.dtype_policy().name,
        name="backbone",
    )
    _require_family(config, backbone)
    longest = getattr(backbone, "max_sequence_length", None)
    for field in ("sequence_length", "target_length"):
        if longest is not None and getattr(config, field) >= longest:
            raise ValueError(
                f"The preset {config.preset!r} has {longest} places, one of them for a sign. "
                f"Received: {field}={getattr(config, field)}"
            )
    return backbone


def _require_family(config: PretrainedSeq2seqConfig, part: Any) -> None:
    name = type(part).__name__
    if name not in {
        f"{family}{kind}" for family in _FAMILIES for kind in ("Backbone", "Tokenizer")
    }:
        raise ValueError(
            f"The preset {config.preset!r} is of no family that reads and writes: expected T5 or "
            f"BART. Received: {name}. Choose another `preset`."
        )


def _tokenizer(config: PretrainedSeq2seqConfig) -> Any:
    tokenizer = presets.load(keras_hub.models.Tokenizer.from_preset, config.preset)
    _require_family(config, tokenizer)
    return tokenizer


def _whole(backbone: keras.Model) -> Any:
    """KerasHub's model of a family, which shares the backbone's layers."""
    family = type(backbone).__name__.removesuffix("Backbone")
    return getattr(keras_hub.models, f"{family}Seq2SeqLM")(backbone=backbone, preprocessor=None)


def _logits(backbone: keras.Model, vectors: Any) -> Any:
    """Float32 logits of the vectors that tokens are chosen by."""
    if getattr(backbone, "tie_embedding_weights", False):
        # T5 divides by the root of the width where the embedding is the way back, too.
        vectors = vectors * backbone.hidden_dim**-0.5
    return keras.ops.cast(backbone.token_embedding(vectors, reverse=True), "float32")


def _trimmed(ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Without what is padding in all rows."""
    import tensorflow as tf

    longest = tf.reduce_max(tf.concat([tf.reduce_sum(mask, 1), [1]], 0))
    return ids[:, :longest], mask[:, :longest]
