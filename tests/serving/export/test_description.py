"""Tests of serving/export/description.py: what travels with a version."""

import json

import numpy as np
import pytest

from serving.export import description, request_form
from serving.export.description import Description, Input, Output

ANSWER = {
    "found": np.array([[b"a", b"b"], [b"c", b""]], object),
    "found_length": np.array([2, 1], np.int32),
    "value": np.array([0.5, 2], np.float32),
    "width_length": np.array([9, 9]),
}
INPUTS = {
    "제목": np.array(["하나".encode(), b"\xff", b"three"], object),
    "photo_bytes": np.array([b"p", b"q", b"r"], object),
}
DESCRIBED = Description(
    kind="text_multi_label",
    inputs=(Input("제목", "text", "title"), Input("photo_bytes", "image", "photo")),
    labels={"named": ("빨강", "blue")},
    shown_as="chosen_labels",
    outputs=description.outputs(ANSWER),
    examples=tuple(request_form.rows(INPUTS)),
)


def test_outputs_tell_their_types_and_which_of_them_are_filled_up():
    assert DESCRIBED.outputs == (
        Output("found", "string", "found_length"),
        Output("found_length", "int32"),
        Output("value", "float32"),
        Output("width_length", "int64"),
    )


def test_a_description_travels_with_its_version(tmp_path):
    description.write(tmp_path, DESCRIBED)
    found = description.read(tmp_path)
    assert (found.kind, found.inputs, found.outputs) == (
        DESCRIBED.kind,
        DESCRIBED.inputs,
        DESCRIBED.outputs,
    )
    assert found.labels == {"named": ["빨강", "blue"]}
    assert found.examples[0] == {"제목": "하나", "photo_bytes": {"b64": "cA=="}}
    assert "빨강" in (tmp_path / description.FILE).read_text("utf-8")


def test_examples_come_back_as_the_bytes_that_they_were(tmp_path):
    description.write(tmp_path, DESCRIBED)
    arrays = request_form.arrays(description.read(tmp_path).examples)
    assert {name: array.tolist() for name, array in arrays.items()} == {
        name: array.tolist() for name, array in INPUTS.items()
    }


def test_columns_have_the_values_of_all_rows():
    found = request_form.columns({"a": INPUTS["제목"][:1], "b": np.array([[1, 2]], np.float32)})
    assert found["a"] == ["하나"]
    assert [row.tolist() for row in found["b"]] == [[1, 2]]


def test_a_version_of_others_says_nothing(tmp_path):
    assert description.read(tmp_path) is None


def test_a_file_of_another_version_of_the_project_is_told(tmp_path):
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / description.FILE).write_text(json.dumps({"kind": "text_regression"}))
    with pytest.raises(ValueError, match=r"task.json does not say .*KeyError: 'inputs'.*Train the"):
        description.read(tmp_path)
