"""Tests of the numbers that components/doctor/image/cues.py reads in images."""

import io

import numpy as np
import pytest
from PIL import Image

from components.doctor.image import cues


def png(pixels):
    stream = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def read(pixels):
    return cues.read([png(pixels)])


def stepped(place, shape=(16, 16)):
    """Black up to a column, light from there on."""
    return np.where(np.arange(shape[1]) < place, 0, 100) * np.ones(shape)


@pytest.mark.parametrize(
    ("pixels", "blocks"),
    [
        (stepped(8), 50),  # Mean of both directions; steps within blocks are 0.
        (stepped(8).T, 50),
        (stepped(7), 0),
        (stepped(9), 0),
        (stepped(4, (8, 8)), 0),  # There is but one block.
        (stepped(8, (1, 9)), 100),
        (stepped(8, (16, 16)) + stepped(4, (16, 16)), 50 / (100 / 14 + 1)),
    ],
)
def test_steps_between_blocks_of_eight_pixels_are_seen(pixels, blocks):
    assert read(pixels).file["compression"][0].tolist() == [0, 0, pytest.approx(blocks)]


def test_what_a_file_is_told_by():
    colored = np.full((4, 8, 3), 100)
    colored[:2, :4, 0] += 25
    colored[2:, :4, 1] += 24  # As good as grey.
    alpha = np.full((6, 3, 4), 128)
    measured = cues.read([png(colored), png(alpha)])
    assert measured.file["size"].tolist() == [[8, 4, 2], [3, 6, 0.5]]
    assert measured.file["file format"].tolist() == [[1], [1]]
    assert measured.file["channels"].tolist() == [[0, 0.25], [1, 0]]


@pytest.mark.parametrize(("kind", "number"), [("JPEG", 0), ("PNG", 1), ("BMP", 3), ("GIF", -1)])
def test_each_format_has_a_number(kind, number):
    stream = io.BytesIO()
    Image.new("RGB", (20, 20), (9, 9, 9)).save(stream, kind)
    measured = cues.read([stream.getvalue()])
    assert measured.file["file format"].tolist() == [[number]]
    tables = measured.file["compression"][0, :2]
    assert (tables > 0).tolist() == [kind == "JPEG"] * 2


def test_brightness_contrast_and_extremes_are_those_of_all_pixels():
    shades = np.repeat([1, 2, 100, 253, 254], [1, 1, 6, 1, 1])[:, None] * np.ones((10, 10))
    whole = {name: numbers[0].tolist() for name, numbers in read(shades).whole.items()}
    assert whole["brightness"] == [111, 100]
    assert whole["contrast"] == [pytest.approx(shades.std()), 253]
    edges = (1 + 98 + 153 + 1) / 9
    assert whole["sharpness"] == [pytest.approx(edges), 0, 0]
    assert whole["extreme pixels"] == [1, 254, pytest.approx(0.1), pytest.approx(0.1), 0]
    low = np.repeat([10, 90], [6, 94]).reshape(10, 10)
    assert read(low).whole["contrast"][0, 1] == 80
    assert read(255 - low).whole["contrast"][0, 1] == 80
    lower = np.repeat([10, 90], [4, 96]).reshape(10, 10)
    assert read(lower).whole["contrast"][0, 1] == 0


def test_edges_and_noise_are_differences_of_neighbours():
    pixels = np.zeros((3, 3))
    pixels[1, 1] = 8
    edges, noise, ratio = read(pixels).whole["sharpness"][0].tolist()
    assert (edges, noise) == (pytest.approx(2 * 16 / 6), 32)
    assert ratio == pytest.approx(32 / (16 / 3 + 1))
    assert read(pixels[:2]).whole["sharpness"][0, 1] == 0
    assert read(pixels[1:2]).whole["sharpness"][0].tolist() == [8, 0, 0]


def test_colours_are_read_against_grey():
    (numbers,) = read([[(200, 100, 50), (100, 100, 100)]]).whole["colours"]
    assert numbers.tolist() == pytest.approx([50, 50, np.hypot(50, 50), 75], rel=1e-4)
    (numbers,) = read([[(50, 100, 240)]]).whole["colours"]
    assert numbers.tolist() == pytest.approx([-50, -165, 0, 190])
    assert read([[(50, 100, 240)]]).whole["extreme pixels"][0, -1] == 190


ROWS, COLUMNS = np.indices((32, 64))


def test_borders_are_a_sixteenth_of_a_side_and_are_compared_with_what_lies_further_in():
    measured = read(7 * ROWS)
    means = {
        name: [part[name][0, 0] for part in (measured.borders, measured.inner)]
        for name in ("top border", "bottom border")
    }
    assert means["top border"] == pytest.approx([7 * 0.5, 7 * 6.5], abs=0.5)
    assert means["bottom border"] == pytest.approx([7 * 30.5, 7 * 24.5], abs=0.5)
    measured = read(3 * COLUMNS)
    assert measured.borders["left border"][0, 0] == pytest.approx(3 * 1.5, abs=0.5)
    assert measured.inner["left border"][0, 0] == pytest.approx(3 * 13.5, abs=0.5)
    assert measured.borders["right border"][0, 0] == pytest.approx(3 * 61.5, abs=0.5)
    assert measured.inner["right border"][0, 0] == pytest.approx(3 * 49.5, abs=0.5)


def test_borders_are_read_without_their_ends():
    ends = np.where((COLUMNS < 8) | (COLUMNS >= 56), 255, 9)
    top = read(ends).borders["top border"][0]
    assert top.tolist() == [9, 9, 9, 0, 9, 9]
    within = np.where((COLUMNS < 9) | (COLUMNS >= 56), 255, 9)
    assert read(within).borders["top border"][0, -1] > 9
    turned = read(ends.T)
    assert turned.borders["left border"][0].tolist() == top.tolist()


def test_each_place_has_its_colour_and_spread():
    pixels = np.full((64, 64, 3), 50)
    pixels[16:24, 40:48] = 80, 110, 140
    pixels[16:20, 40:48] = 20
    places = read(pixels).places[0]
    assert places[2, 5].tolist() == pytest.approx([50, 65, 80, 45, 20, 110])
    assert places[5, 2].tolist() == places[2, 4].tolist() == [50, 50, 50, 0, 50, 50]
    assert places.shape == (8, 8, 6)


@pytest.mark.parametrize(("size", "shown"), [((96, 24), (48, 12)), ((20, 40), (20, 40))])
def test_examples_are_small_and_keep_their_proportions(size, shown):
    data = png(np.zeros((size[1], size[0], 3)))
    with Image.open(io.BytesIO(cues.example(data))) as image:
        assert (image.size, image.mode, image.format) == (shown, "RGB", "PNG")
    assert cues.pixels(data) == size[0] * size[1]
