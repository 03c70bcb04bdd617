"""Tests of what makes a cue of images a shortcut, on both sides of each limit."""

import io
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image
from sklearn.base import BaseEstimator, ClassifierMixin

from components.doctor.image import cues, shortcuts


def score(overall, by_class=(0.0, 0.0), counts=(400, 400)):
    return shortcuts._Score(overall, np.array(by_class), np.array(counts))


@pytest.mark.parametrize(
    ("mine", "its", "beats"),
    [
        (0.8, 0.6, True),
        (0.79, 0.5, False),
        (0.95, 0.79, True),
        (0.95, 0.81, False),  # Less than 0.15 ahead.
        (0.8, 0.62, False),  # More than half of the other's errors are left.
        (0.85, 0.69, True),
    ],
)
def test_a_cue_must_tell_well_and_far_better_than_another(mine, its, beats):
    assert score(mine).beats(score(its), 0.8, 0.15) == beats
    one = score(0.0, (0.1, mine)).beats(score(0.0, (0.1, its)), 0.8, 0.15)
    assert one == beats


@pytest.mark.parametrize(
    ("rows", "its", "beats"),
    [
        (100, 0.79, True),
        (100, 0.81, False),
        (25, 0.64, True),
        (25, 0.66, False),
        (400, 0.81, False),
    ],
)
def test_of_few_rows_the_difference_must_be_larger(rows, its, beats):
    assert score(0.95, counts=(rows - 1, 1)).beats(score(its), 0.8, 0.15) == beats
    mine, other = score(0.0, (0.0, 0.95), (900, rows)), score(0.0, (0.0, its), (900, 9))
    assert mine.beats(other, 0.8, 0.15) == beats


def test_labels_are_told_if_all_or_one_of_them_are():
    assert score(0.8).tells(0.8)
    assert score(0.2, (0.1, 0.8)).tells(0.8)
    assert not score(0.79, (0.1, 0.79)).tells(0.8)


@pytest.mark.parametrize(("pixels", "rows"), [(1e6, 400), (2e6, 300), (1e5, 900), (3e5, 900)])
def test_as_many_images_are_read_as_have_four_hundred_million_pixels(pixels, rows, monkeypatch):
    measured = []
    monkeypatch.setattr(cues, "pixels", lambda image: measured.append(image) or pixels)
    chosen = shortcuts._sample(range(900), 0)
    assert len(chosen) == len(set(chosen.tolist())) == rows
    assert len(measured) == 300
    assert chosen.tolist() != sorted(chosen)


PLACES = np.arange(64).reshape(1, 8, 8, 1)


@pytest.mark.parametrize(
    ("row", "column", "around"),
    [
        (0, 0, [2, 10, 16, 17, 18]),
        (-1, -1, [45, 46, 47, 53, 61]),
        (3, 7, [13, 14, 15, 21, 29, 37, 45, 46, 47]),
    ],
)
def test_a_place_is_compared_with_those_two_steps_away(row, column, around):
    assert shortcuts._around(PLACES, row, column).ravel().tolist() == around


def test_the_variance_of_a_place_lies_between_classes_or_within_them():
    ids = np.array([0, 0, 1, 1, 2, 2, 2, 2])
    places = np.zeros((8, 8, 8, 2))
    places[:, 2, 5, 1] = ids  # All of it between the classes.
    places[:, 6, 1, 0] = [0, 0, 0, 0, 1, 1, 1, 1]  # Between one and the others.
    places[:, 4, 4, 0] = [1, 0, 1, 0, 1, 0, 1, 0]  # None of it.
    places[:, 7, 7, 0] = [0, 0, 0, 0, 2, 2, 1, 1]
    shares = shortcuts._between(places, ids).reshape(8, 8)
    assert shares[[2, 6], [5, 1]].tolist() == pytest.approx([1.0, 1.0], abs=1e-4)
    assert shares[4, 4] == shares[0, 0] == 0.0
    # Means are 0 and 1.5 of four rows each, the variance is 11/16.
    assert shares[7, 7] == pytest.approx(0.75**2 / (11 / 16), abs=1e-4)
    assert shortcuts._most_telling(places, ids) == [(2, 5), (6, 1), (7, 7), (0, 0)]


class Answers(ClassifierMixin, BaseEstimator):
    """A classifier that reads its answers off the inputs and keeps how much it was given."""

    rows: ClassVar[list[int]] = []

    def fit(self, inputs, labels):
        self.rows.append(len(labels))
        self.classes_ = np.unique(labels)
        return self

    def predict(self, inputs):
        return inputs[:, 0].astype(int)


