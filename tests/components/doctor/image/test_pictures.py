"""Tests of components/doctor/image/pictures.py."""

import io

import numpy as np
import pytest
from PIL import Image

from components.doctor import near_duplicates
from components.doctor.image import pictures


def saved(image, kind):
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def encoded(size=(9, 5), mode="RGB", kind="PNG"):
    return saved(Image.new(mode, size), kind)


def finding(files, image_size=None):
    return pictures.image_sizes({"train": pictures.look(files)}, image_size)


def test_sizes_and_channels_are_those_stored():
    seen = pictures.look([encoded(), encoded((4, 6), "L"), encoded((300, 200), "RGB", "JPEG")])
    np.testing.assert_array_equal(seen.sizes, [[9, 5], [4, 6], [300, 200]])
    assert list(seen.channels) == ["colour", "grey", "colour"]
    assert pictures.look([encoded(mode="RGBA")]).channels == ("transparent",)


def test_a_small_image_is_known_again_when_enlarged_and_saved_as_jpeg():
    scenes = np.random.default_rng(0).integers(0, 255, (3, 8, 8)).astype(np.uint8)
    small = [Image.fromarray(scene) for scene in scenes]
    files = [saved(image, "PNG") for image in small]
    files += [saved(image.resize((32, 32)), "JPEG") for image in small]
    groups = near_duplicates.group_images(pictures.look(files).grey)
    np.testing.assert_array_equal(groups[:3], groups[3:])
    assert len(set(groups)) == 3


def test_sides_are_told_by_the_least_the_median_and_the_greatest():
    found = finding([encoded(size) for size in ((4, 6), (9, 7), (30, 20), (11, 8), (12, 9))], 16)
    assert found.figures["sizes"] == {"shorter": [4, 8, 20], "longer": [6, 11, 30]}
    assert found.evidence == (
        "5 training images, sides 4 to 30 pixels (median 8 x 11), 100.0% colour; the model reads "
        "16 x 16."
    )


def test_an_image_just_twice_as_wide_as_the_others_is_not_stretched():
    assert finding([encoded((20, 10)), *[encoded((10, 10))] * 2]).verdict == "pass"


def test_images_alike_pass():
    assert finding([encoded((30, 20))] * 3, 24).verdict == "pass"


@pytest.mark.parametrize(
    ("files", "image_size", "fix"),
    [
        ([encoded()] * 8 + [encoded(mode="L")], None, "the same channels"),
        ([encoded((20, 20))] * 8 + [encoded((60, 20))] * 2, None, "to one aspect"),
        ([encoded((8, 9))] * 3, 64, "Lower `model.image_size` towards 8"),
        ([encoded((600, 700))] * 3, 32, "Raise `model.image_size`"),
    ],
)
def test_what_does_not_fit_together_is_warned_of(files, image_size, fix):
    found = finding(files, image_size)
    assert found.verdict == "warn"
    assert fix in found.fix


def test_bytes_that_are_no_image_are_refused():
    with pytest.raises(OSError, match="cannot identify image"):
        pictures.look([b"text"])


def test_no_images_have_no_pictures():
    assert pictures.look([]).grey.shape == (0, 32, 32)
