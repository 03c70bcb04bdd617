"""T5 with fresh weights: reads a text and writes another, of any size.

Source: Raffel et al. (2019), "Exploring the Limits of Transfer Learning with a Unified Text-to-Text
Transformer", https://arxiv.org/abs/1910.10683, section 2.1; `gated-gelu` is version 1.1's, after
Shazeer (2020), https://arxiv.org/abs/2002.05202. Layers are KerasHub's, and what they learned is
written as a preset of its `T5Backbone`. Differences: the embedding begins with a variance of 1, as
in T5's code and unlike KerasHub's, all of whose numbers are about 1; pieces give texts back byte
by byte.
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Annotated, Any, Literal

import keras
import keras_hub
from annotated_types import Ge

from models import pieces, sentinels
from models.backbone import Backbone
from models.bounds import Count, NotEmpty, Share
from models.encoder import Encoder
from models.pieces import Pieces
from models.tensor import Tensor
from models.text import encoder_decoder, encoder_module, piece_windows
from models.writer import Writer

_BYTES = 256
_WIDER = 4
"""How much wider a perceptron's hidden layer is, where the config does not say."""


@dataclasses.dataclass(frozen=True)
class T5Config:
    """Size of the network, and its tokens."""

    kind: Literal["t5"] = "t5"
    """Name of this model."""
    num_layers: Count = 4
    """Blocks that read, and as many that write; 6 in T5's small one."""
    num_heads: Count = 4
    """Attention heads; 8 in the small one."""
    hidden_dim: Count = 256
    """Width of a token vector; 512 in the small one."""
    intermediate_dim: Count | None = None
    """Units of the hidden layer of each block's perceptron; left out: four times `hidden_dim`."""
    key_value_dim: Count | None = None
    """Width of an attention head; left out: `hidden_dim` shared among the heads."""
    activation: Literal["relu", "gated-gelu"] = "relu"
    """Of the perceptrons: version 1's, or version 1.1's, which have a matrix more."""
    dropout: Share = 0.1
    """Rate of all dropout, in [0, 1)."""
    vocabulary_size: Annotated[int, Ge(len(sentinels.SPECIAL) + _BYTES + sentinels.NUMBER)] = 8_000
    """Most pieces, three special ones, one for each byte and 100 sentinels included; training
    replaces it by the number that the data, or `tokenizer_file`, really has."""
    tokenizer: Literal["bpe", "unigram"] = "unigram"
    """How pieces are learned from the training texts, both by SentencePiece."""
    tokenizer_file: NotEmpty | None = None
    """Learned pieces to use instead of learning them, relative to the YAML; training fills it
    in."""
    sequence_length: Annotated[int, Ge(2)] = 128
    """Tokens of a text that is read, its end included; longer ones are cut. To learn from texts
    alone, they are cut into windows of so many instead."""
    target_length: Annotated[int, Ge(2)] = 128
    """Tokens of a text that is written, its end included; longer ones are cut in training, and
    answers have no more."""

    def __post_init__(self) -> None:
        if self.key_value_dim is None and self.hidden_dim % self.num_heads:
            raise ValueError(
                f"`num_heads` must divide `hidden_dim` ({self.hidden_dim}) where `key_value_dim` "
                f"is left out. Received: num_heads={self.num_heads}"
            )

    @property
    def lowercase(self) -> bool:
        """Never: what is written has capitals."""
        return False


