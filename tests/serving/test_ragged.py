"""Tests of serving/ragged.py: rows of different lengths in dense answers."""

import numpy as np
import pytest
import tensorflow as tf

from models.tasks import answers
from serving import client, ragged

ANSWER = {
    "found": np.array([["a", "b", ""], ["", "", ""]], object),
    "found_length": np.array([2, 0], np.int32),
    "value": np.array([0.5, 2.0]),
}


def test_rows_have_the_values_that_count():
    first, second = client.rows(ANSWER)
    assert first["found"].tolist() == ["a", "b"]
    assert second["found"].tolist() == []
    assert (first["value"], second["value"]) == (0.5, 2.0)
    assert first.keys() == second.keys() == {"found", "value"}


def test_a_row_of_json_is_trimmed_the_same():
    row = {"found": ["a", ""], "found_length": 1, "value": 0.5}
    assert ragged.trimmed(row) == {"found": ["a"], "value": 0.5}


@pytest.mark.parametrize("length", [0.5, True, [1]])
def test_an_output_that_is_only_named_like_a_length_stays(length):
    row = {"petal": [1, 2], "petal_length": length}
    assert ragged.trimmed(row) == row
    assert ragged.trimmed({"petal": 3, "petal_length": 2}) == {"petal": 3, "petal_length": 2}


@pytest.mark.parametrize(
    "outputs", [{"a": np.zeros(2), "b": np.zeros(3)}, {"a": np.zeros(2), "b": np.float32(1)}]
)
def test_outputs_that_are_no_rows_are_refused(outputs):
    with pytest.raises(ValueError, match="same number of rows.* Received the shapes: .*'b'"):
        ragged.rows(outputs)


def test_answers_of_different_widths_stand_below_each_other():
    wide = {"found": ANSWER["found"], "score": np.ones((2, 3)), "value": ANSWER["value"]}
    narrow = {"found": np.array([["c"]], object), "score": np.full((1, 1), 7), "value": np.ones(1)}
    found = ragged.concatenate([narrow, wide])
    assert found["found"][0].tolist() == ["c", b"", b""]
    assert found["score"].tolist() == [[7, 0, 0], [1, 1, 1], [1, 1, 1]]
    assert found["value"].tolist() == [1, 0.5, 2]


def test_of_answers_of_different_widths_the_common_part_is_compared():
    first, second = ragged.common(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[7], [8]]))
    assert (first.tolist(), second.tolist()) == ([[1], [4]], [[7], [8]])
    assert [one.tolist() for one in ragged.common(np.float32(0.5), np.float32(2))] == [0.5, 2]


def test_what_a_task_fills_up_is_what_readers_trim():
    values = tf.ragged.constant([["x", "y"], [], ["z"]])
    outputs = {name: one.numpy() for name, one in answers.padded("found", values, 4).items()}
    assert outputs["found"].shape == (3, 4)
    assert [row["found"].tolist() for row in ragged.rows(outputs)] == [[b"x", b"y"], [], [b"z"]]
