"""Tests of what components/doctor/checks/views.py keeps of texts and of images."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from components.doctor.checks import views
from components.doctor.image import pictures

TEXT, IMAGE = views.KINDS["text"], views.KINDS["image"]


def shown(*greys):
    """What is kept of grey images of 32 x 32 pixels."""
    files = []
    for grey in greys:
        stream = io.BytesIO()
        Image.fromarray(np.asarray(grey, np.uint8)).save(stream, "PNG")
        files.append(stream.getvalue())
    return pictures.look(files)


ROWS, COLUMNS = np.indices((32, 32))


def test_images_whose_pixels_deviate_by_less_than_one_show_nothing():
    view = shown(np.zeros((32, 32)), np.zeros((32, 32)), np.zeros((32, 32)))
    view = dataclasses.replace(view, spreads=np.array([0.99, 1.0, 1.4]))
    assert IMAGE.are_empty(view).tolist() == [True, False, False]


def test_words_and_pairs_of_words_are_read_in_all_splits_alike():
    found = TEXT.measure({"train": ["Ein Haus steht", "Haus"], "eval": ["ein haus", "x", "das"]})
    assert {name: part.shape for name, part in found.items()} == {"train": (2, 7), "eval": (3, 7)}
    assert [part.getnnz(axis=1).tolist() for part in found.values()] == [[5, 1], [3, 1, 1]]
    assert found["train"].data.max() == pytest.approx(1.0)


def test_a_word_that_is_said_often_counts_by_the_logarithm():
    (numbers,) = TEXT.measure({"train": ["a b a"]})["train"].toarray()
    assert numbers.max() / numbers.min() == pytest.approx(1 + np.log(2))


def test_of_a_text_four_thousand_characters_are_read():
    found = TEXT.measure({"train": ["a" * 3_998 + " b", "a" * 3_999 + " b"]})["train"]
    assert found.getnnz(axis=1).tolist() == [3, 1]


def test_texts_without_a_word_have_one_number_that_says_nothing():
    found = TEXT.measure({"train": ["!", "?"], "eval": ["."]})
    assert {name: part.tolist() for name, part in found.items()} == {
        "train": [[0], [0]],
        "eval": [[0]],
    }


def test_an_image_is_read_by_its_colours_its_grey_pixels_and_its_edges():
    pixels = np.zeros((32, 32, 3))
    pixels[:2, :2] = 255, 0, 0
    (found,) = IMAGE.measure({"train": shown(pixels)})["train"]
    assert found.shape == (8 * 8 * 3 + 16 * 16 + 128,)
    colors, greys, edges = np.split(found, [192, 448])
    assert colors[:3] == pytest.approx([0.25, 0, 0], abs=0.02)
    assert greys[0] == pytest.approx(0.299, abs=0.01)
    assert not greys[1:].any()
    assert edges[:8].any()
    assert not edges[8:].any()


@pytest.mark.parametrize(
    ("grey", "direction"), [(4 * COLUMNS, 0), (4 * ROWS, 4), (3 * (ROWS + COLUMNS), 2)]
)
def test_an_edge_counts_at_its_place_by_its_direction(grey, direction):
    strengths = views._gradients(np.asarray(grey, float)[None])[0].reshape(16, 8)
    slope = np.hypot(*(np.diff(grey, axis=axis)[0, 0] for axis in (0, 1)))
    assert strengths[:, direction].tolist() == pytest.approx([slope] * 16)
    assert strengths.sum() == pytest.approx(16 * slope)


def test_edges_are_told_apart_by_sixteen_places():
    grey = np.zeros((1, 32, 32))
    grey[0, 8:16, 20] = 1
    places = views._gradients(grey)[0].reshape(4, 4, 8).sum(axis=-1)
    assert np.argwhere(places > 0.05).tolist() == [[1, 2]]


def test_shapes_stay_whatever_the_brightness_and_contrast():
    grey = np.random.default_rng(0).integers(0, 60, (32, 32))
    found = views.shapes(shown(grey, 3 * grey + 40))
    assert found.shape == (2, 128)
    # By place: which of two directions a diagonal edge falls to is a matter of rounding.
    plain, changed = found.reshape(2, 16, 8).sum(axis=2)
    assert changed == pytest.approx(plain, rel=1e-4)
    assert not views.shapes(shown(np.full((32, 32), 9))).any()


def test_shapes_that_hardly_differ_from_their_ground_stay_faint():
    # A pixel of 400 that is brighter by n deviates by 0.05 n.
    views_of = {more: np.full((32, 32), 90) for more in (2, 4, 6, 8)}
    for more, grey in views_of.items():
        grey[16, 16] += more
    two, four, six, eight = views.shapes(shown(*views_of.values())).sum(axis=1)
    assert four == pytest.approx(2 * two, rel=1e-4)
    assert eight == pytest.approx(six, rel=1e-4)
    assert six / four == pytest.approx(1.25, abs=0.01)  # Of a deviation of 0.25 on all are alike.


@pytest.mark.parametrize(("row", "is_seen"), [(5, False), (6, True), (25, True), (26, False)])
def test_shapes_lie_within_a_rim_of_six_pixels(row, is_seen):
    lined = np.zeros((32, 32))
    lined[row] = 200
    assert views.shapes(shown(lined)).any() == is_seen
    assert views.shapes(shown(lined.T)).any() == is_seen


@pytest.mark.parametrize(("rows", "is_sure"), [(2, True), (1, False)])
def test_trees_are_sure_of_two_images_alike_and_not_of_one(rows, is_sure):
    numbers = np.array([[0.0]] * rows + [[1.0]] * 30)
    labels = ["b"] * rows + ["a"] * 30
    for model in (IMAGE.model(0), IMAGE.doubter(0)):
        model.fit(numbers, labels)
        assert (model.predict_proba([[0.0]])[0, 1] == 1.0) == is_sure
        assert len(model.estimators_) == 50


@pytest.mark.parametrize("kind", ["text", "image"])
def test_a_simple_model_counts_classes_alike_whatever_their_rows(kind):
    numbers = np.array([[0.0]] * 50 + [[1.0]] * 50 + [[1.0]] * 9)
    labels = ["a"] * 100 + ["b"] * 9
    # Of rows like the last, 50 of a hundred are the one and all of nine the other.
    model = views.KINDS[kind].model(0).fit(numbers, labels)
    assert model.predict([[0.0], [1.0]]).tolist() == ["a", "b"]


def test_the_doubter_of_texts_is_sure_of_what_its_words_say():
    numbers = np.array([[1.0, 0.0], [0.0, 1.0]] * 20)
    model = TEXT.doubter(0).fit(numbers, ["a", "b"] * 20)
    assert model.predict_proba([[1.0, 0.0]])[0, 0] > 0.97