def test_classes_count_alike_whatever_their_rows(monkeypatch):
    monkeypatch.setattr(Answers, "rows", [])
    ids = np.array([0] * 6 + [1] * 12)
    answers = np.array([0] * 6 + [0, 1] * 6)
    found = shortcuts._judge(answers, ids, 0, Answers())
    assert found.overall == pytest.approx(0.5)  # Recalls of 1 and 0.5; chance is 0.5.
    assert found.by_class.tolist() == pytest.approx([1 / 1.5, 0.5])
    assert found.counts.tolist() == [6, 12]
    assert Answers.rows == [12] * 3
    never = shortcuts._judge(np.zeros(18), ids, 0, Answers())
    assert (never.overall, never.by_class.tolist()) == (0.0, [0.5, 0.0])


def test_of_three_classes_chance_is_a_third():
    ids = np.repeat([0, 1, 2], 6)
    found = shortcuts._judge(np.where(ids == 2, 0, ids), ids, 0, Answers())
    assert found.overall == pytest.approx((2 / 3 - 1 / 3) / (2 / 3))


@pytest.mark.parametrize(("rows", "is_told"), [(5, True), (4, False)])
def test_a_tree_tells_what_three_rows_have(rows, is_told):
    # Of five rows at least three are learned from when others are asked; of four, of two of them.
    ids = np.array([0] * 60 + [1] * rows)
    assert (shortcuts._judge(ids.astype(float), ids, 0).overall == 1.0) == is_told


def cue(overall, by_class=(0.5, 0.9), name="size", kind="file"):
    return shortcuts._Cue(name, kind, score(overall, by_class))


def test_three_images_of_each_of_the_four_classes_that_are_told_best_are_shown():
    ids = np.tile(np.arange(5), 4)
    chosen = np.arange(20) + 100
    shown = shortcuts._examples(chosen, ids, cue(0.9, (0.1, 0.5, 0.5, 0.9, 0.2)), "abcde")
    assert [place % 5 for place in shown] == [3] * 3 + [1] * 3 + [2] * 3 + [4] * 3
    assert shown[:3] == [103, 108, 113]


@pytest.mark.parametrize(
    ("overall", "words"), [(0.8, "80% of the labels"), (0.79, "90% of 'high'")]
)
def test_what_tells_most_labels_is_told_of_all_and_else_of_the_best(overall, words):
    assert shortcuts._said(cue(overall), ["even", "high"]) == f"size alone tells {words}"


