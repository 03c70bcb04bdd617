"""Tests of pipeline/error_analysis: where a model is right and where it is wrong."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from models.tasks import metrics
from models.tasks.task import Column
from pipeline.error_analysis import (
    calibration,
    mistakes,
    neighbours,
    shown_rows,
    slices,
    spread,
)
from pipeline.error_analysis import examined as examined_module
from pipeline.error_analysis.examined import Examined, answered, confidence

LABELS = np.array(["ham", "spam", "스팸"], object)


def one_label(probabilities):
    return {"labels": LABELS, "probabilities": np.asarray(probabilities, np.float32)}


def several(probabilities, chosen):
    return {**one_label(probabilities), "is_chosen": np.asarray(chosen)}


def number(value):
    return {"value": np.array([value], np.float32)}


def examined(targets, answers, statistics=None):
    metric = metrics.accuracy("label")
    rows = statistics if statistics is not None else np.ones((len(targets), 1))
    return Examined([{}] * len(targets), targets, answers, metric, np.asarray(rows, float))


def png(size, color=0, mode="L"):
    written = io.BytesIO()
    Image.new(mode, size, color).save(written, "PNG")
    return written.getvalue()


def test_an_answer_has_the_form_of_its_target():
    assert answered(one_label([0.2, 0.1, 0.7])) == "스팸"
    assert answered(several([0.9, 0.1, 0.8], [True, False, True])) == ("ham", "스팸")
    assert answered(several([0.1, 0.1, 0.1], [False] * 3)) == ()
    assert answered(number(2.5)) == 2.5


def test_only_one_label_has_a_confidence():
    assert confidence(one_label([0.25, 0.25, 0.5])) == 0.5
    assert confidence(several([0.9, 0.1, 0.8], [True, False, True])) is None
    assert confidence(number(1)) is None


def test_the_most_confident_mistake_comes_first_and_right_answers_never():
    answers = [one_label(p) for p in ([0.6, 0.3, 0.1], [0.1, 0.9, 0], [0.2, 0.1, 0.7], [1, 0, 0])]
    assert mistakes.worst(examined(["ham", "ham", "spam", "new"], answers), 5) == [3, 1, 2]
    assert mistakes.worst(examined(["ham", "ham", "spam", "new"], answers), 1) == [3]


def test_several_labels_are_wrong_by_what_lies_on_the_wrong_side():
    answers = [
        several([0.9, 0.2, 0.1], [True, False, False]),
        several([0.6, 0.7, 0.1], [True, True, False]),
        several([0.1, 0.2, 0.3], [False] * 3),
    ]
    targets = [("ham",), ("ham",), ("ham", "never seen")]
    assert mistakes.worst(examined(targets, answers), 5) == [2, 1]


def test_numbers_are_wrong_by_their_distance():
    answers = [number(1), number(-5), number(3)]
    assert mistakes.worst(examined([1.5, 0.0, 3.0], answers), 5) == [1, 0]


def entities(*spans):
    starts, ends, kinds = zip(*spans, strict=True) if spans else ((), (), ())
    return {
        "start": np.array(starts, int),
        "end": np.array(ends, int),
        "entity_group": np.array(kinds, object),
        "start_length": np.array([len(spans)]),
    }


def test_spans_are_wrong_by_how_many_are_missing_or_too_many():
    answers = [entities((0, 3, "PER")), entities(), entities((0, 2, "LOC"), (4, 5, "LOC"))]
    targets = [((0, 3, "PER"),), ((1, 2, "PER"),), ((0, 3, "LOC"),)]
    found = examined(targets, answers)
    assert mistakes.worst(found, 5) == [2, 1]
    types = {one["type"]: (one["entities"], one["f1"]) for one in mistakes.by_type(found)}
    assert types == {"PER": (2, pytest.approx(2 / 3)), "LOC": (1, 0)}
    assert mistakes.by_type(examined([1.0], [number(1)])) is None


def test_what_a_model_does_not_know_is_told_by_label_or_type():
    assert examined_module.unknown("new", ("ham",)) == ["new"]
    assert examined_module.unknown(("ham", "new"), ("ham",)) == ["new"]
    spans = ((0, 3, "PER"), (4, 6, "NEW"), (7, 9, "NEW"))
    assert examined_module.unknown(spans, ("PER",)) == ["NEW"]
    assert examined_module.unknown(3.5, ()) == []


def test_confusion_sums_up_rare_labels_and_knows_labels_that_the_model_does_not():
    answers = [one_label(p) for p in ([1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1])]
    found = mistakes.confusion(examined(["ham", "ham", "ham", "new"], answers), most=1)
    assert found == {"labels": ["ham", "3 others"], "matrix": [[2, 1], [0, 1]], "right": [2, 0]}
    assert mistakes.confusion(examined([1.0], [number(1)]), most=3) is None


def test_calibration_is_that_of_guo_et_al_by_hand():
    found = calibration.calibration([0.95, 0.91, 1.0, 0.55, 0.60, 0.0], [1, 1, 0, 1, 0, 0])
    # Bins (0.9, 1], (0.5, 0.6] and the first.
    assert found.counts == (1, 2, 3)
    assert found.accuracy == pytest.approx((0, 1 / 2, 2 / 3))
    gaps = [0, abs(0.575 - 0.5), abs(2.86 / 3 - 2 / 3)]
    assert found.error == pytest.approx((1 * gaps[0] + 2 * gaps[1] + 3 * gaps[2]) / 6)


def test_texts_are_told_apart_by_length_script_and_unknown_words():
    texts = [
        "a known word",
        "known " * 30,
        "안녕하세요 여러분 known",
        "12 34",
        "quite unseen things here",
    ] * 20
    parts = slices.by_text(texts, lambda: {"a", "known", "word", "12", "34"})
    assert {part.name for part in parts["script"]} == {"Latin", "Hangul", "no letters"}
    assert [part.name for part in parts["unknown words"][:5]] == [
        "none",
        "none",
        "more than 30%",
        "none",
        "more than 30%",
    ]
    ranks = [part.rank for part in parts["length"]]
    assert ranks[3] == min(ranks) and ranks[1] == max(ranks)


def test_letters_in_pieces_are_of_the_same_script():
    (part,) = slices.by_text(["\u1112\u1161\u11ab"], set)["script"]
    assert part.name == "Hangul"


def test_images_are_told_apart_by_size_brightness_and_aspect():
    parts = slices.by_image([png((8, 4), 10), png((4, 8), 200), png((8, 8), 90)])
    assert [part.name for part in parts["aspect"]] == ["landscape", "portrait", "square"]
    assert parts["brightness"][0].rank < parts["brightness"][1].rank


def test_a_slice_has_the_headline_with_its_interval_and_small_ones_are_left_out():
    right = np.array([1] * 15 + [0] * 15 + [1] * 3)[:, None]
    names = [slices.Part(1, "b")] * 15 + [slices.Part(0, "z")] * 15 + [slices.Part(2, "c")] * 3
    found = slices.measured({"group": names}, examined(["x"] * 33, [{}] * 33, right))
    assert [(one.name, one.count, one.value) for one in found] == [("z", 15, 0.0), ("b", 15, 1.0)]
    assert found[1].low < 1.0 == found[1].high
    alone = {"group": [slices.Part(0, "all")] * 33}
    assert slices.measured(alone, examined(["x"] * 33, [{}] * 33, right)) == []


def test_neighbours_share_words_or_pixels():
    train = ["the cat sat", "stocks fell", "a cat", "rain"]
    assert neighbours.of_texts(["my cat sat down"], train, 2) == [[0, 2]]
    assert neighbours.of_texts(["!!"], ["??", "!!"], 1) == [[1]]
    pictures = [png((3, 3), grey) for grey in (0, 120, 250)]
    assert neighbours.of_images([png((3, 3), 100), png((3, 3), 240)], pictures, 2) == [
        [1, 0],
        [2, 1],
    ]


def test_a_row_is_shown_with_its_texts_whole_and_its_picture_small():
    columns = [
        Column("review", "text", "input", "text"),
        Column("photo", "image", "input", "image"),
    ]
    row = {"review": ["긴 글 ".encode() * 400], "photo": [png((300, 200), (255, 0, 0, 0), "RGBA")]}
    text, picture = shown_rows.shown(row, columns)
    assert text["name"] == "review" and len(text["text"]) == 600 and text["text"].endswith("…")
    kind, data = picture["image"].split(",")
    opened = Image.open(io.BytesIO(base64.b64decode(data)))
    assert kind == "data:image/jpeg;base64" and opened.size == (96, 64)
    # What is transparent is white, as training sees it.
    assert opened.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("target", "words"), [(2.5, "2.5"), ("ham", "ham"), (("a", "b"), "a, b"), ((), "none")]
)
def test_targets_in_words(target, words):
    assert shown_rows.worded(target) == words


def test_the_spread_of_texts_and_images_is_told_in_words():
    texts = [{"t": [b"x" * length]} for length in (1, 2, 3, 2000)]
    (sentence,) = spread.spread(texts, [Column("t", "text", "input", "text")])
    assert sentence.startswith("t: 1 to 2,000 characters")
    images = [{"i": [png(size)]} for size in ((4, 2), (8, 8), (6, 4))]
    (sentence,) = spread.spread(images, [Column("i", "image", "input", "image")])
    assert sentence == "i: 4 x 2 to 8 x 8 pixels, in the middle 6 x 4"
    (sentence,) = spread.spread(images[:1] * 2, [Column("i", "image", "input", "image")])
    assert sentence == "i: 4 x 2 pixels"
