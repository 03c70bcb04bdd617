"""Tests of components/ingest/images.py, on images made here."""

import io

import numpy as np
import pytest
from PIL import Image

from components.ingest import images

PIXELS = np.kron(np.random.default_rng(3).integers(0, 255, (4, 6, 3)), np.ones((8, 8, 1)))
PHOTO = Image.fromarray(PIXELS.astype(np.uint8))  # 48 wide, 32 high


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(data):
    return Image.open(io.BytesIO(data))


def turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


@pytest.mark.parametrize(
    "data",
    [
        encoded(PHOTO, "JPEG"),
        encoded(PHOTO, "JPEG", exif=turned()),
        encoded(PHOTO.convert("L"), "JPEG"),
        encoded(PHOTO.convert("CMYK"), "JPEG"),
        encoded(PHOTO, "MPO", save_all=True, append_images=[PHOTO]),
        encoded(PHOTO, "PNG"),
        encoded(PHOTO.convert("P"), "PNG"),
        encoded(PHOTO.convert("LA"), "PNG"),
        encoded(PHOTO, "BMP"),
    ],
    ids=["jpeg", "exif", "grey", "cmyk", "mpo", "png", "palette", "alpha", "bmp"],
)
def test_bytes_that_tensorflow_decodes_stay_as_they_are(data):
    assert images.prepare(data) is data


@pytest.mark.parametrize(
    "data",
    [
        encoded(PHOTO, "TIFF"),
        encoded(PHOTO, "WEBP", lossless=True),
        encoded(PHOTO, "GIF", save_all=True, append_images=[PHOTO.rotate(180)]),
        encoded(PHOTO.convert("P"), "BMP"),
        encoded(PHOTO.convert("RGBA"), "BMP"),
        encoded(PHOTO, "PPM"),
        encoded(PHOTO.convert("CMYK"), "TIFF"),
    ],
    ids=["tiff", "webp", "gif", "palette bmp", "32-bit bmp", "ppm", "cmyk tiff"],
)
def test_other_formats_become_a_png_of_the_same_pixels(data):
    prepared = images.prepare(data)
    assert prepared.startswith(b"\x89PNG")
    expected = decoded(data).convert("RGB")
    assert np.array_equal(np.asarray(decoded(prepared).convert("RGB")), np.asarray(expected))


def test_re_encoded_images_are_upright_and_say_so_no_more():
    prepared = decoded(images.prepare(encoded(PHOTO, "TIFF", exif=turned())))
    assert prepared.size == (32, 48)
    assert 0x0112 not in prepared.getexif()


def test_sixteen_bits_are_scaled_and_not_clipped():
    ramp = np.array([[0, 257, 32896, 65535]], np.uint16)
    prepared = decoded(images.prepare(encoded(Image.fromarray(ramp), "TIFF")))
    assert np.asarray(prepared).tolist() == [[0, 1, 128, 255]]


def test_pixels_without_a_known_range_are_refused():
    image = Image.fromarray(np.ones((3, 2), np.float32))
    with pytest.raises(images.BadImage, match="mode F.*save it with 8 bits"):
        images.prepare(encoded(image, "TIFF"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_truncated_images_are_refused(kind):
    data = encoded(PHOTO, kind)
    with pytest.raises(images.BadImage):
        images.prepare(data[: len(data) * 2 // 3])


def test_a_png_whose_content_was_altered_is_refused():
    data = bytearray(encoded(PHOTO, "PNG"))
    data[data.index(b"IDAT") + 20] ^= 1
    with pytest.raises(images.BadImage, match="damaged"):
        images.prepare(bytes(data))


def test_a_png_without_its_end_is_refused():
    with pytest.raises(images.BadImage, match="damaged"):
        images.prepare(encoded(PHOTO, "PNG")[:-12])


def test_decompression_bombs_are_refused_before_they_unfold():
    bomb = encoded(Image.new("1", (11_000, 11_000)), "PNG")
    assert len(bomb) < 100_000
    with pytest.raises(images.BadImage, match="11000 x 11000 pixels"):
        images.prepare(bomb)


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "an empty file"), (b"<html>", "not an image"), (b"%!PS-Adobe-3.0 EPSF", "not an image")],
)
def test_what_is_no_image_is_told_apart(data, message):
    with pytest.raises(images.BadImage, match=message):
        images.prepare(data)


def test_size_is_width_and_height():
    assert images.size(encoded(PHOTO, "JPEG")) == (48, 32)
