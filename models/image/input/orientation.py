"""The EXIF orientation of a JPEG or PNG, read and applied in TensorFlow graph operations.

Sources: "Exchangeable image file format for digital still cameras: Exif 2.32", CIPA
DC-008, sections 4.5.2 (APP1 segment), 4.6.2 (IFD) and 4.6.4 (tag 274); ITU-T T.81,
annex B.1.1 (marker segments); W3C, "Portable Network Graphics (PNG) Specification", third
edition, sections 5.3 (chunks) and 11.3.4.5 (eXIf).
"""

from __future__ import annotations

import tensorflow as tf

from models.tensor import Tensor

# A segment is at most 64 KiB; the camera's comes first or follows one of 64 KiB at most.
_SEARCHED_BYTES = 1 << 17
# Zeros behind the data make every fixed-size read valid; a zero is never a match.
_PADDING = 1 << 17
_APP1, _START_OF_SCAN = 0xE1, 0xDA
_TAG, _SHORT, _LONG = 0x0112, 3, 4
_NAME = b"Exif\x00\x00"
_CHUNK = b"eXIf"
_PNG_SIGNATURE = 8


def read_jpeg(jpeg: Tensor) -> Tensor:
    """Read the orientation of one JPEG.

    Args:
        jpeg: Scalar string.

    Returns:
        Scalar int32, 1 to 8; 1, upright, when there is none or it is malformed.
    """
    data = _padded(tf.strings.substr(jpeg, 0, _SEARCHED_BYTES))
    exif = _find_exif(data)
    return tf.cond(exif > 0, lambda: _read_tiff(data, exif + len(_NAME)), lambda: tf.constant(1))


def read_png(png: Tensor) -> Tensor:
    """Read the orientation of one PNG, from the first eXIf chunk before or behind the pixels.

    Args:
        png: Scalar string.

    Returns:
        Scalar int32, 1 to 8; 1, upright, when there is none or it is malformed.
    """
    # Few PNGs have the chunk, and one look through the bytes is quicker than a walk along chunks.
    parts = tf.raw_ops.StringSplitV2(input=[png], sep=_CHUNK, maxsplit=1)
    return tf.cond(tf.size(parts.values) > 1, lambda: _read_chunk(png), lambda: tf.constant(1))


def apply(image: Tensor, orientation: Tensor) -> Tensor:
    """Turn an image upright.

    Args:
        image: `(size, size, channels)`, square, so that its shape is kept.
        orientation: Scalar int32, 1 to 8.

    Returns:
        The image as its photographer saw it, same shape and dtype.
    """
    # Every orientation is a transposition followed by mirroring; 6, the commonest, is
    # "turn clockwise": transpose, then mirror left and right.
    image = tf.cond(orientation >= 5, lambda: tf.transpose(image, (1, 0, 2)), lambda: image)
    columns = _is_one_of(orientation, (2, 3, 6, 7))
    rows = _is_one_of(orientation, (3, 4, 7, 8))
    image = tf.cond(columns, lambda: tf.reverse(image, [1]), lambda: image)
    return tf.cond(rows, lambda: tf.reverse(image, [0]), lambda: image)


def _is_one_of(value: Tensor, choices: tuple[int, ...]) -> Tensor:
    return tf.reduce_any(tf.equal(value[..., None], choices), axis=-1)


def _padded(part: Tensor) -> Tensor:
    """Bytes as `(length + _PADDING,)` int32, with zeros behind them."""
    data = tf.cast(tf.io.decode_raw(part, tf.uint8), tf.int32)
    return tf.pad(data, [[0, _PADDING]])


