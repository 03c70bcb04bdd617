"""Tests of pipeline/modules/kept_examples.py: what an export brings for people to try."""

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.modules import kept_examples

NONE = frozenset()
PHOTOS = frozenset({"image_bytes"})


def column(*values):
    return np.array([*values, None], object)[:-1]


def picture(width, height, mode="RGB", form="PNG", **options):
    depth = (height, width, 4) if mode == "RGBA" else (height, width, 3)
    noise = np.random.default_rng(3).integers(0, 256, depth, np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise, mode).save(buffer, form, **options)
    return buffer.getvalue()


def kept_picture(data):
    (found,) = kept_examples.choose({"image_bytes": column(data)}, PHOTOS)["image_bytes"]
    return found, Image.open(io.BytesIO(found))


def test_the_first_texts_are_kept_as_they_are():
    texts = [text.encode() for text in ("각 👍", "", "e\u0301", "three", "4", "5", "6")]
    kept = kept_examples.choose({"text": column(*texts)}, NONE)
    assert kept["text"].tolist() == texts[: kept_examples.MOST]


def test_rows_of_several_inputs_stay_together_and_large_ones_are_passed_over():
    large = b"x" * (kept_examples.LARGEST - 2)
    inputs = {"first": column(b"a", large, b"c"), "second": column(b"1", b"222", b"3")}
    kept = kept_examples.choose(inputs, NONE)
    assert kept["first"].tolist() == [b"a", b"c"]
    assert kept["second"].tolist() == [b"1", b"3"]


def test_of_large_ones_alone_the_smallest_is_kept():
    sizes = [kept_examples.LARGEST + extra for extra in (9, 1, 5)]
    kept = kept_examples.choose({"text": column(*(b"x" * size for size in sizes))}, NONE)
    assert list(map(len, kept["text"])) == [sizes[1]]


def test_a_small_picture_is_kept_to_the_byte():
    data = picture(31, 17)
    assert kept_picture(data)[0] == data


@pytest.mark.parametrize(("mode", "form"), [("RGB", "JPEG"), ("RGBA", "PNG")])
def test_a_large_picture_is_made_smaller(mode, form):
    found, image = kept_picture(picture(900, 450, mode))
    assert (image.size, image.format) == ((320, 160), form)


def test_a_picture_made_smaller_is_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # To be turned by a quarter.
    found, image = kept_picture(picture(800, 400, form="JPEG", exif=exif, quality=95))
    assert image.size == (160, 320)
    assert 0x0112 not in image.getexif()
