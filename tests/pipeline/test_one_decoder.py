"""A file has one meaning: in training, at a server, in `maru predict` and to Pillow.

Every format and mode that Pillow writes is tried, and files that were damaged at random.
"""

import io
import random

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from components.ingest import images
from models.image.input import decode

SIDE = 24
UNNAMED = ("PALM", "SPIDER")
"""Formats that nothing in their first bytes tells."""
MODES = (
    "1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV",
    "I", "F", "I;16", "I;16B", "I;16L",
)  # fmt: skip


def photo():
    """Smooth with some noise, and different in every corner."""
    x, y = np.meshgrid(np.linspace(0, 255, SIDE), np.linspace(0, 255, SIDE))
    noise = np.random.default_rng(1).normal(0, 9, (SIDE, SIDE, 3))
    pixels = np.stack([x, y, (255 - x) * y / 255], -1) + noise
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def as_mode(mode):
    """The photo in a mode, with all opacities where it has any."""
    image = photo()
    if mode.startswith("I;16"):
        deep = np.asarray(image.convert("L")).astype(">u2" if mode == "I;16B" else "<u2") * 257
        return Image.frombytes(mode, image.size, deep.tobytes())
    if mode == "LAB":
        return Image.frombytes(mode, image.size, image.tobytes())
    if mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    if mode in ("LA", "La"):
        image = image.convert("LA")
    return image.convert("P").convert(mode) if mode == "PA" else image.convert(mode)


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def written():
    """Kind, mode and bytes of all that Pillow writes."""
    Image.init()
    for kind in sorted(Image.SAVE):
        for mode in MODES:
            try:
                yield kind, mode, encoded(as_mode(mode), kind)
            except (OSError, ValueError, KeyError, AttributeError, RuntimeError):
                continue  # Pillow does not write this mode in this format.


def turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def special():
    """What the modes alone do not show."""
    palette = photo().quantize(16)
    small = Image.new("P", (SIDE, SIDE))
    yield "GIF", "transparent", encoded(palette, "GIF", transparency=palette.getpixel((2, 2)))
    moving = {"save_all": True, "append_images": [small]}
    yield "GIF", "moving", encoded(palette, "GIF", **moving)
    yield "PNG", "moving", encoded(photo(), "PNG", save_all=True, append_images=[as_mode("RGB")])
    yield "WEBP", "moving", encoded(photo(), "WEBP", save_all=True, append_images=[as_mode("L")])
    for colours in (2, 4, 16, 256):
        few = photo().quantize(colours)
        yield "PNG", f"{colours} colours", encoded(few, "PNG")
        cut = few.getpixel((2, 2))
        yield "PNG", f"{colours} colours, one transparent", encoded(few, "PNG", transparency=cut)
    yield "PNG", "L without a grey", encoded(as_mode("L"), "PNG", transparency=90)
    yield "PNG", "1 without white", encoded(as_mode("1"), "PNG", transparency=255)
    colour = photo().getpixel((2, 2))
    yield "PNG", "RGB without a colour", encoded(photo(), "PNG", transparency=colour)
    yield "JPEG", "progressive", encoded(photo(), "JPEG", progressive=True)
    yield "JPEG", "restarted", encoded(photo(), "JPEG", restart_marker_rows=1, subsampling=0)
    for kind in ("JPEG", "MPO", "PNG", "WEBP", "TIFF"):
        yield kind, "turned", encoded(photo(), kind, exif=turned())
    yield "PNG", "turned, transparent", encoded(as_mode("RGBA"), "PNG", exif=turned())
    for compression in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg"):
        yield "TIFF", compression, encoded(photo(), "TIFF", compression=compression)


def by_pillow(data):
    """What people see of a file on white paper, `(height, width, 3)`."""
    image = Image.open(io.BytesIO(data))
    image.load()
    if image.mode.startswith("I"):
        return np.stack([np.asarray(image).astype(int) // 257] * 3, -1)
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB")).astype(int)


@tf.function(input_signature=[tf.TensorSpec([1], tf.string)])
def graph(image_bytes):
    """The decoder of training and of every export."""
    return decode.decode(image_bytes, SIDE)


def decoded(data):
    return graph(tf.constant([data])).numpy()[0].astype(int)


def served(data):
    """What a server sees of a file; None if it refuses it."""
    try:
        return decoded(data)
    except tf.errors.InvalidArgumentError as error:
        assert "JPEG, PNG" in str(error) or "Invalid" in str(error) or "Input size" in str(error)
        return None


FILES = [*written(), *special()]


def test_there_is_something_of_every_format():
    kinds = {kind for kind, _, _ in FILES}
    assert kinds >= {"JPEG", "MPO", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000", "AVIF"}
    assert len(FILES) > 120


@pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in FILES}))
def test_trained_served_predicted_and_shown_pixels_are_the_same(kind):
    for _, mode, data in (entry for entry in FILES if entry[0] == kind):
        try:
            prepared = images.prepare(data)
        except images.BadImage as error:
            assert kind in UNNAMED or not str(error).startswith("not an image"), mode
            assert served(data) is None, mode
            continue
        trained = decoded(prepared.data)
        assert np.abs(trained - by_pillow(data)).max() <= 1, mode
        answered = served(data)
        assert (answered is None) == prepared.is_converted, mode
        assert answered is None or np.array_equal(answered, trained), mode


def damaged(data, draw):
    """Some bits flipped, some bytes cut off or out, or some added."""
    broken = bytearray(data)
    how = draw.choice(["flip", "flip", "cut", "remove", "add"])
    if how == "flip":
        for _ in range(draw.choice([1, 1, 2, 5])):
            broken[draw.randrange(len(broken))] ^= 1 << draw.randrange(8)
    elif how == "cut":
        del broken[draw.randrange(len(broken)) :]
    elif how == "remove":
        at = draw.randrange(len(broken))
        del broken[at : at + draw.randrange(1, 9)]
    else:
        broken += draw.randbytes(draw.randrange(1, 50))
    return bytes(broken)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "JPEG2000"])
def test_damage_is_refused_or_read_alike(kind):
    draw = random.Random(kind)
    whole = [data for other, _, data in FILES if other == kind]
    for _ in range(60):
        data = damaged(draw.choice(whole), draw)
        try:
            prepared = images.prepare(data)
        except images.BadImage as error:
            assert str(error)
            served(data)
            continue
        trained, answered = decoded(prepared.data), served(data)
        assert answered is None or np.array_equal(answered, trained)
