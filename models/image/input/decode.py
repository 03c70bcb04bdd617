"""Encoded image bytes to pixels, in TensorFlow graph operations only.

The same function feeds training and the exported signature, so a served image has
the pixels that training saw. What Ingest leaves as it is can be decoded here; what it
converts to PNG is refused here, so that no file has two meanings.
"""

from __future__ import annotations

import tensorflow as tf

from models.image.input import orientation
from models.tensor import Tensor

_REFUSED_FORMATS = (
    (0, b"GIF8", "a GIF"),
    (0, b"BM", "a BMP with a palette, compression, or not 24 bits a pixel"),
    (8, b"WEBP", "a WebP image"),
    (0, b"II*\x00", "a TIFF"),
    (0, b"MM\x00*", "a TIFF"),
    (4, b"jP  ", "a JPEG 2000 image"),
    (4, b"ftyp", "a HEIC or AVIF image, or a video"),
    (0, b"%PDF", "a PDF"),
    (0, b"<", "text, such as SVG or a web page"),
)
"""Position and bytes that tell a format, and its name in errors. Only the commonest: Ingest and
`maru predict` name more."""


def decode(image_bytes: Tensor, size: int) -> Tensor:
    """Decode, orient and resize a batch of images.

    JPEG (also grey and CMYK), PNG (also palette, grey, 1 to 16 bits and alpha, which is
    composited over white; of an animation, the still image) and BMP of 24 bits without
    compression. EXIF orientation is applied, of JPEG and PNG. An image is stretched to a square:
    nothing is cut away, and the aspect ratio is lost.

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


def _decode_one(image_bytes: Tensor, size: int) -> Tensor:
    """One encoded image -> `(size, size, 3)` uint8."""
    is_jpeg = _holds(image_bytes, 0, b"\xff\xd8\xff")
    is_png = _holds(image_bytes, 0, b"\x89PNG")
    pixels = _decode_format(image_bytes, is_jpeg, is_png)
    resized = tf.image.resize(pixels, (size, size), antialias=True)
    resized = tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)
    # Turning a square is cheaper than turning the photograph, and gives the same pixels.
    turn = tf.case(
        [
            (is_jpeg, lambda: orientation.read_jpeg(image_bytes)),
            (is_png, lambda: orientation.read_png(image_bytes)),
        ],
        default=lambda: tf.constant(1),
    )
    return tf.ensure_shape(orientation.apply(resized, turn), (size, size, 3))


def _decode_format(image_bytes: Tensor, is_jpeg: Tensor, is_png: Tensor) -> Tensor:
    """One encoded image -> `(height, width, 3)` float32 in 0 to 255."""
    is_known = is_jpeg | is_png | _is_plain_bmp(image_bytes)
    checked = tf.cond(is_known, lambda: is_known, lambda: _refuse(image_bytes))
    with tf.control_dependencies([checked]):
        return tf.case(
            [
                (is_jpeg, lambda: _decode_jpeg(image_bytes)),
                (is_png, lambda: _decode_png(image_bytes)),
            ],
            default=lambda: _decode_bmp(image_bytes),
        )


def _refuse(image_bytes: Tensor) -> Tensor:
    """Fail with a text for whoever sent the image."""
    name = tf.constant("bytes of another format")
    for position, magic, known in reversed(_REFUSED_FORMATS):
        name = tf.where(_holds(image_bytes, position, magic), known, name)
    refusal = tf.debugging.Assert(
        tf.strings.length(image_bytes) < 0,  # Never; a constant would fail while the graph is made.
        [
            "Cannot decode an image: expected the bytes of a JPEG, PNG or plain BMP file. Received",
            name,
            "that begin with",
            # An error text must be UTF-8; the file need not be.
            tf.strings.unicode_transcode(_part(image_bytes, 0, 8), "UTF-8", "UTF-8"),
            "and have the length",
            tf.strings.length(image_bytes),
            "Send it as a PNG; `maru predict` converts as training did.",
        ],
    )
    with tf.control_dependencies([refusal]):
        return tf.constant(False)


def _decode_jpeg(image_bytes: Tensor) -> Tensor:
    # INTEGER_ACCURATE is what libjpeg users such as Pillow get; the default is a faster,
    # coarser transform.
    pixels = tf.io.decode_jpeg(image_bytes, channels=3, dct_method="INTEGER_ACCURATE")
    return tf.cast(pixels, tf.float32)


def _decode_png(image_bytes: Tensor) -> Tensor:
    """Composite over white, the background that most pages show transparency on."""
    pixels = tf.io.decode_png(image_bytes, channels=4)
    colours, alpha = tf.cast(pixels[..., :3], tf.float32), tf.cast(pixels[..., 3:], tf.int32)
    # TensorFlow fills the alpha of opaque pixels with 2 ** bit depth - 1 (1, 3 or 15 instead of
    # 255). The bit depth is byte 24: PNG specification, section 11.2.2.
    # A file that ends before it is refused by the decoder.
    bit_depth = tf.io.decode_raw(_part(image_bytes, 24, 1) + b"\0", tf.uint8)[0]
    is_opaque = tf.reduce_all(alpha == 2 ** tf.cast(bit_depth, tf.int32) - 1)
    opacity = tf.where(is_opaque, 1.0, tf.cast(alpha, tf.float32) / 255.0)
    return colours * opacity + 255.0 * (1.0 - opacity)


def _is_plain_bmp(image_bytes: Tensor) -> Tensor:
    """Whether it is a BMP that TensorFlow reads: of others it shows palette indices or noise.

    At 14 is the length of the header, 40 of BITMAPINFOHEADER; at 28 are the bits of a pixel, and
    at 30 the compression. Source: Microsoft, "Bitmap Storage", BITMAPINFOHEADER structure.
    """
    return (
        _holds(image_bytes, 0, b"BM")
        & _holds(image_bytes, 14, b"\x28\x00\x00\x00")
        & _holds(image_bytes, 28, b"\x18\x00\x00\x00\x00\x00")
    )


def _decode_bmp(image_bytes: Tensor) -> Tensor:
    return tf.cast(tf.io.decode_bmp(image_bytes, channels=3), tf.float32)


def _holds(image_bytes: Tensor, position: int, magic: bytes) -> Tensor:
    return _part(image_bytes, position, len(magic)) == magic


def _part(image_bytes: Tensor, position: int, length: int) -> Tensor:
    """Some bytes; fewer where there are fewer, where `substr` alone would fail."""
    end = tf.strings.length(image_bytes)
    return tf.strings.substr(image_bytes, tf.minimum(position, end), length)