@pytest.mark.parametrize(("count", "more"), [(3, ""), (5, "; and 2 more")])
def test_three_cues_are_told_and_others_counted(count, more):
    pictures = [{"row": row, "label": "ab"[row // 3], "png": ""} for row in range(6)]
    found = [cue(0.9, name=f"cue{number}") for number in range(count)]
    warned = shortcuts._warning(found, "ab", score(-0.2), 1_234, {"pictures": pictures})
    said = "; ".join(f"cue{number} alone tells 90% of the labels" for number in range(3))
    assert warned.evidence == (
        f"Of 1,234 images, {said}{more}, on a scale from 0 % for chance to 100 %; shapes alone "
        "tell 0%. For example training rows 0 (a), 3 (b)."
    )
    assert "One size or aspect" in warned.fix or "one size or aspect" in warned.fix
    few = shortcuts._warning(found, "ab", score(0.25), 9, {"pictures": pictures})
    assert "shapes alone tell 25%." in few.evidence


CORNERS = ["top left corner", "top right corner", "bottom left corner", "bottom right corner"]
SIDES = [f"{side} border" for side in ("top", "bottom", "left", "right")]


def measured():
    """Numbers by which a judge knows what it is asked about: no images, but places by number."""
    nothing = np.zeros((1, 1))
    return cues.Cues(
        file={"size": nothing}, whole={"brightness": nothing},
        borders=dict.fromkeys(SIDES, nothing), inner={name: name for name in SIDES},
        places=PLACES,
    )  # fmt: skip


def told(**scores):
    """Scores of all corners and borders, low ones where none is given."""
    given = {name.replace("_", " "): value for name, value in scores.items()}
    return {name: score(given.get(name, 0.1)) for name in (*CORNERS, *SIDES)}


@pytest.mark.parametrize(
    ("corner", "around", "others", "is_told"),
    [
        (0.8, 0.6, 0.1, True),
        (0.79, 0.1, 0.1, False),
        (0.8, 0.62, 0.62, False),
        (0.8, 0.62, 0.6, True),  # What is around it tells as much, but no other corner does.
        (0.8, 0.6, 0.62, True),
    ],
)
def test_a_corner_must_tell_more_than_what_is_around_it_or_than_all_others(
    corner, around, others, is_told
):
    scores = {**told(), **dict.fromkeys(CORNERS[1:], score(others)), CORNERS[0]: score(corner)}
    found = shortcuts._telling_corners(measured(), scores, lambda numbers: score(around))
    assert found == (CORNERS[:1] if is_told else [])


@pytest.mark.parametrize(
    ("border", "inner", "content", "is_told"),
    [
        (0.8, 0.6, 0.6, True),
        (0.79, 0.1, 0.1, False),
        (0.8, 0.62, 0.1, False),
        (0.8, 0.6, 0.62, False),
        (0.95, 0.79, 0.89, True),  # Of content a twentieth is enough.
        (0.95, 0.81, 0.89, False),
        (0.95, 0.79, 0.91, False),
    ],
)
def test_a_border_must_tell_more_than_what_lies_further_in_and_than_content(
    border, inner, content, is_told
):
    found = shortcuts._telling_borders(
        measured(), told(top_border=border), lambda numbers: score(inner), lambda: score(content)
    )
    assert found == (SIDES[:1] if is_told else [])


@pytest.mark.parametrize(
    ("middle", "lowest", "is_told"), [(0.6, 0.8, True), (0.62, 0.8, False), (0.6, 0.79, False)]
)
def test_a_frame_is_told_against_the_middle(middle, lowest, is_told):
    asked = []

    def judge(numbers):
        if isinstance(numbers, str):
            return score(0.9)  # Strips further in tell as much.
        asked.append(int(numbers.item()))
        return score(middle if asked[-1] == 36 else 0.1)

    scores = {name: score(0.8) for name in (*CORNERS, *SIDES)}
    scores[CORNERS[2]] = score(lowest)
    found = shortcuts._telling_borders(measured(), scores, judge, lambda: score(0.1))
    assert found == (SIDES if is_told else [])
    assert asked == ([18, 27, 36, 45] if lowest == 0.8 else [])


@pytest.mark.parametrize(
    ("content", "whole", "is_told"),
    [(0.8, 0.9, True), (0.82, 0.9, False), (0.1, 0.89, False), (0.9, 0.96, True)],
)
def test_what_all_pixels_have_must_tell_nearly_all_and_more_than_content(content, whole, is_told):
    scores = {"brightness": score(whole)}
    found = list(shortcuts._of_all_pixels(measured(), scores, lambda: score(content)))
    assert [(one.name, one.kind) for one in found] == [("brightness", "content")] * is_told


@pytest.mark.parametrize(("size", "is_told"), [(0.8, True), (0.79, False)])
def test_what_files_say_must_tell_four_fifths(size, is_told):
    found = list(shortcuts._of_files(measured(), {"size": score(size)}))
    assert [(one.name, one.kind) for one in found] == [("size", "file")] * is_told


def test_a_border_that_tells_at_both_ends_comes_before_its_corners():
    scores = told(top_border=0.9, top_left_corner=0.9, top_right_corner=0.9)
    found = shortcuts._of_places(measured(), scores, lambda numbers: score(0.1), lambda: score(0.1))
    assert [one.name for one in found] == ["top border"]
    scores = told(top_border=0.9, top_left_corner=0.9)
    found = shortcuts._of_places(measured(), scores, lambda numbers: score(0.1), lambda: score(0.1))
    assert [one.name for one in found] == ["top left corner"]


def png(shade):
    stream = io.BytesIO()
    Image.new("L", (9, 9), shade).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(("rows", "is_compared"), [(10, True), (9, False)])
def test_ten_images_of_two_classes_are_needed(rows, is_compared):
    labels = ["a"] * 12 + ["b"] * rows + ["c"] * 3
    images = [png(100 + row % 7) for row in range(len(labels))]
    model = Answers()
    found = shortcuts.shortcuts(
        images, labels, range(len(labels)), np.zeros((len(labels), 1)), model, 0
    )
    assert found.verdict == "pass"
    assert (f"In {12 + rows} images nothing small gives" in found.evidence) == is_compared
    assert bool(found.figures["scores"]) == is_compared
