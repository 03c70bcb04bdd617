"""Tests of components/baseline/baseline.py."""

import io

import numpy as np
import pytest
from PIL import Image

from components.baseline import baseline
from models.ngrams import levels


def texts(*pairs):
    return [(text.encode(),) for text, _ in pairs], [label for _, label in pairs]


def measure(reads, train, evaluated, holds="category"):
    """With the share of right answers, or the mean size of errors, as the metric."""
    return baseline.measure(reads, holds, train, evaluated, "score", JUDGES[holds], levels.learn)


def share_of_right(targets, answers):
    return float(np.mean([t == a["label"] for t, a in zip(targets, answers, strict=True)]))


def share_of_right_sets(targets, answers):
    chosen = [
        {label for label, is_chosen in zip(a["labels"], a["is_chosen"], strict=True) if is_chosen}
        for a in answers
    ]
    return float(np.mean([set(t) == c for t, c in zip(targets, chosen, strict=True)]))


def mean_error(targets, answers):
    return float(np.mean([abs(t - a["value"]) for t, a in zip(targets, answers, strict=True)]))


JUDGES = {"category": share_of_right, "categories": share_of_right_sets, "number": mean_error}


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
    found = measure("text", train, evaluated)
    assert found == baseline.Baseline(
        "score", 2 / 3, "most frequent label", 1.0, "TF-IDF + logistic regression"
    )


def test_one_character_words_count():
    train = texts(("물 을", "water"), ("물 이", "water"), ("불 을", "fire"), ("불 이", "fire"))
    found = measure("text", train, texts(("물", "water"), ("불", "fire")))
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
    found = measure("text", train, texts((good, "good"), (bad, "bad"), (good, "good")))
    assert found == baseline.Baseline(
        "score", 2 / 3, "most frequent label", 1.0, "TF-IDF + logistic regression"
    )


def test_a_question_without_words_is_no_mistake_of_those_with_words():
    train = texts(("a great film", "good"), ("dull", "bad"), ("good", "good"))
    found = measure("text", train, texts(("👍", "good"), ("", "good"), ("dull", "bad")))
    assert found.simple == 1.0


def test_texts_and_images_that_are_all_the_same_get_the_most_frequent_label():
    train = texts(("the", "x"), ("the", "x"), ("the", "y"))
    found = measure("text", train, texts(("the", "x"), ("the", "y")))
    assert (found.constant, found.simple) == (0.5, 0.5)
    red = [(image("red"),)] * 3
    assert measure("image", (red, ["x", "x", "y"]), (red[:1], ["x"])).simple == 1.0


def test_a_train_split_of_one_label_is_always_answered_with_it():
    train = texts(("a", "x"), ("b", "x"))
    found = measure("text", train, texts(("a", "x"), ("b", "x"), ("b", "y")))
    assert (found.constant, found.simple) == (2 / 3, 2 / 3)


def test_the_majority_is_that_of_the_train_split():
    train = texts(("a", "x"), ("a b", "x"), ("b", "y"))
    found = measure("text", train, texts(("a", "y"), ("b", "y"), ("c", "x")))
    assert found.constant == pytest.approx(1 / 3)


def test_images_of_any_size_and_mode_are_compared_by_their_thumbnails():
    train = (
        [
            (image("red"),),
            (image("#e01010", (3, 30)),),
            (image(20, mode="L"),),
            (image("#101010"),),
        ],
        ["red", "red", "dark", "dark"],
    )
    asked = [(image("#ff2020", (1, 1), "JPEG"),), (image(0, (50, 2), mode="L"),)]
    evaluated = (asked, ["red", "dark"])
    found = measure("image", train, evaluated)
    assert found == baseline.Baseline(
        "score", 0.5, "most frequent label", 1.0, "nearest centroid of thumbnails"
    )


def test_a_report_is_read_as_it_was_written(tmp_path):
    written = baseline.Baseline("F1", 0.25, "상수", float(np.float64(2 / 3)), "이름")
    baseline.write(written, tmp_path)
    assert baseline.read(tmp_path) == written


def test_two_texts_are_told_apart_by_what_they_share():
    same = [("the cat sat here", "the cat sat here"), ("a dull film", "a dull film indeed")]
    other = [("the cat sat here", "prices rose again"), ("a dull film", "rain is expected")]
    rows = [(one.encode(), two.encode()) for one, two in [*same, *other]]
    train = (rows, ["yes", "yes", "no", "no"])
    asked = [(b"the dull cat", b"the dull cat"), (b"the dull cat", b"prices rose again")]
    assert measure("text", train, (asked, ["yes", "no"])).simple == 1.0


@pytest.mark.parametrize("reads", ["text", "image"])
def test_numbers_are_compared_with_the_median_of_the_train_split(reads):
    words = {"text": [b"low", b"low low", b"high", b"high high", b"high so high"]}
    words["image"] = [image(20 * n, mode="L") for n in range(5)]
    rows = [(value,) for value in words[reads]]
    found = measure(reads, (rows, [0.0, 1.0, 9.0, 10.0, 30.0]), (rows[:2], [9.0, 11.0]), "number")
    assert (found.constant, found.constant_name) == (1.0, "median")
    assert np.isfinite(found.simple)


@pytest.mark.parametrize("reads", ["text", "image"])
def test_several_labels_are_learned_each_on_its_own(reads):
    words = {"text": [b"red square", b"red", b"square", b"nothing"] * 3}
    words["image"] = [image(color) for color in ("#ff0000", "#aa0000", "#00ff00", "#000000")] * 3
    rows = [(value,) for value in words[reads]]
    labels = [("red", "square"), ("red",), ("square",), ()] * 3
    found = measure(reads, (rows, labels), (rows[:4], labels[:4]), "categories")
    assert found.simple == 1.0
    assert found.constant_name == "most frequent labels"
