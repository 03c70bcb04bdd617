"""KerasHub's networks that read a text and write another, T5's and BART's, whatever their weights.

Sources: Raffel et al. (2019), https://arxiv.org/abs/1910.10683; Lewis et al. (2019),
https://arxiv.org/abs/1910.13461. Texts are looked for by `models/tasks/writing/search.py` with the
keys and values that KerasHub's layers keep.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import keras_hub

from models.backbone import Backbone
from models.encoder import Encoder
from models.tensor import Tensor
from models.text.parallel import SOURCE, TARGET
from models.writer import State, Writer

T5 = "T5"
"""How KerasHub's classes of this family begin."""
NETWORK = "backbone"
"""Layer that is KerasHub's network."""
_PADDING = 0
"""In targets, whatever a family pads with."""


class Lengths(NamedTuple):
    """Tokens at most."""

    read: int
    """Of a text that is read, its signs included."""
    written: int
    """Of a text that is written, its end included."""


class Signs:
    """Ids around texts, as the family is pre-trained."""

    def __init__(self, tokenizer: Any) -> None:
        """Find them.

        Args:
            tokenizer: KerasHub's, of a family.
        """
        self.padding = int(tokenizer.pad_token_id)
        self.end = int(tokenizer.end_token_id)
        is_t5 = type(tokenizer).__name__.startswith(T5)
        start = () if is_t5 else (int(tokenizer.start_token_id),)
        self.before_read = start
        """Before what is read."""
        self.before = (self.padding,) if is_t5 else (self.end, *start)
        """Before what is written."""
        unknown = tokenizer.token_to_id("<unk>")
        mask = () if is_t5 else (tokenizer.token_to_id("<mask>"),)
        self.never = tuple({self.padding, *start, int(unknown), *(int(one) for one in mask)})
        """That are not written."""


def taught(
    name: str, network: keras.Model, padding: int, lengths: tuple[int | None, int | None]
) -> Backbone:
    """A network that is told what is before each token.

    Args:
        name: Of the model.
        network: KerasHub's, named `NETWORK`.
        padding: Id that is no token.
        lengths: Ids of what is read and of what is written, the signs before it included; None: as
            many as come.

    Returns:
        The backbone, of `source_ids` and `target_ids` int32 of these lengths. Layer `features`
        gives the vector that each token is chosen by.
    """
    from models.layers.trim_padding import TrimPadding

    source = keras.Input((lengths[0],), dtype="int32", name=SOURCE)
    target = keras.Input((lengths[1],), dtype="int32", name=TARGET)
    is_read = keras.ops.cast(keras.ops.not_equal(source, padding), "int32")
    read = TrimPadding(multiple=1, name="trim_source")(
        {"token_ids": source, "padding_mask": is_read}
    )
    follows = keras.ops.cast(keras.ops.not_equal(target[:, 1:], padding), "int32")
    written = TrimPadding(multiple=1, name="trim_target")(
        {"token_ids": target[:, :-1], "padding_mask": follows}
    )
    # What is behind the end of a text is seen by no token of it.
    vectors = network(
        {
            "encoder_token_ids": read["token_ids"],
            "encoder_padding_mask": read["padding_mask"],
            "decoder_token_ids": written["token_ids"],
            "decoder_padding_mask": keras.ops.ones_like(written["token_ids"]),
        }
    )["decoder_sequence_output"]
    x = keras.layers.Identity(name="features")(vectors)
    return Backbone(name, {SOURCE: source, TARGET: target}, x, decoder=_logits(network, x))


