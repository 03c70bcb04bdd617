"""From a text's units to the inputs of a model that gives vectors of tokens.

Each unit is split into pieces by itself; the vector of its first piece stands for it, as in Devlin
et al. (2018), https://arxiv.org/abs/1810.04805, section 5.3. Texts of more pieces than a model
reads at once are read in windows that overlap, and each unit is taken from the window in whose
middle it comes closest, so that it has seen what stands around it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from models.backbone import PLACES
from models.encoder import Encoder, Windows
from models.tasks.task import UNITS
from models.tensor import Tensor
from models.text import config as text_config

_MOST_PIECES = 16
"""Of a unit that are read; a file without a space would be one."""
_OVERLAP = 4
"""Share of a window that the next one reads, too: one in so many pieces."""


@dataclasses.dataclass(frozen=True)
class Pieces:
    """How units are split."""

    split: Callable[[Tensor], Tensor]
    """Units `(n,)` string, NFC, to ids ragged `(n, pieces)` int32."""
    unknown: int
    """Id of a unit without any piece."""
    room: int
    """Most pieces of a window."""
    lead: int
    """Tokens before the first piece of a window."""

    def __call__(self, units: Tensor) -> Tensor:
        """Ids of units ragged `(n, units)`: ragged `(n, units, pieces)` int32, one piece at least.

        In NFC, so that composed and decomposed Hangul are the same.
        """
        import tensorflow as tf
        import tensorflow_text as tf_text

        found = self.split(tf_text.normalize_utf8(units.flat_values, "NFC"))
        found = found[:, : min(_MOST_PIECES, self.room)]
        lacking = tf.cast(found.row_lengths() == 0, tf.int64)
        fillers = tf.RaggedTensor.from_row_lengths(
            tf.fill([tf.reduce_sum(lacking)], self.unknown), lacking
        )
        return units.with_flat_values(tf.concat([found, fillers], axis=1))


def encoder(
    pieces: Pieces,
    pack: Callable[[Tensor], dict[str, Tensor]],
    length: int,
    trackable: tuple[Any, ...],
) -> Encoder:
    """An encoder of the feature `units`.

    Args:
        pieces: How units are split.
        pack: Ids of windows, ragged `(windows, pieces)`, to the model's inputs.
        length: Units of a text that are trained on, at most.
        trackable: Layers with the resources of both.
    """
    import tensorflow as tf

    @tf.function
    def first_window(features: dict[str, Tensor]) -> dict[str, Tensor]:
        ids = pieces(features[UNITS])
        places = _first_pieces(ids)
        whole = ids.merge_dims(1, 2)
        is_read = places < pieces.room
        dense = tf.where(is_read, places + pieces.lead, -1).to_tensor(-1, shape=(None, length))
        return {**pack(whole[:, : pieces.room]), PLACES: dense}

    @tf.function
    def windows(units: Tensor) -> Windows:
        return _windows(pieces(units), pieces, pack)

    return Encoder(first_window, trackable, windows)


def of_pieces(config: text_config.TokenizedConfig) -> Encoder:
    """The encoder of a model whose tokenizer is learned.

    Args:
        config: Of the model, with its `tokenizer_file`.

    Raises:
        ValueError: If the tokenizer must be learned first, or its file cannot be read.
    """
    import tensorflow as tf

    from models.text import subwords

    tokenizer = subwords.load(
        config.tokenizer, config.tokenizer_file, None, lowercase=config.lowercase
    )
    length = config.sequence_length

    def split(units: Tensor) -> Tensor:
        return tf.cast(tokenizer(units), tf.int32)

    def pack(ids: Tensor) -> dict[str, Tensor]:
        return {"token_ids": ids.to_tensor(0, shape=(None, length))}

    return encoder(Pieces(split, subwords.UNKNOWN_ID, length, 0), pack, length, (tokenizer,))


def outputs(encoder: Encoder, model: Callable[..., Any], units: Tensor) -> tuple[Tensor, Tensor]:
    """What a model says of the units of texts, however long they are, in a graph.

    Args:
        encoder: Of units.
        model: Gives `outputs` `(windows, places + m, k)`.
        units: Ragged `(n, units)` string.

    Returns:
        Outputs of the units, ragged `(n, units, k)`, and the `m` others, `(m, k)`.

    Raises:
        ValueError: If the encoder is of texts as a whole.
    """
    import tensorflow as tf

    if encoder.windows is None:
        raise ValueError(
            f"Expected the encoder of a model of units. Received: {encoder}, of whole texts."
        )
    read = encoder.windows(units)
    found = model(read.inputs, training=False)["outputs"]
    places = tf.shape(read.is_unit)[1]
    flat = tf.boolean_mask(found[:, :places], read.is_unit)
    rows = tf.RaggedTensor.from_row_lengths(flat, read.counts, validate=False)
    # Of no text there is no window either.
    return rows, tf.reduce_max(found[:1, places:], axis=0)


def _first_pieces(ids: Tensor) -> Tensor:
    """Place of each unit's first piece in its text, ragged `(n, units)` int32."""
    import tensorflow as tf

    before = tf.cumsum(tf.concat([[0], tf.cast(ids.values.row_lengths(), tf.int32)], 0))
    of_text = tf.gather(before, tf.gather(ids.row_starts(), ids.value_rowids()))
    return tf.RaggedTensor.from_row_splits(before[:-1] - of_text, ids.row_splits, validate=False)


def _windows(ids: Tensor, pieces: Pieces, pack: Callable[[Tensor], dict[str, Tensor]]) -> Windows:
    import tensorflow as tf

    room = pieces.room
    step = room - room // _OVERLAP
    whole, firsts = ids.merge_dims(1, 2), _first_pieces(ids)
    sizes = tf.cast(whole.row_lengths(), tf.int32)
    numbers = 1 + -(-tf.maximum(sizes - room, 0) // step)
    owners = tf.repeat(tf.range(tf.size(sizes)), numbers)
    begins = tf.ragged.range(numbers).flat_values * step
    offsets = tf.cast(tf.gather(whole.row_starts(), owners), tf.int32) + begins
    ends = offsets + tf.minimum(room, tf.gather(sizes, owners) - begins)
    read = tf.ragged.range(offsets, ends)
    contents = read.with_flat_values(tf.gather(whole.flat_values, read.flat_values))

    rows, places = firsts.value_rowids(), firsts.flat_values
    last = tf.gather(numbers, rows) - 1
    chosen = tf.clip_by_value((places - room // 2 + step // 2) // step, 0, last)
    of_windows = tf.gather(tf.cumsum(numbers, exclusive=True), rows) + chosen
    inside = tf.RaggedTensor.from_value_rowids(
        places - chosen * step + pieces.lead,
        of_windows,
        nrows=tf.cast(tf.size(owners), of_windows.dtype),
        validate=False,
    )
    # One place more, so that there is one where no text has a unit.
    dense = tf.pad(inside.to_tensor(-1), [[0, 0], [0, 1]], constant_values=-1)
    return Windows({**pack(contents), PLACES: dense}, dense >= 0, firsts.row_lengths())
