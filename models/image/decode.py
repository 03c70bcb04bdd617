"""Encoded image bytes to pixels, in TensorFlow graph operations only.

The same function feeds training and the exported signature, so a served image has
the pixels that training saw.
"""

from __future__ import annotations

import tensorflow as tf

from models.image import orientation


def decode(image_bytes, size: int):
    """Decode, orient and resize a batch of images.

    JPEG (also grey and CMYK), PNG (also palette, grey, 1 to 16 bits and alpha, which is
    composited over white), the first frame of a GIF, and BMP. The EXIF orientation of a
    JPEG is applied. An image is stretched to a square: nothing is cut away, and the
    aspect ratio is lost.

    Args:
        image_bytes: `(batch,)` string, one encoded image each; the batch may be empty.
        size: Side of the result in pixels.

    Returns:
        `(batch, size, size, 3)` uint8, red, green and blue.

    Raises:
        tf.errors.InvalidArgumentError: If an image has another format or is broken.
    """
    return tf.map_fn(
        lambda one: _decode_one(one, size),
        image_bytes,
        fn_output_signature=tf.TensorSpec((size, size, 3), tf.uint8),
    )


def _decode_one(image_bytes, size: int):
    """One encoded image -> `(size, size, 3)` uint8."""
    is_jpeg = _starts_with(image_bytes, b"\xff\xd8\xff")
    pixels = _decode_format(image_bytes, is_jpeg)
    resized = tf.image.resize(pixels, (size, size), antialias=True)
    resized = tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)
    # Turning a square is cheaper than turning the photograph, and gives the same pixels.
    turn = tf.cond(is_jpeg, lambda: orientation.read(image_bytes), lambda: 1)
    return tf.ensure_shape(orientation.apply(resized, turn), (size, size, 3))


def _decode_format(image_bytes, is_jpeg):
    """One encoded image -> `(height, width, 3)` float32 in 0 to 255."""
    is_png = _starts_with(image_bytes, b"\x89PNG")
    is_gif = _starts_with(image_bytes, b"GIF8")
    is_bmp = _starts_with(image_bytes, b"BM")
    known = tf.debugging.Assert(
        is_jpeg | is_png | is_gif | is_bmp,
        [
            "Cannot decode an image: expected the bytes of a JPEG, PNG, GIF or BMP file. "
            "Received bytes that begin with",
            # An error text must be UTF-8; the file need not be.
            tf.strings.unicode_transcode(_head(image_bytes, 8), "UTF-8", "UTF-8"),
            "and have the length",
            tf.strings.length(image_bytes),
        ],
    )
    with tf.control_dependencies([known]):
        return tf.case(
            [
                (is_jpeg, lambda: _decode_jpeg(image_bytes)),
                (is_png, lambda: _decode_png(image_bytes)),
                (is_gif, lambda: _decode_gif(image_bytes)),
            ],
            default=lambda: _decode_bmp(image_bytes),
        )


def _decode_jpeg(image_bytes):
    # INTEGER_ACCURATE is what libjpeg users such as Pillow get; the default is a faster,
    # coarser transform.
    pixels = tf.io.decode_jpeg(image_bytes, channels=3, dct_method="INTEGER_ACCURATE")
    return tf.cast(pixels, tf.float32)


def _decode_png(image_bytes):
    """Composite over white, the background that most pages show transparency on."""
    pixels = tf.io.decode_png(image_bytes, channels=4)
    colours, alpha = tf.cast(pixels[..., :3], tf.float32), tf.cast(pixels[..., 3:], tf.int32)
    # TensorFlow fills the alpha of opaque pixels with 2 ** bit depth - 1 (1, 3 or 15 instead of
    # 255). The bit depth is byte 24: PNG specification, section 11.2.2.
    bit_depth = tf.io.decode_raw(tf.strings.substr(image_bytes, 24, 1), tf.uint8)[0]
    is_opaque = tf.reduce_all(alpha == 2 ** tf.cast(bit_depth, tf.int32) - 1)
    opacity = tf.where(is_opaque, 1.0, tf.cast(alpha, tf.float32) / 255.0)
    return colours * opacity + 255.0 * (1.0 - opacity)


def _decode_gif(image_bytes):
    return tf.cast(tf.io.decode_gif(image_bytes)[0], tf.float32)


def _decode_bmp(image_bytes):
    """Grey, colour, or colour with a fourth byte, which is padding and not alpha."""
    pixels = tf.cast(tf.io.decode_bmp(image_bytes), tf.float32)
    return tf.cond(
        tf.shape(pixels)[-1] == 1,
        lambda: tf.image.grayscale_to_rgb(tf.ensure_shape(pixels, (None, None, 1))),
        lambda: pixels[..., :3],
    )


def _starts_with(image_bytes, magic: bytes):
    return _head(image_bytes, len(magic)) == magic


def _head(image_bytes, length: int):
    """First bytes; fewer when there are fewer, where `substr` alone would fail on none."""
    return tf.strings.substr(image_bytes, 0, tf.minimum(length, tf.strings.length(image_bytes)))