def build(config: T5Config) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Its size.

    Returns:
        The backbone, of `source_ids` and `target_ids`, each `(batch, length)` int32, whatever their
        length; what is written has padding before it. Layer `features` gives the vector that each
        token is chosen by; layer `backbone` is KerasHub's network.
    """
    network = keras_hub.models.T5Backbone(
        vocabulary_size=config.vocabulary_size,
        num_layers=config.num_layers,
        num_heads=config.num_heads,
        hidden_dim=config.hidden_dim,
        intermediate_dim=config.intermediate_dim or _WIDER * config.hidden_dim,
        key_value_dim=config.key_value_dim,
        dropout=config.dropout,
        activation="gelu" if config.activation == "gated-gelu" else config.activation,
        use_gated_activation=config.activation == "gated-gelu",
        name=encoder_decoder.NETWORK,
    )
    embeddings = network.token_embedding.embeddings
    embeddings.assign(keras.initializers.RandomNormal(stddev=1.0)(embeddings.shape))
    return encoder_decoder.taught("t5", network, sentinels.PADDING, (None, None))


def encoder(config: T5Config) -> Encoder:
    """Return the encoder of `text`, `(batch,)` string; targets are texts of the same shape.

    Raises:
        ValueError: If pieces must be learned first, cannot be read, or lack the special ones.
    """
    lengths = encoder_decoder.Lengths(config.sequence_length, config.target_length)
    return encoder_decoder.encoder(_tokenizer(config), lengths, _glued)


def piece_encoder(config: T5Config) -> Encoder:
    """Return the encoder of texts that share windows, and, of those in `text`, of their begins.

    Texts run on without a sign between them, as in T5's code.

    Raises:
        ValueError: As `encoder`.
    """
    import tensorflow as tf

    tokenizer = _tokenizer(config)
    lengths = encoder_decoder.Lengths(config.sequence_length, config.target_length)
    read = encoder_decoder.encoder(tokenizer, lengths, _glued).function
    names = tuple(tokenizer.id_to_token(place) for place in range(tokenizer.vocabulary_size()))
    first = len(names) - sentinels.NUMBER

    # Outside a graph KerasHub gives Python's lists.
    @tf.function
    def split(texts: Tensor) -> Tensor:
        ids = tokenizer(texts)
        # A text that has what a sentinel is spelled like asks for nothing by it.
        known = tf.where(ids.flat_values < first, ids.flat_values, sentinels.UNKNOWN)
        return ids.with_flat_values(tf.cast(known, tf.int32))

    found = Pieces(
        names,
        split,
        lambda ids: piece_windows.cut(ids, config.sequence_length),
        lambda ids: tf.zeros_like(ids, tf.uint8),
        config.sequence_length,
        around=0,
    )

    @tf.function
    def encode(features: dict[str, Tensor]) -> dict[str, Tensor]:
        if pieces.PACKED not in features:
            return dict(read(features))
        windows, _ = found.windows(piece_windows.joined(split(features[pieces.PACKED])))
        shape = (None, config.sequence_length)
        return {pieces.PIECES: windows.to_tensor(sentinels.PADDING, shape=shape)}

    return Encoder(encode, (tokenizer,), pieces=found)


def writer(config: T5Config, model: keras.Model, encoder: Encoder) -> Writer:
    """How a trained model writes.

    Args:
        config: Of the model.
        model: What `build` gave, with a head, and trained.
        encoder: Of the model.
    """
    (tokenizer,) = encoder.trackable
    found = encoder_decoder.writer(model, tokenizer, config.target_length)
    return dataclasses.replace(found, text=lambda ids: _readable(tokenizer.detokenize(ids)))


def save_pretrained(config: T5Config, model: keras.Model, folder: pathlib.Path) -> None:
    """Write what other tasks fine-tune: `preset`, as KerasHub reads it.

    Args:
        config: Of the model, with its `tokenizer_file`.
        model: Trained.
        folder: To be made.
    """
    preset = folder / encoder_module.PRESET
    preset.mkdir(parents=True)
    model.get_layer(encoder_decoder.NETWORK).save_to_preset(str(preset))
    _tokenizer(config).save_to_preset(str(preset))


def _tokenizer(config: T5Config) -> Any:
    from models.text import subwords

    path = config.tokenizer_file
    found = subwords.load(config.tokenizer, path, None, lowercase=False)
    names = tuple(found.get_vocabulary())
    first, last = len(sentinels.SPECIAL), sentinels.TEXTS[::-1]
    if (names[:first], names[-len(last) :]) != (sentinels.SPECIAL, last):
        raise ValueError(
            f"The tokenizer file {path} is not T5's: expected to begin with "
            f"{', '.join(sentinels.SPECIAL)} and to end with {last[0]} to {last[-1]}. Received: "
            f"{', '.join(names[:first])} and {names[-1]}. Give the file of another training with "
            "`model.kind: t5`, or leave out `tokenizer_file` to learn one."
        )
    return keras_hub.models.T5Tokenizer(proto=found.proto, dtype="int32")


def _glued(texts: Tensor) -> Tensor:
    """Texts without the spaces before sentinels, which stand for them, too."""
    import tensorflow as tf

    return tf.strings.regex_replace(texts, rf"\s+({sentinels.SPELLED})", r"\1")


def _readable(texts: Tensor) -> Tensor:
    """UTF-8, though pieces may be bytes that are none, with a space before each sentinel."""
    import tensorflow as tf

    valid = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")
    return tf.strings.regex_replace(valid, rf"(\S)({sentinels.SPELLED})", r"\1 \2")
