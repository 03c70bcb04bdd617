"""Tests of models/image/input/decode.py and orientation.py against Pillow."""

import io
import zlib

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
import tensorflow as tf

from models.image.input import decode

SIZE = 8


def make_image(width=40, height=24, mode="RGB"):
    """Smooth, and different in every corner, so that any turn or mirroring shows."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    pixels = np.stack([255 * x, 255 * y, 255 * (1 - x) * y], -1).astype("uint8")
    return PIL.Image.fromarray(pixels).convert(mode)


def encode(image, file_format, **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def expected(encoded, image=None):
    """Pillow's own reading of the file."""
    image = image or PIL.Image.open(io.BytesIO(encoded))
    image = PIL.ImageOps.exif_transpose(image).convert("RGB")
    return np.array(image.resize((SIZE, SIZE), PIL.Image.Resampling.BILINEAR))


def decode_one(encoded):
    return decode.decode(tf.constant([encoded]), SIZE).numpy()[0]


def assert_close(actual, wanted, tolerance=2):
    difference = np.abs(actual.astype(int) - wanted.astype(int))
    assert difference.max() <= tolerance, difference.max()


@pytest.mark.parametrize(
    ("mode", "file_format", "options"),
    [
        ("RGB", "JPEG", {"quality": 95}),
        ("RGB", "JPEG", {"quality": 95, "progressive": True}),
        ("L", "JPEG", {}),
        ("RGB", "PNG", {}),
        ("L", "PNG", {}),
        ("P", "PNG", {}),
        ("RGB", "BMP", {}),
    ],
)
def test_pixels_are_those_of_pillow(mode, file_format, options):
    encoded = encode(make_image(mode=mode), file_format, **options)
    assert_close(decode_one(encoded), expected(encoded))


def test_cmyk_jpeg_has_the_colours_of_pillow():
    encoded = encode(make_image(mode="CMYK"), "JPEG", quality=95)
    assert_close(decode_one(encoded), expected(encoded), tolerance=4)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("big_endian", [True, False])
def test_exif_orientation_is_applied(orientation, big_endian):
    exif = PIL.Image.Exif()
    exif.endian = ">" if big_endian else "<"
    exif[0x010F] = "a camera, named before the orientation"
    exif[0x0112] = orientation
    for file_format in ("JPEG", "PNG"):
        encoded = encode(make_image(), file_format, exif=exif.tobytes())
        assert_close(decode_one(encoded), expected(encoded))


def png_chunk(name, content):
    return (
        len(content).to_bytes(4, "big")
        + name
        + content
        + zlib.crc32(name + content).to_bytes(4, "big")
    )


@pytest.mark.parametrize("prefix", [b"", b"Exif\x00\x00"])
@pytest.mark.parametrize("place", ["before the pixels", "behind the pixels"])
def test_orientation_of_a_png_is_found_anywhere(place, prefix):
    exif = PIL.Image.Exif()
    exif[0x0112] = 8
    # The name within another chunk is no chunk.
    text = png_chunk(b"tEXt", b"Comment\x00eXIf" + b"MM\x00*")
    chunk = png_chunk(b"eXIf", prefix + exif.tobytes().removeprefix(b"Exif\x00\x00"))
    plain = encode(make_image(), "PNG")
    at = plain.index(b"IDAT" if place == "before the pixels" else b"IEND") - 4
    encoded = plain[:at] + text + chunk + plain[at:]
    turned = make_image().transpose(PIL.Image.Transpose.ROTATE_90)
    assert_close(decode_one(encoded), expected(None, turned))
    assert_close(expected(encoded), expected(None, turned))