def encoder(
    tokenizer: Any, lengths: Lengths, prepared: Callable[[Tensor], Tensor] = lambda texts: texts
) -> Encoder:
    """An encoder of `text`, `(batch,)` string; targets are texts of the same shape.

    Args:
        tokenizer: KerasHub's, of a family.
        lengths: Of texts; what is longer is cut.
        prepared: What is done to texts that are read before they are split, in a graph.
    """
    import tensorflow as tf

    signs = Signs(tokenizer)

    def packed(pieces: Tensor, before: tuple[int, ...], length: int) -> Tensor:
        """Between its signs, cut and filled up, `(n, length)` int32."""

        def column(sign: int) -> Tensor:
            return tf.fill([pieces.nrows(), 1], tf.cast(sign, pieces.dtype))

        ids = tf.concat([*map(column, before), pieces, column(signs.end)], axis=1)
        return tf.cast(ids.to_tensor(signs.padding, shape=[None, length]), tf.int32)

    # Outside a graph KerasHub's tokenizers give Python's lists.
    @tf.function(autograph=False)
    def encode(features: dict[str, Tensor]) -> dict[str, Tensor]:
        pieces = tokenizer(prepared(features["text"]))
        room = lengths.read - len(signs.before_read) - 1
        return {SOURCE: packed(pieces[:, :room], signs.before_read, lengths.read)}

    @tf.function(autograph=False)
    def learned(inputs: dict[str, Tensor], texts: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        # A text that is too long has no end: its last piece is not the last one.
        ids = packed(tokenizer(texts), signs.before, lengths.written + len(signs.before))
        follows = ids[:, 1:]
        # Signs before a text are given, not learned.
        is_learned = (follows != signs.padding) & (
            tf.range(tf.shape(follows)[1]) >= len(signs.before) - 1
        )
        return {**inputs, TARGET: ids}, tf.where(is_learned, follows, _PADDING)

    def counted(inputs: dict[str, Tensor]) -> Tensor:
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
        lengths=counted,
    )


def writer(model: keras.Model, tokenizer: Any, longest: int) -> Writer:
    """How a trained model writes.

    Args:
        model: What `taught` gave, with a head, and trained.
        tokenizer: Of the model.
        longest: Tokens of a text that is written at most, its end included.
    """
    import tensorflow as tf

    signs, backbone = Signs(tokenizer), model.get_layer(NETWORK)
    network = _whole(backbone)
    lead = len(signs.before) - 1
    heads = (backbone.num_layers, 2, longest + lead, backbone.num_heads)
    size = getattr(backbone, "key_value_dim", None) or backbone.hidden_dim // backbone.num_heads

    def memory(inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        ids = inputs[SOURCE]
        ids, mask = _trimmed(ids, tf.cast(ids != signs.padding, tf.int32))
        return network.call_encoder(ids, mask), mask

    def read(inputs: dict[str, Tensor]) -> tuple[State, State]:
        vectors, mask = memory(inputs)
        rows, length = tf.shape(mask)[0], tf.shape(mask)[1]
        empty = tf.zeros((rows, *heads, size), vectors.dtype)
        unread = tf.zeros((rows, *heads[:2], length, heads[3], size), vectors.dtype)
        # The signs before a text are written here, the last of them once more by `step`.
        _, _, own, crossed = network.call_decoder_with_cache(
            vectors, mask, tf.tile([signs.before], [rows, 1]), empty, 0, unread, 0
        )
        return {"memory": vectors, "padding": mask, "crossed": crossed}, {"own": own}

    def step(ids: Tensor, place: Tensor, kept: State, state: State) -> tuple[Any, State, Any]:
        rows, k = tf.shape(ids)[0], tf.shape(ids)[1]
        vectors, mask, crossed = (
            tf.repeat(kept[name], k, axis=0) for name in ("memory", "padding", "crossed")
        )
        own = tf.reshape(state["own"], (rows * k, *heads, size))
        logits, _, own, _ = network.call_decoder_with_cache(
            vectors, mask, tf.reshape(ids, [-1, 1]), own, place + lead, crossed, None
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
        longest=longest,
        sizes=lambda inputs: tf.math.count_nonzero(
            inputs[SOURCE] != signs.padding, axis=1, dtype=tf.int32
        ),
        text=tokenizer.detokenize,
        pieces=lambda ids: tf.gather(names, ids),
        pieces_read=lambda inputs: tf.gather(names, inputs[SOURCE]),
        memory=memory,
    )


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