def _read_chunk(png: Tensor) -> Tensor:
    """The orientation in the first eXIf chunk, found from chunk to chunk."""
    end = tf.strings.length(png)

    def is_inside(position: Tensor) -> Tensor:
        return (position >= 0) & (position + 8 < end)

    def searching(position: Tensor) -> Tensor:
        name = tf.strings.substr(png, tf.clip_by_value(position + 4, 0, end), 4)
        return is_inside(position) & (name != _CHUNK)

    def next_chunk(position: Tensor) -> Tensor:
        length = tf.strings.substr(png, position, 4)
        length = tf.io.decode_raw(length, tf.int32, little_endian=False)[0]
        # What is no length, as 2 GiB and more are not, ends the search.
        return (tf.where((length >= 0) & (length < end), position + 12 + length, -1),)

    (position,) = tf.while_loop(searching, next_chunk, (tf.constant(_PNG_SIGNATURE),))
    start = tf.where(is_inside(position), position + 8, end)
    data = _padded(tf.strings.substr(png, start, _SEARCHED_BYTES))
    # Some writers repeat the name that stands before the same data in a JPEG.
    return _read_tiff(data, tf.where(_is_named(data, 0), len(_NAME), 0))


def _is_named(data: Tensor, position: Tensor) -> Tensor:
    return tf.reduce_all(data[position : position + len(_NAME)] == tf.constant(list(_NAME)))


def _find_exif(data: Tensor) -> Tensor:
    """Position of the name `Exif` in the first APP1 segment that has one, or 0."""

    def is_exif(position: Tensor) -> Tensor:
        return (data[position + 1] == _APP1) & _is_named(data, position + 4)

    def searching(position: Tensor) -> Tensor:
        is_segment = (data[position] == 0xFF) & (data[position + 1] != _START_OF_SCAN)
        inside = position < tf.size(data) - _PADDING
        return inside & is_segment & ~is_exif(position)

    def next_segment(position: Tensor) -> Tensor:
        length = data[position + 2] * 256 + data[position + 3]
        return (tf.minimum(position + 2 + length, tf.size(data) - _PADDING),)

    (position,) = tf.while_loop(searching, next_segment, (tf.constant(2),))
    return tf.where(is_exif(position), position + 4, 0)


def _read_tiff(data: Tensor, start: Tensor) -> Tensor:
    """Read tag 274 of the first directory of the TIFF structure at `start`."""
    mark = data[start : start + 4]
    is_little = tf.reduce_all(mark == tf.constant(list(b"II*\0")))
    is_tiff = is_little | tf.reduce_all(mark == tf.constant(list(b"MM\0*")))
    offset = _integer(data, start + 4, 4, is_little)
    # A broken offset must neither overflow nor leave the padded data.
    directory = start + tf.clip_by_value(offset, 0, _PADDING // 2)
    directory = tf.minimum(directory, tf.size(data) - _PADDING)
    num_entries = tf.minimum(_integer(data, directory, 2, is_little), 512)
    entries = data[directory + 2 : directory + 2 + num_entries * 12]
    entries = tf.reshape(entries, (-1, 12))
    kind = _column(entries, 2, is_little)
    # A number of four bytes, which some writers use, has its small values in the later two.
    value = _column(entries, 8, is_little)
    value = tf.where((kind == _LONG) & ~is_little, _column(entries, 10, is_little), value)
    is_match = (_column(entries, 0, is_little) == _TAG) & _is_one_of(kind, (_SHORT, _LONG))
    value = tf.concat([tf.boolean_mask(value, is_match), [1]], 0)[0]
    return tf.where(is_tiff & (value >= 1) & (value <= 8), value, 1)


def _column(entries: Tensor, index: int, is_little: Tensor) -> Tensor:
    """Two bytes of every directory entry as an integer, `(entries,)` int32."""
    first, second = entries[:, index], entries[:, index + 1]
    return tf.where(is_little, first + 256 * second, 256 * first + second)


def _integer(data: Tensor, position: Tensor, length: int, is_little: Tensor) -> Tensor:
    """Unsigned integer of 2 or 4 bytes; int32, so that 2 GiB and above turn negative."""
    digits = data[position : position + length]
    digits = tf.cond(is_little, lambda: tf.reverse(digits, [0]), lambda: digits)
    powers = tf.constant([256**power for power in reversed(range(length))])
    return tf.reduce_sum(digits * powers)
