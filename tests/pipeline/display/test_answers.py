"""Tests of pipeline/display/answers.py: how an answer reads, by the outputs that it has."""

import numpy as np
import pytest
from rich import cells

from pipeline.display import answers

RANKED = {
    "label": np.array("스팸", object),
    "labels": np.array(["ham", "스팸", "c", "d", "e", "f"], object),
    "probabilities": np.array([0.2, 0.5, 0.1, 0.1, 0.06, 0.04]),
}
CHOSEN = {
    "labels": np.array(["빨강", "blue", "green"], object),
    "probabilities": np.array([0.4, 0.9, 0.1]),
    "is_chosen": np.array([True, True, False]),
}


def test_the_best_five_labels_are_ranked():
    form = answers.form_of(RANKED)
    lines = form.words(RANKED).splitlines()
    assert [line.split()[0] for line in lines] == ["스팸", "ham", "d", "c", "e"]
    assert len({cells.cell_len(line) for line in lines}) == 1
    assert form.fields(RANKED)["label"] == "스팸"
    assert len(form.fields(RANKED)["probabilities"]) == 6


def test_only_labels_that_are_answered_are_shown():
    form = answers.form_of(CHOSEN)
    assert [line.split() for line in form.words(CHOSEN).splitlines()] == [
        ["blue", "90.0%"],
        ["빨강", "40.0%"],
    ]
    assert form.fields(CHOSEN) == {
        "labels": ["blue", "빨강"],
        "probabilities": {"blue": 0.9, "빨강": 0.4, "green": 0.1},
    }


def test_no_label_at_all_is_said_with_the_most_likely_one():
    none = CHOSEN | {"is_chosen": np.zeros(3, bool)}
    assert answers.form_of(none).words(none) == "no label; the most likely one:\nblue    90.0%"
    assert answers.form_of(none).fields(none)["labels"] == []


ENTITIES = {
    "entity_group": np.array(["PER", "위치"], object),
    "score": np.array([0.99, 0.5], np.float32),
    "word": np.array(["Ada", "서울"], object),
    "start": np.array([0, 12]),
    "end": np.array([3, 14]),
    "tags": np.array(["B-PER", "O", "B-위치"], object),
}


def test_entities_are_shown_with_their_places():
    form = answers.form_of(ENTITIES)
    assert [line.split() for line in form.words(ENTITIES).splitlines()] == [
        ["PER", "99.0%", "0-3", "Ada"],
        ["위치", "50.0%", "12-14", "서울"],
    ]
    first, second = form.fields(ENTITIES)["entities"]
    assert first.pop("score") == pytest.approx(0.99)
    assert first == {"entity_group": "PER", "word": "Ada", "start": 0, "end": 3}
    assert second["word"] == "서울"


def test_a_text_without_entities_is_said_to_have_none():
    none = {name: values[:0] for name, values in ENTITIES.items()}
    assert answers.form_of(none).words(none) == "no entities"
    assert answers.form_of(none).fields(none) == {"entities": []}


@pytest.mark.parametrize(("value", "words"), [(3.5, "3.5"), (-0.00012, "-0.00012"), (0.0, "0")])
def test_a_number_is_written_short(value, words):
    answer = {"value": np.float32(value)}
    form = answers.form_of(answer)
    assert form.words(answer) == words
    assert form.fields(answer)["value"] == pytest.approx(value)


def test_other_outputs_are_shown_one_by_one():
    answer = {
        "답": "Seoul",
        "score": np.float32(0.25),
        "spans": np.array([[1, 3], [5, 6]]),
        "words": np.array(["a", "b"], object),
        "none": np.array([], object),
        "mask_bytes": b"\xff",
    }
    form = answers.form_of(answer)
    assert [line.split(maxsplit=1) for line in form.words(answer).splitlines()] == [
        ["답", "Seoul"],
        ["score", "0.25"],
        ["spans", "1, 3, 5, 6"],
        ["words", "a, b"],
        ["none"],
        ["mask_bytes", "{'b64': '/w=='}"],
    ]
    fields = form.fields(answer)
    assert fields["spans"] == [[1, 3], [5, 6]]
    assert fields["mask_bytes"] == {"b64": "/w=="}


@pytest.mark.parametrize(
    "changes",
    [
        {"probabilities": np.array([0.1])},
        {"labels": np.array([1, 2])},
        {"labels": "a", "probabilities": np.float32(0.1)},
        {"labels": np.array([], object), "probabilities": np.array([])},
    ],
)
def test_outputs_of_known_names_but_other_shapes_are_no_labels(changes):
    answer = {"labels": np.array(["a", "b"], object), "probabilities": np.array([0.1, 0.9])}
    assert answers.form_of(answer).fields(answer)["label"] == "b"
    answer |= changes
    assert answers.form_of(answer).fields(answer).keys() == {"labels", "probabilities"}
    answers.form_of(answer).words(answer)
