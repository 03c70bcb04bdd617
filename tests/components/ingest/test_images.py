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
    prepared = images.prepare(data)
    assert prepared.data is data
    assert not prepared.is_converted


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
    assert prepared.is_converted
    assert prepared.data.startswith(b"\x89PNG")
    expected = decoded(data).convert("RGB")
    assert np.array_equal(np.asarray(decoded(prepared.data).convert("RGB")), np.asarray(expected))


def test_re_encoded_images_are_upright_and_say_so_no_more():
    prepared = decoded(images.prepare(encoded(PHOTO, "TIFF", exif=turned())).data)
    assert prepared.size == (32, 48)
    assert 0x0112 not in prepared.getexif()


@pytest.mark.parametrize("kind", ["TIFF", "PPM", "JPEG2000"])
def test_sixteen_bits_are_scaled_and_not_clipped(kind):
    ramp = np.array([[0, 257, 32896, 65535]], np.uint16)
    prepared = decoded(images.prepare(encoded(Image.fromarray(ramp), kind)).data)
    assert np.asarray(prepared).tolist() == [[0, 1, 128, 255]]


def test_what_a_gif_leaves_out_stays_transparent():
    palette = PHOTO.quantize(8)
    data = encoded(palette, "GIF", transparency=palette.getpixel((0, 0)))
    prepared = decoded(images.prepare(data).data)
    assert prepared.mode == "RGBA"
    assert prepared.getpixel((0, 0))[3] == 0
    assert prepared.getpixel((47, 31))[:3] == palette.convert("RGB").getpixel((47, 31))


def test_the_format_of_the_file_is_told():
    formats = ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000"]
    found = {images.prepare(encoded(PHOTO, kind)).format for kind in formats}
    assert found == {"JPEG", "PNG", "GIF", "BMP", "WebP", "TIFF", "PPM", "JPEG 2000"}


@pytest.mark.parametrize("tail", [bytes(5000), b"\n", b"<!-- sent by a server -->", b"IEND"])
def test_bytes_behind_the_end_of_a_png_are_read_over(tail):
    data = encoded(PHOTO, "PNG") + tail
    assert images.prepare(data).data is data


@pytest.mark.parametrize(
    "data",
    [
        encoded(PHOTO, "JPEG")[:-2],
        encoded(PHOTO, "JPEG").replace(b"\xff\xc0", b"\xff\xc3", 1),
        encoded(PHOTO, "BMP") + b"behind it",
    ],
    ids=["jpeg without end", "lossless jpeg", "bmp with a tail"],
)
def test_what_pillow_reads_and_tensorflow_does_not_is_never_kept(data):
    try:
        assert images.prepare(data).is_converted
    except images.BadImage as error:
        assert "damaged" in str(error)


def test_the_preview_of_a_raw_file_is_no_training_image():
    tags = {254: 1}
    with pytest.raises(images.BadImage, match="small preview, as in a camera's raw file"):
        images.prepare(encoded(PHOTO, "TIFF", tiffinfo=tags))


def test_libtiff_explains_itself_in_the_reason_and_not_on_the_terminal(capfd):
    data = encoded(PHOTO, "TIFF", compression="tiff_lzw")
    start = data.index(b"\x80")
    with pytest.raises(images.BadImage, match=r"damaged .*\(Using code not yet in table\.\)"):
        images.prepare(data[:start] + b"\xff" * 200 + data[start + 200 :])
    assert capfd.readouterr().err == ""


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
    ("data", "message"), [(b"", "an empty file"), (b"<html>", "web page"), (b"%!PS-Adobe", "EPS")]
)
def test_what_is_no_image_is_told_apart(data, message):
    with pytest.raises(images.BadImage, match=message):
        images.prepare(data)


def test_size_is_width_and_height():
    assert images.size(encoded(PHOTO, "JPEG")) == (48, 32)
