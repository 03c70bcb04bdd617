"""Tests of components/baseline/baseline.py."""

import io

import numpy as np
import pytest
from PIL import Image

from components.baseline import baseline


def texts(*pairs):
    return [text.encode() for text, _ in pairs], [label for _, label in pairs]


def image(color, size=(9, 5), kind="PNG", mode="RGB"):
    file = io.BytesIO()
    Image.new(mode, size, color).save(file, kind)
    return file.getvalue()


def test_words_of_any_script_tell_labels_apart():
    train = texts(
        ("정말 좋은 영화", "good"),
        ("참 좋은 배우", "good"),
        ("a great film", "good"),
        ("나쁜 영화", "bad"),
        ("a dull film", "bad"),
    )
    evaluated = texts(("좋은 이야기", "good"), ("dull and 나쁜", "bad"), ("great", "good"))
    found = baseline.measure("text", train, evaluated)
    assert found == baseline.Baseline(2 / 3, 1.0, "TF-IDF + logistic regression")


def test_one_character_words_count():
    train = texts(("물 을", "water"), ("물 이", "water"), ("불 을", "fire"), ("불 이", "fire"))
    found = baseline.measure("text", train, texts(("물", "water"), ("불", "fire")))
    assert found.simple == 1.0


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("👍", "👎"),
        ("👍👍 !", "👎"),
        ("...", "?!"),
        (":-)", ":-("),
        ("\N{ZERO WIDTH SPACE}", "\x07"),
    ],
)
def test_texts_without_any_word_are_told_apart_by_their_characters(good, bad):
    train = texts((good, "good"), (f"{good} {good}", "good"), (bad, "bad"))
    found = baseline.measure("text", train, texts((good, "good"), (bad, "bad"), (good, "good")))
    assert found == baseline.Baseline(2 / 3, 1.0, "TF-IDF + logistic regression")


def test_a_question_without_words_is_no_mistake_of_those_with_words():
    train = texts(("a great film", "good"), ("dull", "bad"), ("good", "good"))
    found = baseline.measure("text", train, texts(("👍", "good"), ("", "good"), ("dull", "bad")))
    assert found.simple == 1.0


def test_texts_and_images_that_are_all_the_same_get_the_most_frequent_label():
    train = texts(("the", "x"), ("the", "x"), ("the", "y"))
    found = baseline.measure("text", train, texts(("the", "x"), ("the", "y")))
    assert (found.majority, found.simple) == (0.5, 0.5)
    red = [image("red")] * 3
    assert baseline.measure("image", (red, ["x", "x", "y"]), (red[:1], ["x"])).simple == 1.0


def test_a_train_split_of_one_label_is_always_answered_with_it():
    train = texts(("a", "x"), ("b", "x"))
    found = baseline.measure("text", train, texts(("a", "x"), ("b", "x"), ("b", "y")))
    assert (found.majority, found.simple) == (2 / 3, 2 / 3)


def test_the_majority_is_that_of_the_train_split():
    train = texts(("a", "x"), ("a b", "x"), ("b", "y"))
    found = baseline.measure("text", train, texts(("a", "y"), ("b", "y"), ("c", "x")))
    assert found.majority == pytest.approx(1 / 3)


def test_images_of_any_size_and_mode_are_compared_by_their_thumbnails():
    train = (
        [image("red"), image("#e01010", (3, 30)), image(20, mode="L"), image("#101010")],
        ["red", "red", "dark", "dark"],
    )
    evaluated = ([image("#ff2020", (1, 1), "JPEG"), image(0, (50, 2), mode="L")], ["red", "dark"])
    found = baseline.measure("image", train, evaluated)
    assert found == baseline.Baseline(0.5, 1.0, "nearest centroid of thumbnails")


def test_a_report_is_read_as_it_was_written(tmp_path):
    written = baseline.Baseline(0.25, float(np.float64(2 / 3)), "이름")
    baseline.write(written, tmp_path)
    assert baseline.read(tmp_path) == written
