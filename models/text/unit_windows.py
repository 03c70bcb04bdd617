"""From a text's units to the inputs of a model that gives vectors of tokens.

Each unit is split into pieces by itself; the vector of its first piece stands for it, as in Devlin
et al. (2018), https://arxiv.org/abs/1810.04805, section 5.3. Texts of more pieces than a model
reads at once are read in windows that overlap, and each unit is taken from the window in whose
middle it comes closest, so that it has seen what stands around it. A question, where there is one,
stands before each window, as in section 4.2 there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from models.backbone import PLACES
from models.encoder import Encoder, Windows
from models.tasks.task import QUESTION, UNITS
from models.tensor import Tensor
from models.text import config as text_config

_MOST_PIECES = 16
"""Of a unit that are read; a file without a space would be one."""
_OVERLAP = 4
"""Share of a window that the next one reads, too: one in so many pieces."""
_QUESTION = 3
"""Share of what is read at once that a question may take: one in so many pieces."""

Pack = Callable[[tuple[Tensor, ...]], dict[str, Tensor]]
"""Ids of questions, if there are any, and of windows, ragged `(windows, pieces)`, to the model's
inputs."""


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
    """Tokens before the first piece of a window, or of its question."""
    between: int
    """Tokens between a question and a window."""

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


def encoder(pieces: Pieces, pack: Pack, length: int, trackable: tuple[Any, ...]) -> Encoder:
    """An encoder of the feature `units`, and of `question`, if there is one.

    Args:
        pieces: How units are split.
        pack: See `Pack`.
        length: Units of a text that are trained on, at most.
        trackable: Layers with the resources of both.
    """
    import tensorflow as tf

    @tf.function
    def first_window(features: dict[str, Tensor]) -> dict[str, Tensor]:
        before, room, lead = _before_windows(features, pieces)
        ids = pieces(features[UNITS])
        places = _first_pieces(ids)
        whole = ids.merge_dims(1, 2)
        kept = places.with_flat_values(tf.gather(room, places.value_rowids()))
        leads = places.with_flat_values(tf.gather(lead, places.value_rowids()))
        dense = tf.where(places < kept, places + leads, -1).to_tensor(-1, shape=(None, length))
        read = tf.ragged.range(
            tf.cast(whole.row_starts(), tf.int32),
            tf.cast(whole.row_starts(), tf.int32)
            + tf.minimum(tf.cast(whole.row_lengths(), tf.int32), room),
        )
        window = read.with_flat_values(tf.gather(whole.flat_values, read.flat_values))
        return {**pack((*before, window)), PLACES: dense}

    @tf.function
    def windows(features: dict[str, Tensor]) -> Windows:
        return _windows(features, pieces, pack)

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

    def pack(ids: tuple[Tensor, ...]) -> dict[str, Tensor]:
        rows = ids[0]
        if len(ids) == 2:
            separator = tf.fill([rows.nrows(), 1], tf.constant(subwords.UNKNOWN_ID, rows.dtype))
            rows = tf.concat([rows, separator, ids[1]], axis=1)
        return {"token_ids": rows.to_tensor(0, shape=(None, length))}

    found = Pieces(split, subwords.UNKNOWN_ID, length, lead=0, between=1)
    return encoder(found, pack, length, (tokenizer,))


def outputs(
    encoder: Encoder, model: Callable[..., Any], features: dict[str, Tensor]
) -> tuple[Tensor, Tensor]:
    """What a model says of the units of texts, however long they are, in a graph.

    Args:
        encoder: Of units.
        model: Gives `outputs` `(windows, places + m, k)`.
        features: `units`, ragged `(n, units)` string, and `question` `(n,)`, if there is one.

    Returns:
        Outputs of the units, ragged `(n, units, k)`, and the `m` others, the least of each text's
        windows, `(n, m, k)`.

    Raises:
        ValueError: If the encoder is of texts as a whole.
    """
    import tensorflow as tf

    if encoder.windows is None:
        raise ValueError(
            f"Expected the encoder of a model of units. Received: {encoder}, of whole texts."
        )
    read = encoder.windows(features)
    found = model(read.inputs, training=False)["outputs"]
    places = tf.shape(read.is_unit)[1]
    flat = tf.boolean_mask(found[:, :places], read.is_unit)
    rows = tf.RaggedTensor.from_row_lengths(flat, read.counts, validate=False)
    return rows, tf.math.unsorted_segment_min(found[:, places:], read.owners, rows.nrows())


def _before_windows(
    features: dict[str, Tensor], pieces: Pieces
) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
    """Questions, and what they leave to the windows of their texts.

    Returns:
        Ids of questions, ragged `(n, pieces)`, if there are any; most pieces of a window, and
        tokens before its first, of each text, `(n,)` int32 both.
    """
    import tensorflow as tf
    import tensorflow_text as tf_text

    number = features[UNITS].nrows()
    if QUESTION not in features:
        return (), tf.fill([number], pieces.room), tf.fill([number], pieces.lead)
    asked = pieces.split(tf_text.normalize_utf8(features[QUESTION], "NFC"))
    asked = asked[:, : pieces.room // _QUESTION]
    taken = tf.cast(asked.row_lengths(), tf.int32) + pieces.between
    return (asked,), pieces.room - taken, pieces.lead + taken


def _first_pieces(ids: Tensor) -> Tensor:
    """Place of each unit's first piece in its text, ragged `(n, units)` int32."""
    import tensorflow as tf

    before = tf.cumsum(tf.concat([[0], tf.cast(ids.values.row_lengths(), tf.int32)], 0))
    of_text = tf.gather(before, tf.gather(ids.row_starts(), ids.value_rowids()))
    return tf.RaggedTensor.from_row_splits(before[:-1] - of_text, ids.row_splits, validate=False)