@pytest.mark.parametrize("length", [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x03"])
def test_a_png_whose_chunks_lie_about_their_length_is_decoded_or_refused(length):
    exif = PIL.Image.Exif()
    exif[0x0112] = 8
    encoded = encode(make_image(), "PNG", exif=exif)
    at = encoded.index(b"eXIf") - 4
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid PNG"):
        decode_one(encoded[:at] + length + encoded[at + 4 :])


@pytest.mark.parametrize("big_endian", [True, False])
def test_an_orientation_of_four_bytes_is_read(big_endian):
    order = "big" if big_endian else "little"
    entry = b"".join(n.to_bytes(size, order) for n, size in ((0x0112, 2), (4, 2), (1, 4), (6, 4)))
    head = (b"MM" if big_endian else b"II") + b"".join(
        n.to_bytes(size, order) for n, size in ((42, 2), (8, 4), (1, 2))
    )
    encoded = encode(make_image(), "PNG", exif=head + entry + bytes(4))
    turned = make_image().transpose(PIL.Image.Transpose.ROTATE_270)
    assert_close(decode_one(encoded), expected(None, turned))


def test_exif_is_found_behind_another_segment():
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    plain = encode(make_image(), "JPEG", quality=95, exif=exif.tobytes())
    comment = b"\xff\xfe\x40\x02" + b"c" * 0x4000
    encoded = plain[:2] + comment + plain[2:]
    assert_close(decode_one(encoded), expected(plain))


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\x00\x00",
        b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff",
        b"Exif\x00\x00II\x2a\x00\xff\xff\xff\x7f\xff\xff",
        b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\xff\xff\x01\x12\x00\x03\x00\x00\x00\x01\x00\x09",
    ],
)
def test_malformed_exif_leaves_the_image_upright(exif):
    plain = encode(make_image(), "JPEG", quality=95)
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    encoded = plain[:2] + segment + plain[2:]
    assert_close(decode_one(encoded), expected(plain))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_shown_over_white(mode):
    image = make_image(mode=mode)
    image.putalpha(PIL.Image.linear_gradient("L").resize(image.size))
    white = PIL.Image.new("RGBA", image.size, "white")
    over_white = PIL.Image.alpha_composite(white, image.convert("RGBA"))
    assert_close(decode_one(encode(image, "PNG")), expected(None, over_white))


def test_transparent_palette_entry_is_white():
    image = make_image(mode="P")
    encoded = encode(image, "PNG", transparency=image.getpixel((0, 0)))
    rgba = PIL.Image.open(io.BytesIO(encoded)).convert("RGBA")
    white = PIL.Image.new("RGBA", image.size, "white")
    assert_close(decode_one(encoded), expected(None, PIL.Image.alpha_composite(white, rgba)))


def test_sixteen_bits_keep_their_brightness():
    gradient = np.linspace(0, 65535, 40 * 24).reshape(24, 40)
    encoded = encode(PIL.Image.fromarray(gradient.astype("uint16")), "PNG")
    eight_bits = PIL.Image.fromarray((gradient / 257).astype("uint8"))
    assert_close(decode_one(encoded), expected(None, eight_bits))


@pytest.mark.parametrize("num_colours", [2, 4, 16])
def test_small_palettes_are_opaque(num_colours):
    encoded = encode(make_image().quantize(num_colours), "PNG")
    assert_close(decode_one(encoded), expected(encoded))


def test_one_bit_is_black_and_white():
    image = make_image(mode="L").point(lambda value: 255 * (value > 90))
    encoded = encode(image.convert("1"), "PNG")
    assert_close(decode_one(encoded), expected(None, image))


def test_batch_of_several_formats_and_sizes():
    encoded = [
        encode(make_image(40, 24), "JPEG"),
        encode(make_image(9, 50), "PNG"),
        encode(make_image(3, 2), "BMP"),
    ]
    images = decode.decode(tf.constant(encoded), SIZE)
    assert images.shape == (3, SIZE, SIZE, 3)
    assert images.dtype == tf.uint8


def test_empty_batch_gives_no_images():
    graph = tf.function(lambda image_bytes: decode.decode(image_bytes, SIZE))
    assert graph(tf.constant([], tf.string)).shape == (0, SIZE, SIZE, 3)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (b"", "Cannot decode an image"),
        (b"\xff", "Cannot decode an image"),
        (b"plain text", r"expected the bytes of a JPEG, PNG or plain BMP.*plain te.*10.*as a PNG"),
        (encode(make_image(), "PNG")[:8], "Invalid PNG"),
        (encode(make_image(), "JPEG")[:300], "Invalid JPEG"),
        (encode(make_image(), "PNG")[:60], "Invalid PNG"),
        (encode(make_image(), "BMP")[:20], "(?i)BMP"),
        (encode(make_image(), "BMP")[:-9], "Input size should match"),
        (encode(make_image(), "BMP") + b"more", "Input size should match"),
        (encode(make_image(mode="P"), "BMP"), "a BMP with a palette"),
        (encode(make_image(mode="1"), "BMP"), "a BMP with a palette"),
        (encode(make_image(mode="RGBA"), "BMP"), "a BMP with a palette, .* not 24 bits a pixel"),
        (encode(make_image(), "GIF"), "a GIF"),
        (encode(make_image(), "WEBP"), "a WebP"),
        (encode(make_image(), "TIFF"), "a TIFF"),
        (encode(make_image(), "JPEG2000"), "a JPEG 2000"),
        (b"\0\0\0 ftypheic\0\0\0\0", "a HEIC or AVIF"),
        (b"<svg/>", "text, such as SVG"),
    ],
)
def test_broken_image_is_refused(broken, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        tf.function(lambda image_bytes: decode.decode(image_bytes, SIZE))(tf.constant([broken]))