def _windows(features: dict[str, Tensor], pieces: Pieces, pack: Pack) -> Windows:
    import tensorflow as tf

    before, room, lead = _before_windows(features, pieces)
    ids = pieces(features[UNITS])
    step = room - room // _OVERLAP
    whole, firsts = ids.merge_dims(1, 2), _first_pieces(ids)
    sizes = tf.cast(whole.row_lengths(), tf.int32)
    numbers = 1 + -(-tf.maximum(sizes - room, 0) // step)
    owners = tf.repeat(tf.range(tf.size(sizes)), numbers)
    begins = tf.ragged.range(numbers).flat_values * tf.gather(step, owners)
    offsets = tf.cast(tf.gather(whole.row_starts(), owners), tf.int32) + begins
    ends = offsets + tf.minimum(tf.gather(room, owners), tf.gather(sizes, owners) - begins)
    read = tf.ragged.range(offsets, ends)
    contents = read.with_flat_values(tf.gather(whole.flat_values, read.flat_values))

    rows, places = firsts.value_rowids(), firsts.flat_values
    last = tf.gather(numbers, rows) - 1
    rooms, steps, leads = (tf.gather(each, rows) for each in (room, step, lead))
    chosen = tf.clip_by_value((places - rooms // 2 + steps // 2) // steps, 0, last)
    of_windows = tf.gather(tf.cumsum(numbers, exclusive=True), rows) + chosen
    inside = tf.RaggedTensor.from_value_rowids(
        places - chosen * steps + leads,
        of_windows,
        nrows=tf.cast(tf.size(owners), of_windows.dtype),
        validate=False,
    )
    # One place more, so that there is one where no text has a unit.
    dense = tf.pad(inside.to_tensor(-1), [[0, 0], [0, 1]], constant_values=-1)
    asked = tuple(tf.gather(each, owners) for each in before)
    inputs = {**pack((*asked, contents)), PLACES: dense}
    return Windows(inputs, dense >= 0, firsts.row_lengths(), owners)
